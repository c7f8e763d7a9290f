using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Local.ImageApi;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class ProgramTests
{
    [Test]
    public async Task The_program_says_where_it_listens_and_answers_there()
    {
        using var program = Start("--port", "0", "--key", "my-key", "--latency", "0", "--small-images", "--seed", "7");
        try
        {
            var line = await program.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.That(line, Does.StartWith("image API simulator: http://127.0.0.1:").And.EndWith(" key my-key"));

            using var http = new HttpClient { BaseAddress = new Uri(line!.Split(' ')[3]) };
            http.DefaultRequestHeaders.Authorization = new("Bearer", "my-key");
            using var response = await http.PostAsJsonAsync("v1/images/generate", new { prompt = "a fox", model = Caller.Model512 });

            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
        finally
        {
            program.Kill();
        }
    }

    [TestCase("--nonsense")]
    [TestCase("--port")]
    [TestCase("--port 70000")]
    [TestCase("--latency -1")]
    [TestCase("--seed x")]
    public async Task An_option_that_is_not_understood_is_answered_with_the_usage(string arguments)
    {
        using var program = Start(arguments.Split(' '));

        var error = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();

        Assert.That((program.ExitCode, error.Contains("--small-images", StringComparison.Ordinal)), Is.EqualTo((2, true)));
    }

    [Test]
    public async Task A_port_in_use_is_a_clear_error()
    {
        await using var api = await Simulator.Start(Caller.Fast, CancellationToken.None);
        using var program = Start("--port", $"{api.Url.Port}");

        var error = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();

        Assert.That(program.ExitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain($"127.0.0.1:{api.Url.Port}").And.Contain("in use"));
    }

    private static Process Start(params string[] arguments)
    {
        var assembly = typeof(Simulator).Assembly.Location;
        return Process.Start(new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
