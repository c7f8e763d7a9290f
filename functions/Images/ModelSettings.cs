namespace Pipeline.Images;

/// <summary>How much the model thinks before it draws.</summary>
public enum Thinking
{
    Minimal,
    High,
}

/// <summary>What the model may look up before it draws.</summary>
public enum SearchKind
{
    Web,
    Image,
}

/// <summary>Which line a request stands in at the image API.</summary>
public enum ServiceTier
{
    Default,
    Priority,
}
