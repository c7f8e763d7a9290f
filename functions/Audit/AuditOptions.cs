using System.ComponentModel.DataAnnotations;

namespace Pipeline.Audit;

/// <summary>How books are proved; settings <c>Audit__…</c>.</summary>
public sealed class AuditOptions
{
    /// <summary>
    /// Signs the checkpoints that callers of <c>GET /v1/credits/verify</c> get and bring back. A secret; all instances need the same.
    /// </summary>
    /// <value>Default none: no checkpoints are given, and each verification begins at entry 1. From 32 to 500 characters.</value>
    [RegularExpression(@"(.{32,500})?")]
    public string CheckpointKey { get; init; } = "";
}
