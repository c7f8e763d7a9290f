namespace Local.ImageApi;

/// <summary>Counts calls and what they cost. A reset opens a new page: calls begun before are counted nowhere.</summary>
internal sealed class StatsBook
{
    /// <summary>In place of a status: the call ended without a whole answer.</summary>
    public const string None = "none";

    /// <summary>References that are remembered: more than a test sends, a fraction of a MB.</summary>
    private const int ReferencesMax = 500;

    /// <summary>Prompts that are remembered: ten times a long load test, and 3 MB.</summary>
    private const int PromptsMax = 20_000;

    private volatile Page page = new();

    /// <summary>Counts a call as in flight until it ends.</summary>
    public Call Begin() => new(page);

    public void Downloaded() => page.Add(current => current.Downloads++);

    public SimulatorStats Read() => page.Read();

    public PromptStats Of(string prompt) => page.Of(prompt);

    public void Reset() => page = new Page();

    internal sealed class Call : IDisposable
    {
        private readonly Page page;
        private PromptCount prompt = new();
        private bool ended;

        public Call(Page page)
        {
            this.page = page;
            page.Add(current =>
            {
                current.Calls++;
                current.InFlightMax = Math.Max(current.InFlightMax, ++current.InFlight);
            });
        }

        /// <summary>From here on the call counts for its prompt, too.</summary>
        public void IsOf(string text) => page.Add(current =>
        {
            prompt = current.CountOf(text);
            prompt.Calls++;
            prompt.InFlightMax = Math.Max(prompt.InFlightMax, ++prompt.InFlight);
        });

        public void Made(int images, int creditsPerImage) => page.Add(current =>
        {
            prompt.Images += images;
            current.Images += images;
            current.CreditsCharged += images * creditsPerImage;
        });

        public void Saw(IEnumerable<SeenReference> references) => page.Add(current =>
        {
            foreach (var reference in references) current.References.Enqueue(reference);
            while (current.References.Count > ReferencesMax) current.References.Dequeue();
        });

        /// <summary>With the status that is about to be sent, so that whoever has the answer finds the call counted.</summary>
        public void End(string status)
        {
            if (ended) return;
            ended = true;
            page.Add(current =>
            {
                current.InFlight--;
                prompt.InFlight--;
                current.ByStatus[status] = current.ByStatus.GetValueOrDefault(status) + 1;
            });
        }

        public void Dispose() => End(None);
    }

    internal sealed class PromptCount
    {
        public long Calls { get; set; }

        public long Images { get; set; }

        public long InFlight { get; set; }

        public long InFlightMax { get; set; }
    }

    internal sealed class Page
    {
        private readonly Lock gate = new();

        /// <summary>By the hash of the prompt, since prompts may be long.</summary>
        private readonly Dictionary<ulong, PromptCount> prompts = [];
        private readonly Queue<ulong> oldest = new();

        public long Calls { get; set; }

        public long Images { get; set; }

        public long CreditsCharged { get; set; }

        public long InFlight { get; set; }

        public long InFlightMax { get; set; }

        public long Downloads { get; set; }

        public SortedDictionary<string, long> ByStatus { get; } = new(StringComparer.Ordinal);

        public Queue<SeenReference> References { get; } = new();

        public void Add(Action<Page> change)
        {
            lock (gate) change(this);
        }

        /// <summary>What is counted for a prompt; only inside <see cref="Add"/>.</summary>
        public PromptCount CountOf(string prompt)
        {
            var key = Seed.Of(prompt);
            if (prompts.TryGetValue(key, out var known)) return known;
            oldest.Enqueue(key);
            if (oldest.Count > PromptsMax) prompts.Remove(oldest.Dequeue());
            return prompts[key] = new PromptCount();
        }

        public PromptStats Of(string prompt)
        {
            lock (gate)
            {
                var count = prompts.GetValueOrDefault(Seed.Of(prompt)) ?? new PromptCount();
                return new PromptStats(count.Calls, count.Images, count.InFlightMax);
            }
        }

        public SimulatorStats Read()
        {
            lock (gate)
            {
                return new SimulatorStats(
                    Calls, Images, CreditsCharged, new Dictionary<string, long>(ByStatus), InFlight, InFlightMax, Downloads,
                    [.. References]);
            }
        }
    }
}
