using Local.ImageApi.Pictures;

namespace Local.ImageApi.Faults;

/// <summary>Which faults befall which call: those its prompt or header asks for, and those that come by chance.</summary>
internal sealed class FaultBook(int seed)
{
    /// <summary>Prompts whose calls are counted, then the oldest is forgotten: ten times a long load test, and 2 MB.</summary>
    private const int PromptsMax = 20_000;

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, double> rates = new(StringComparer.Ordinal);

    /// <summary>By the hash of the prompt, since prompts may be long.</summary>
    private readonly Dictionary<ulong, int> calls = [];
    private readonly Queue<ulong> prompts = new();

    /// <summary>Counts the call and says what befalls it.</summary>
    /// <param name="prompt">As it was sent, with tags.</param>
    /// <param name="scripted">What the call itself asks for, first things first.</param>
    /// <remarks>
    /// Chance depends on the seed, the prompt and how often it was called, not on when the call comes: the same load meets the same
    /// faults however its calls interleave.
    /// </remarks>
    public CallFaults Next(string prompt, IEnumerable<ScriptedFault> scripted)
    {
        lock (gate)
        {
            var call = Count(prompt);
            var faults = scripted.Where(fault => call <= fault.Calls).Select(fault => fault.Fault);
            var byChance = rates.Where(rate => Draw(prompt, call, rate.Key) < rate.Value).Select(rate => FaultNames.Find(rate.Key)!.Value);
            return CallFaults.From([.. faults, .. byChance]);
        }
    }

    /// <summary>How often a prompt was called, as it was sent.</summary>
    public int CallsOf(string prompt)
    {
        lock (gate) return calls.GetValueOrDefault(Seed.Of(prompt));
    }

    /// <summary>From now on this share of the calls meets the fault; none with 0.</summary>
    public IReadOnlyDictionary<string, double> SetRate(string fault, double rate)
    {
        lock (gate)
        {
            if (rate > 0) rates[fault] = rate;
            else rates.Remove(fault);
            return new Dictionary<string, double>(rates);
        }
    }

    public void Reset()
    {
        lock (gate)
        {
            rates.Clear();
            calls.Clear();
            prompts.Clear();
        }
    }

    private int Count(string prompt)
    {
        var key = Seed.Of(prompt);
        if (!calls.TryGetValue(key, out var count))
        {
            prompts.Enqueue(key);
            if (prompts.Count > PromptsMax) calls.Remove(prompts.Dequeue());
        }

        return calls[key] = count + 1;
    }

    private double Draw(string prompt, int call, string fault) =>
        new Chance(Seed.Of($"{seed}", prompt, $"{call}", fault)).Fraction();
}
