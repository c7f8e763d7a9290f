namespace Local.ImageApi.Pictures;

/// <summary>Writes the rows of a picture as PNG wants them filtered and deflate wants them coded: flat or grained.</summary>
/// <remarks>Every row is filtered as the difference to the row above ("Up"), the first to black.</remarks>
internal interface IRows
{
    /// <summary>The byte before each row that names its filter.</summary>
    const byte UpFilter = 2;

    HuffmanCode Code { get; }

    /// <summary>How many bits all rows take, known before the first is written: it becomes the Content-Length.</summary>
    long MeasureBits();

    /// <summary>Rows are written once, in order.</summary>
    void Write(int y, BitWriter bits, ref Adler32 adler);
}
