using System.Globalization;

namespace Pipeline.Tests.Faults;

/// <summary>The seed of a trial: printed, and the same again if it is given by <c>FAULT_SEED</c>.</summary>
internal static class FaultSeed
{
    private const string Variable = "FAULT_SEED";

    /// <summary>A seed for this test.</summary>
    public static int Next()
    {
        var given = Environment.GetEnvironmentVariable(Variable);
        var seed = given is null ? Random.Shared.Next() : int.Parse(given, CultureInfo.InvariantCulture);
        TestContext.Progress.WriteLine($"{TestContext.CurrentContext.Test.FullName}: {Variable}={seed}");
        return seed;
    }
}
