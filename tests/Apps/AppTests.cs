namespace Pipeline.Tests.Apps;

/// <summary>Tests that share an app; each has an account of its own, whose books are right in the end.</summary>
/// <param name="credits">How many each account begins with.</param>
/// <param name="settings">What it does not have as <see cref="App"/> has it for tests.</param>
public abstract class AppTests(long credits, params (string Name, string Value)[] settings)
{
    private protected App app = null!;
    private protected Account account = null!;

    [OneTimeSetUp]
    public async Task StartApp() => app = await App.Start(imageApi: null, settings);

    [OneTimeTearDown]
    public async Task StopApp() => await app.DisposeAsync();

    [SetUp]
    public async Task NewAccount() => account = await app.NewAccount(credits);

    [TearDown]
    public async Task The_books_are_right() => await account.BooksAreRight();
}
