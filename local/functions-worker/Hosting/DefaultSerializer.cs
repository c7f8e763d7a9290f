using System.Text.Json;
using Azure.Core.Serialization;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Local.FunctionsWorker;

/// <summary>System.Text.Json as the app configured it, unless the app chose a serializer.</summary>
internal sealed class DefaultSerializer(IOptions<JsonSerializerOptions> json) : IPostConfigureOptions<WorkerOptions>
{
    public void PostConfigure(string? name, WorkerOptions options) => options.Serializer ??= new JsonObjectSerializer(json.Value);
}
