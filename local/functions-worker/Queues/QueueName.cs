using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>The trigger of a queue function.</summary>
internal sealed record QueueName(string Name, string? Connection) : Trigger("queueTrigger")
{
    public override IReadOnlyCollection<string> DataNames => QueueEvent.DataNames;

    public static QueueName From(string function, QueueTriggerAttribute attribute, IConfiguration settings) =>
        new(Expressions.Resolve(attribute.QueueName, function, settings), attribute.Connection);

    /// <summary><c>QueueMessage</c>, text, <c>BinaryData</c>, or whatever else JSON can make.</summary>
    public override bool CanBind(Type type) => !type.IsAbstract;

    public override string Describe(string address, string routePrefix) => $"{Type} {Name}";
}
