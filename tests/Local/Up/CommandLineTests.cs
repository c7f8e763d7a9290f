using Local.Up;

namespace Pipeline.Tests.Up;

public sealed class CommandLineTests
{
    [Test]
    public void Without_options_it_takes_the_usual_ports_and_keeps_the_data_in_the_checkout()
    {
        var options = Read();

        Assert.That((options.AppPort, options.SimulatorPort, options.BlobPort), Is.EqualTo(((int?)7071, (int?)7072, (int?)10000)));
        Assert.That(options.DataFolder, Is.EqualTo(Checkout.PathTo(".local", "azurite")));
        Assert.That(options.LatencyFactor, Is.EqualTo(1));
        Assert.That(options.SmallImages || options.Json || options.Demo, Is.False);
    }

    [Test]
    public void Every_option_is_read()
    {
        var options = Read(
            "--port", "1", "--image-api-port", "2", "--storage-port", "3", "--data", "here", "--latency", "0.5", "--small-images",
            "--json");

        Assert.That((options.AppPort, options.SimulatorPort, options.BlobPort), Is.EqualTo(((int?)1, (int?)2, (int?)3)));
        Assert.That(options.DataFolder, Is.EqualTo(Path.GetFullPath("here")));
        Assert.That(options.LatencyFactor, Is.EqualTo(0.5));
        Assert.That(options.SmallImages && options.Json, Is.True);
        Assert.That(Read("--memory").DataFolder, Is.Null);
        Assert.That(Read("--image-api", "https://images.example").ImageApi, Is.EqualTo(new Uri("https://images.example")));
    }

    [Test]
    public void Port_0_is_any_free_one()
    {
        var options = Read("--port", "0", "--image-api-port", "0", "--storage-port", "0");

        Assert.That((options.AppPort, options.SimulatorPort, options.BlobPort), Is.EqualTo(((int?)null, (int?)null, (int?)null)));
    }

    [Test]
    public void A_demo_takes_free_ports_unless_told_otherwise_and_keeps_no_data()
    {
        var options = Read("--demo", "--port", "8000");

        Assert.That((options.AppPort, options.SimulatorPort, options.BlobPort), Is.EqualTo(((int?)8000, (int?)null, (int?)null)));
        Assert.That(options.DataFolder, Is.Null);
        Assert.That(options.LatencyFactor, Is.EqualTo(0.2));
    }

    [TestCase("--port", "65536", "65535")]
    [TestCase("--port", "-1", "65535")]
    [TestCase("--storage-port", "65534", "65533")]
    [TestCase("--latency", "-0.1", "from 0 to 100")]
    [TestCase("--latency", "fast", "from 0 to 100")]
    [TestCase("--image-api", "images.example", "https://")]
    public void A_value_that_makes_no_sense_is_refused_with_what_is_expected(string option, string value, string expected) =>
        Assert.That(Errors(option, value), Has.Exactly(1).Contains(option).And.Contains(expected).And.Contains($"'{value}'"));

    [TestCase("--memory", "--data", "here")]
    [TestCase("--demo", "--data", "here")]
    [TestCase("--small-images", "--image-api", "https://images.example")]
    [TestCase("--latency", "1", "--image-api", "https://images.example")]
    [TestCase("--image-api-port", "1", "--image-api", "https://images.example")]
    [TestCase("--unheard-of")]
    public void Options_that_contradict_each_other_or_do_not_exist_are_refused(params string[] arguments) =>
        Assert.That(Errors(arguments), Has.Exactly(1).Contains(arguments[0]));

    [Test]
    public void One_port_for_two_is_refused()
    {
        var options = Read("--memory", "--port", "10001");

        Assert.That(
            () => RefuseTakenPorts.Check(options),
            Throws.TypeOf<CannotStartException>().With.Message.Contains("10001").And.Message.Contains("--port or --storage-port"));
    }

    private static UpOptions Read(params string[] arguments)
    {
        var given = CommandLine.Create(_ => Task.FromResult(0)).Parse(arguments);
        Assert.That(given.Errors, Is.Empty);
        return CommandLine.Read(given);
    }

    private static IEnumerable<string> Errors(params string[] arguments) =>
        CommandLine.Create(_ => Task.FromResult(0)).Parse(arguments).Errors.Select(error => error.Message);
}
