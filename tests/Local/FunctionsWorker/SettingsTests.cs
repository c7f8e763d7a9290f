using Local.FunctionsWorker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class SettingsTests
{
    private const string FromEnvironment = "LocalAppTests__FromEnvironment";

    [Test]
    public async Task The_environment_wins_over_local_settings_json_and_double_underscores_are_sections()
    {
        Environment.SetEnvironmentVariable(FromEnvironment, "environment");
        await using var app = await LocalApp.Start([], localSettings: """
            {
              "Values": {
                "LocalAppTests__FromFile": "file", /* a comment */
                "LocalAppTests__FromEnvironment": "file",
                "LocalAppTests__Switch": true,
              }
            }
            """);

        var settings = app.Services.GetRequiredService<IConfiguration>().GetSection("LocalAppTests");

        Assert.That((settings["FromFile"], settings["FromEnvironment"], settings["Switch"]), Is.EqualTo(("file", "environment", "True")));
    }

    [Test]
    public void Local_settings_that_cannot_be_read_are_refused_with_their_path()
    {
        var settings = """{ "Values": { "A": {} } }""";

        var refused = Assert.ThrowsAsync<RefusedException>(async () => await LocalApp.Start([], localSettings: settings));

        Assert.That(refused.Message, Does.Contain("local.settings.json: Values.A: expected a string"));
    }

    [Test]
    public async Task Host_and_port_are_told_as_Azure_and_Core_Tools_tell_them()
    {
        await using var app = await LocalApp.Start([], urls: "http://127.0.0.1:0;http://127.0.0.1:0");
        await using var other = await LocalApp.Start([], settings: ("WEBSITE_HOSTNAME", "images.example"));

        Assert.That(app.Services.GetRequiredService<IConfiguration>()["WEBSITE_HOSTNAME"], Is.EqualTo("127.0.0.1:0"));
        Assert.That(other.Services.GetRequiredService<IConfiguration>()["WEBSITE_HOSTNAME"], Is.EqualTo("images.example"));
    }

    [Test]
    public async Task A_setting_overrides_host_json()
    {
        await using var app = await LocalApp.Start([], settings: ("AzureFunctionsJobHost:extensions:queues:batchSize", "7"));

        Assert.That(app.Services.GetRequiredService<HostJson>().Queues.BatchSize, Is.EqualTo(7));
    }

    [Test]
    public async Task What_host_json_leaves_out_is_the_default_of_the_real_host()
    {
        await using var app = await LocalApp.Start([], hostJson: """{ "version": "2.0" }""");

        var settings = app.Services.GetRequiredService<HostJson>();

        Assert.That(settings.Http.RoutePrefix, Is.EqualTo("api"));
        Assert.That(
            settings.Queues,
            Is.EqualTo(new QueueSettings(16, 8 * Environment.ProcessorCount, 5, TimeSpan.Zero, TimeSpan.FromSeconds(2), IsBase64: true)));
    }

    [Test]
    public async Task Log_levels_of_host_json_are_kept()
    {
        await using var app = await LocalApp.Start([], hostJson: """
            {
              "version": "2.0",
              "logging": { "logLevel": { "default": "Warning", "Chatty": "Debug", "Microsoft.AspNetCore": "Information" } }
            }
            """);

        var loggers = app.Services.GetRequiredService<ILoggerFactory>();

        Assert.That(loggers.CreateLogger("Other").IsEnabled(LogLevel.Information), Is.False);
        Assert.That(loggers.CreateLogger("Chatty.Part").IsEnabled(LogLevel.Debug), Is.True);
        Assert.That(loggers.CreateLogger("Microsoft.AspNetCore.Hosting").IsEnabled(LogLevel.Information), Is.True);
    }

    [Test]
    public async Task Functions_are_listed_at_start_with_their_triggers()
    {
        await using var app = await LocalApp.Start(
            [typeof(QueueApp.Worker)],
            builder => builder.Services.AddSingleton(new Func<QueueApp.Delivery, Task>(_ => Task.CompletedTask)),
            settings: ("AzureWebJobsStorage", Storage.NewAccount()));

        Assert.That(app.Output, Does.Contain("Work: queueTrigger images"));
    }
}
