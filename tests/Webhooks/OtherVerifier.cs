using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Local.Up;

namespace Pipeline.Tests.Webhooks;

/// <summary>A verifier of deliveries that was written from the specification alone, in JavaScript: <c>verify.mjs</c>.</summary>
internal static class OtherVerifier
{
    /// <summary>What it says of each: <c>ok</c>, or why not.</summary>
    /// <param name="deliveries">As they were received.</param>
    /// <param name="secret">Of the receiver.</param>
    /// <param name="now">The receiver's time; null for that of each delivery.</param>
    public static async Task<IReadOnlyList<string>> Verify(
        IEnumerable<ReceivedDelivery> deliveries, string secret, DateTimeOffset? now = null)
    {
        var start = new ProcessStartInfo("node", [Checkout.PathTo("tests", "Webhooks", "verify.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        using var node = Process.Start(start)!;
        var answers = node.StandardOutput.ReadToEndAsync();
        foreach (var delivery in deliveries)
        {
            await node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new
            {
                secret,
                headers = delivery.Headers,
                body = delivery.Body,
                now = now?.ToUnixTimeSeconds() ?? delivery.SentAt,
            }));
        }

        node.StandardInput.Close();
        await node.WaitForExitAsync();
        return (await answers).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
