namespace Pipeline.Storage;

/// <summary>Storage or other processes stood in the way at every try; the same request may succeed later.</summary>
public sealed class StorageBusyException(string why) : Exception($"{why}.")
{
    public StorageBusyException(string what, int tries)
        : this($"{what} could not be written at any of {tries} tries")
    {
    }
}
