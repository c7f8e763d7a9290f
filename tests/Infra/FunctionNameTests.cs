using System.Reflection;
using System.Text.RegularExpressions;
using Local.Up;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Storage;

namespace Pipeline.Tests.Infra;

/// <summary>The functions that <c>infra/</c> names are there.</summary>
public sealed partial class FunctionNameTests
{
    private static readonly Dictionary<string, MethodInfo> Functions =
        typeof(Settings).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<FunctionAttribute>() is not null)
            .ToDictionary(method => method.GetCustomAttribute<FunctionAttribute>()!.Name);

    [Test]
    public async Task Dropped_files_are_announced_to_the_function_that_receives_them()
    {
        var events = (await Bicep.Predict("events.bicep", "appName = 'func'", "topicName = 'evgt'")).Resources.Single();
        var function = Functions[(await Bicep.Build("events.bicep")).GetProperty("variables").GetProperty("functionName").GetString()!];
        var trigger = function.GetParameters()[0].GetCustomAttribute<BlobTriggerAttribute>()!;

        Assert.That(events.At("properties.destination.properties.endpointUrl"), Does.Contain("functionName=Host.Functions."));
        Assert.That(trigger.Source, Is.EqualTo(BlobTriggerSource.EventGrid));
        Assert.That(trigger.BlobPath, Does.StartWith(StorageNames.ManifestsContainer + "/"));
        Assert.That(
            events.At("properties.filter.subjectBeginsWith"),
            Is.EqualTo($"/blobServices/default/containers/{StorageNames.ManifestsContainer}/blobs/"));
    }

    /// <summary>The key of the webhook is asked for inside the deployment, so that no shell, log or output has it.</summary>
    [Test]
    public async Task The_webhooks_key_does_not_leave_the_deployment()
    {
        var template = await Bicep.Build("events.bicep");

        Assert.That(template.GetRawText(), Does.Contain("systemKeys.blobs_extension"));
        Assert.That(
            template.GetProperty("parameters").EnumerateObject().Select(parameter => parameter.Name),
            Is.EquivalentTo(new[] { "appName", "topicName" }));
        Assert.That(template.TryGetProperty("outputs", out _), Is.False);
    }

    /// <summary>HTTP functions share the scale group <c>http</c>, blob functions <c>blob</c>: Azure refuses those names here.</summary>
    [Test]
    public void Scale_groups_of_a_function_name_one_with_a_queue_or_a_timer()
    {
        var named = Directory.GetFiles(Checkout.PathTo("infra")).SelectMany(file => ScaleGroup().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.That(named, Is.Not.Empty);
        Assert.That(named, Is.SubsetOf(Functions
            .Where(function => function.Value.GetParameters()[0].GetCustomAttribute<QueueTriggerAttribute>() is not null
                || function.Value.GetParameters()[0].GetCustomAttribute<TimerTriggerAttribute>() is not null)
            .Select(function => function.Key)));
    }

    [Test]
    public async Task The_queues_that_may_alert_are_the_apps()
    {
        var queues = (await Bicep.Build("alerts.bicep")).GetProperty("variables").GetProperty("promptQueues").GetString()!;

        Assert.That(queues.Split(", ").Select(queue => queue.Trim('\'')), Is.SubsetOf(StorageNames.Queues));
    }

    [GeneratedRegex(@"\bfunction:(\w+)")]
    private static partial Regex ScaleGroup();
}
