using System.Text.Json;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class QueueBindingTests
{
    [Test]
    public async Task A_message_binds_to_JSON_bytes_and_the_message_itself()
    {
        var account = Storage.NewAccount();
        var seen = new Seen<object>();
        await using var app = await LocalApp.Start(
            [typeof(Bindings)],
            builder => builder.Services.AddSingleton(seen),
            settings: [("AzureWebJobsStorage", account), ("Json", "json")]);

        foreach (var name in new[] { "json", "bytes", "message" })
        {
            await Send(account, name, """{"job":"j1"}""");
            Assert.That(await seen.Next(), Is.EqualTo(new Work("j1")), name);
        }
    }

    [Test]
    public async Task JSON_that_does_not_fit_is_a_failed_try()
    {
        var account = Storage.NewAccount();
        var seen = new Seen<object>();
        var failures = new Seen<Exception>();
        await Send(account, "json", """{"job":[]}""");
        await using var app = await LocalApp.Start(
            [typeof(Bindings)],
            builder =>
            {
                builder.Services.AddSingleton(seen);
                builder.UseMiddleware(async (_, next) =>
                {
                    try
                    {
                        await next();
                    }
                    catch (JsonException e)
                    {
                        failures.Add(e);
                        throw;
                    }
                });
            },
            settings: [("AzureWebJobsStorage", account), ("Json", "json")]);

        await Poison.First(account, "json-poison");

        Assert.That(failures.Count, Is.EqualTo(5), "middlewares see each try");
        Assert.That(seen.Count, Is.Zero);
    }

    private static async Task Send(string account, string name, string text)
    {
        var queue = new QueueClient(account, name, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await queue.CreateAsync();
        await queue.SendMessageAsync(text);
    }

    private sealed record Work(string Job);

    private sealed class Bindings(Seen<object> seen)
    {
        [Function("Json")]
        public void Json([QueueTrigger("%Json%")] Work work) => seen.Add(work);

        [Function("Bytes")]
        public void Bytes([QueueTrigger("bytes")] BinaryData body) => seen.Add(Read(body));

        [Function("Message")]
        public async ValueTask Message([QueueTrigger("message")] QueueMessage message, FunctionContext context)
        {
            await Task.Yield();
            Assert.That(context.BindingContext.BindingData["Id"], Is.EqualTo(message.MessageId));
            seen.Add(Read(message.Body));
        }

        private static Work Read(BinaryData body) =>
            new(JsonDocument.Parse(body).RootElement.GetProperty("job").GetString()!);
    }
}
