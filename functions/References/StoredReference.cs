using Pipeline.Images;

namespace Pipeline.References;

/// <summary>An image that an account brought, whole in the container <c>references</c>.</summary>
public sealed record StoredReference(ReferenceId Id, ImageFacts Facts);
