namespace Local.Up;

/// <summary>Something cannot start; the message tells the person at the terminal why, and the way out.</summary>
public sealed class CannotStartException(string message, Exception? cause = null) : Exception(message, cause);
