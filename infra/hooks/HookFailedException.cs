namespace Pipeline.Hooks;

/// <summary>What could not be done, and what to do about it, in a sentence for the operator.</summary>
internal sealed class HookFailedException(string message) : Exception(message);
