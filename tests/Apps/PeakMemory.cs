using System.Globalization;

namespace Pipeline.Tests.Apps;

/// <summary>The most memory that a process ever had in use, as Linux tells it.</summary>
internal static class PeakMemory
{
    public static long Megabytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
