using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Takes one more status for a success, so that diagnostics do not report an expected answer as an error.</summary>
internal sealed class Tolerates : ResponseClassifier
{
    private readonly int tolerated;

    private Tolerates(int status)
    {
        tolerated = status;
    }

    /// <summary>Absent is an answer.</summary>
    public static ResponseClassifier NotFound { get; } = new Tolerates(404);

    /// <summary>Already there is an answer.</summary>
    public static ResponseClassifier Conflict { get; } = new Tolerates(409);

    public override bool IsErrorResponse(HttpMessage message) => message.Response.Status != tolerated && base.IsErrorResponse(message);
}
