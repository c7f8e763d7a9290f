namespace Pipeline.Http;

/// <summary>Where requests to callers' own addresses may go; settings <c>Outgoing__…</c>.</summary>
public sealed class OutgoingOptions
{
    /// <summary>Whether callers' addresses may be on this machine, then also with http: for local runs, never in the cloud.</summary>
    /// <value>Default false.</value>
    public bool AllowLoopback { get; init; }
}
