using System.Diagnostics.CodeAnalysis;

namespace Local.FunctionsWorker;

/// <summary>Why the host does not start: a fault of the app's declarations, settings or surroundings, in one line.</summary>
internal sealed class RefusedException(string message, Exception? cause = null) : Exception(message, cause)
{
    public static RefusedException Of(string function, string fault, Exception? cause = null) =>
        new($"Function '{function}': {fault}", cause);
}

/// <summary>Turns a refusal into one line on stderr and exit code 1, in place of a stack trace.</summary>
internal static class Refusal
{
    private const int ExitCode = 1;

    public static T ExitOn<T>(Func<T> start)
    {
        try
        {
            return start();
        }
        catch (RefusedException refused)
        {
            Exit(refused);
            throw;
        }
    }

    [DoesNotReturn]
    public static void Exit(RefusedException refused)
    {
        Console.Error.WriteLine(refused.Message);
        Environment.Exit(ExitCode);
    }
}
