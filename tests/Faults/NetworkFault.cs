namespace Pipeline.Tests.Faults;

/// <summary>What a network does to a request now and then.</summary>
public enum NetworkFault
{
    /// <summary>It arrives late.</summary>
    Latency,

    /// <summary>Its connection breaks, and it never arrives.</summary>
    Reset,

    /// <summary>Its answer comes in drops.</summary>
    Limit,

    /// <summary>
    /// Its answer comes whole, but the connection, which looks good for the next request, answers nothing more and breaks soon.
    /// </summary>
    SlowClose,

    /// <summary>It arrives and is carried out, and its connection breaks before the answer.</summary>
    LostAnswer,
}
