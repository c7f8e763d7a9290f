namespace Pipeline.Tests.Local;

/// <summary>Shows one of each kind of member, for the tests of the printer.</summary>
public class Sample : SampleBase, IDisposable
{
    protected Sample(params string[] names)
    {
        Name = string.Concat(names);
    }

    public enum Number
    {
        One = 1,
        Two = 2,
    }

    public static int Count => 1;

    public string? Name { get; set; }

    public object? this[string key] => key;

    public virtual Task<List<int?>>? ReadAsync<T>(
        IDictionary<string, T> values, Number number = Number.Two, CancellationToken cancel = default) => null;

    public static bool TryRead(string text, out long value) => long.TryParse(text, out value);

    public void Changed(int number = 5) => Name = $"{number}";

    public void Dispose() => GC.SuppressFinalize(this);

    public override int Length => 0;

    public override string ToString() => "an override, which is not printed";

    internal void NotShown() => Name = null;
}

public abstract class SampleBase
{
    public abstract int Length { get; }
}

public delegate void SampleCall(string text);
