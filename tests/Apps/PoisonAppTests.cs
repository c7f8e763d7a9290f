namespace Pipeline.Tests.Apps;

/// <summary>Tests of poison messages: each has an app of its own, for whatever lies in a queue is everybody's.</summary>
public abstract class PoisonAppTests
{
    private protected PoisonApp app = null!;

    [SetUp]
    public async Task Start() => app = await PoisonApp.Start();

    [TearDown]
    public async Task The_books_are_right()
    {
        await app.Account.BooksAreRight();
        await app.DisposeAsync();
    }
}
