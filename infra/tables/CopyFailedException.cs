namespace Pipeline.CopyTables;

/// <summary>Why nothing was copied, or not all, and what to do.</summary>
internal sealed class CopyFailedException(string message) : Exception(message);
