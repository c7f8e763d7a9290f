using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Images;

/// <summary>Where a job's images go, and what was asked for: noted on each image and beside it.</summary>
/// <param name="Name">The blobs' common beginning, <c>{account}/{job}/</c>.</param>
/// <param name="Job">The job's id.</param>
/// <param name="Attempt">The attempt that stores, 1-based; no two workers have the same.</param>
/// <param name="Model">The tier.</param>
/// <param name="Request">What was asked for.</param>
public sealed record ImageFolder(string Name, string Job, int Attempt, Model Model, AskedFor Request)
{
    /// <summary>Noted on a blob beside what its bytes say: letters, digits and underscores as names, ASCII values.</summary>
    public Dictionary<string, string> MetadataOf(int index) => new()
    {
        ["job"] = Job,
        ["index"] = index.ToString(CultureInfo.InvariantCulture),
        ["model"] = Model.Id,
        ["prompt_sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Request.Prompt))),
        ["attempt"] = Attempt.ToString(CultureInfo.InvariantCulture),
    };
}
