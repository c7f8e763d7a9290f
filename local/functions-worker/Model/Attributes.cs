using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions
{
    /// <summary>Marks a parameter that the host fills.</summary>
    public abstract class BindingAttribute : Attribute;

    /// <summary>Marks the one parameter whose event runs the function.</summary>
    public abstract class TriggerBindingAttribute : BindingAttribute;
}

namespace Microsoft.Azure.Functions.Worker
{
    /// <summary>Marks a public method as a function of the app.</summary>
    /// <param name="name">A letter, then up to 127 letters, digits, <c>_</c> and <c>-</c>; unique in the app, whatever the case.</param>
    [AttributeUsage(AttributeTargets.Method)]
    public class FunctionAttribute(string name) : Attribute
    {
        public string Name { get; } = name;
    }

    /// <summary>Who may call an HTTP function: anyone, holders of the function key, or holders of the master key.</summary>
    public enum AuthorizationLevel
    {
        Anonymous = 0,
        User = 1,
        Function = 2,
        System = 3,
        Admin = 4,
    }

    /// <summary>Runs the function for a request to its route.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class HttpTriggerAttribute : TriggerBindingAttribute
    {
        public HttpTriggerAttribute() : this(AuthorizationLevel.Function)
        {
        }

        public HttpTriggerAttribute(params string[] methods) : this(AuthorizationLevel.Function, methods)
        {
        }

        public HttpTriggerAttribute(AuthorizationLevel authLevel) : this(authLevel, methods: null!)
        {
        }

        public HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods)
        {
            AuthLevel = authLevel;
            Methods = methods;
        }

        /// <summary>The route below the prefix of <c>host.json</c>.</summary>
        /// <value>Default, also when empty: the function's name.</value>
        public string? Route { get; set; }

        /// <summary>The methods that the function answers.</summary>
        /// <value>Default null: all.</value>
        public string[]? Methods { get; }

        /// <summary>Who may call.</summary>
        /// <value>Default <see cref="AuthorizationLevel.Function"/>.</value>
        public AuthorizationLevel AuthLevel { get; }
    }

    /// <summary>Runs the function for each message of a queue, at least once.</summary>
    /// <param name="queueName">A queue of the account, or an expression such as <c>%Setting%</c>.</param>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class QueueTriggerAttribute(string queueName) : TriggerBindingAttribute
    {
        public string QueueName { get; } = queueName;

        /// <summary>The setting that has the connection string.</summary>
        /// <value>Default <c>AzureWebJobsStorage</c>.</value>
        public string? Connection { get; set; }
    }

    /// <summary>How the real host learns of blobs; here the container is polled, whatever the source.</summary>
    public enum BlobTriggerSource
    {
        LogsAndContainerScan = 0,
        EventGrid = 1,
    }

    /// <summary>Runs the function for each blob that is written, and again when it is rewritten.</summary>
    /// <param name="blobPath">
    /// <c>container/pattern</c>, where <c>{name}</c> matches any characters, slashes too, the first as many as it can.
    /// </param>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class BlobTriggerAttribute(string blobPath) : TriggerBindingAttribute
    {
        public string BlobPath { get; } = blobPath;

        /// <summary>The setting that has the connection string.</summary>
        /// <value>Default <c>AzureWebJobsStorage</c>.</value>
        public string? Connection { get; set; }

        public BlobTriggerSource Source { get; set; }
    }

    /// <summary>Runs the function on a schedule, in one process at a time, never overlapping.</summary>
    /// <param name="schedule">Six-field NCRONTAB in UTC, a <see cref="TimeSpan"/>, or an expression such as <c>%Setting%</c>.</param>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class TimerTriggerAttribute(string schedule) : TriggerBindingAttribute
    {
        public string Schedule { get; } = schedule;

        /// <summary>Remember the schedule in storage, so that an occurrence missed while nothing ran is made up for once.</summary>
        /// <value>Default true; has no effect on schedules that occur more often than each minute.</value>
        public bool UseMonitor { get; set; } = true;

        /// <summary>Run once when the host starts.</summary>
        /// <value>Default false.</value>
        public bool RunOnStartup { get; set; }
    }
}
