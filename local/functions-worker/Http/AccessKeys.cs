using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>The keys of HTTP functions that are not anonymous: one for all functions, and the master key, which fits everywhere.</summary>
internal sealed record AccessKeys(string Function, bool FunctionIsRandom, string Master, bool MasterIsRandom)
{
    private const string Header = "x-functions-key";
    private const string QueryParameter = "code";
    private const int RandomBytes = 32;

    public static AccessKeys From(IConfiguration settings)
    {
        var function = settings["Local:FunctionKey"];
        var master = settings["Local:MasterKey"];
        return new AccessKeys(
            string.IsNullOrEmpty(function) ? Random() : function, string.IsNullOrEmpty(function),
            string.IsNullOrEmpty(master) ? Random() : master, string.IsNullOrEmpty(master));
    }

    /// <summary>Whether the request has a key of the level. A header, even a wrong one, hides the query's key.</summary>
    public bool Allow(HttpRequest request, AuthorizationLevel level)
    {
        if (level == AuthorizationLevel.Anonymous) return true;
        var given = request.Headers.TryGetValue(Header, out var header) ? header.ToString() : request.Query[QueryParameter].ToString();
        return Same(given, Master) || level == AuthorizationLevel.Function && Same(given, Function);
    }

    private static bool Same(string given, string key) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(key));

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
}
