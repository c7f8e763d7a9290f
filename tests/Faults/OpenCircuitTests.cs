using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>Jobs whose turn comes just before the circuit opens: they are claimed, and then nobody is called for them.</summary>
public sealed class OpenCircuitTests
{
    private const int Jobs = 24;

    [Test]
    public async Task An_attempt_that_called_nobody_is_none()
    {
        // Leases that outlast a slow machine: an attempt whose worker lost its claim would be one that called nobody, too.
        await using var faulty = await FaultyApp.Start(FaultSeed.Next(), null, ("Jobs__LeaseDuration", "00:01:00"));
        var accounts = new List<Account>();
        for (var n = 0; n < Jobs; n++) accounts.Add(await faulty.App.NewAccount(credits: 10));

        // Slow claims and quick refusals: most turns are granted before the fifth refusal opens the circuit, and claims come after it.
        faulty.Network.Tables.SetFaults(1, NetworkFault.Latency);
        var submitted = await Task.WhenAll(accounts.Select((account, n) =>
            PatientCaller.Submit(account, new { prompt = Prompt(n), model = "512" }, $"{n}")));
        await Task.Delay(TimeSpan.FromSeconds(2));
        faulty.Network.SetFaults(0);

        for (var n = 0; n < Jobs; n++)
        {
            var job = await accounts[n].Finished(submitted[n]);
            Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
            Assert.That(job.GetProperty("history").GetArrayLength(), Is.EqualTo(faulty.App.ImageApi.CallsOf(Prompt(n))), job.ToString());
            Assert.That(job.GetProperty("attempts").GetInt32(), Is.EqualTo(job.GetProperty("history").GetArrayLength()));
        }

        foreach (var account in accounts) await Invariants.Hold(account);
    }

    /// <summary>More than enough fail to open the circuit, and few enough that it closes again: each that looks ahead may be one.</summary>
    private static string Prompt(int n) => $"Shop number {n} with its shutter down{(n < Jobs / 2 ? " [[fault:503:1]]" : "")}";
}
