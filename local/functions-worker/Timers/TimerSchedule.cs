using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>The trigger of a timer function.</summary>
internal sealed record TimerSchedule(Schedule Schedule, string Text, bool UseMonitor, bool RunOnStartup) : Trigger("timerTrigger")
{
    public override IReadOnlyCollection<string> DataNames => [];

    public static TimerSchedule From(string function, TimerTriggerAttribute attribute, IConfiguration settings)
    {
        var text = Expressions.Resolve(attribute.Schedule, function, settings);
        return new TimerSchedule(Schedule.Parse(function, text), text, attribute.UseMonitor, attribute.RunOnStartup);
    }

    public override bool CanBind(Type type) => type == typeof(TimerInfo);

    public override string Describe(string address, string routePrefix) => $"{Type} {Text}";
}

/// <summary>Why a timer function runs.</summary>
internal enum TimerCause
{
    Schedule,
    PastDue,
    RunOnStartup,
}

/// <summary>An occurrence of a schedule.</summary>
internal sealed class TimerEvent(TimerInfo info, TimerCause cause) : TriggerEvent
{
    public override IReadOnlyDictionary<string, object?> Data { get; } = new Dictionary<string, object?>();

    public override string ToString() => $"timer, {cause}";

    public override ValueTask<object?> Bind(Type type, InvocationContext context) => new(info);
}
