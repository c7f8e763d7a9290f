using Local.Up;

namespace Pipeline.Tests.Apps;

/// <summary>Many submit at once with too few credits: exactly as many jobs are accepted as the credits pay for.</summary>
public sealed class ContentionTests
{
    private const int Submitters = 32;
    private const int Rounds = 100;
    private const int CreditsPerJob = 4;

    private App app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await App.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public Task Of_32_submitters_as_many_are_accepted_as_there_are_credits_for() => Rounds_of_submitters([app.Process]);

    [Test]
    public async Task So_it_is_with_two_processes_on_one_storage()
    {
        await using var another = await app.StartAnother();
        await Rounds_of_submitters([app.Process, another]);
    }

    private async Task Rounds_of_submitters(AppProcess[] processes)
    {
        var dice = new Random(7);
        for (var round = 0; round < Rounds; round++)
        {
            var covered = dice.Next(1, 9);
            var account = await app.NewAccount(covered * CreditsPerJob);
            var answers = await Task.WhenAll(Enumerable.Range(0, Submitters).Select(number => account.PostWith(
                processes[number % processes.Length], "v1/jobs", new { prompt = $"A fox {number}", model = "512" })));

            var statuses = answers.Select(answer => (int)answer.StatusCode).ToList();
            foreach (var answer in answers) answer.Dispose();
            var (available, held, spent) = await account.Credits();
            Assert.Multiple(() =>
            {
                Assert.That(statuses.Count(status => status == 202), Is.EqualTo(covered), $"round {round}");
                Assert.That(statuses.Count(status => status == 402), Is.EqualTo(Submitters - covered), $"round {round}");
                Assert.That((available, held + spent), Is.EqualTo((0L, (long)covered * CreditsPerJob)), $"round {round}");
            });
            await account.BooksAreRight();
        }
    }
}
