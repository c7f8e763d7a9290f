namespace Azure.Data.Tables;

/// <summary>What a storage connection string says about the table service.</summary>
internal sealed record ConnectionString(Uri Endpoint, TableSharedKeyCredential Credential)
{
    private const string DevelopmentAccount = "devstoreaccount1";

    /// <summary>The emulator's published key; it protects nothing.</summary>
    private const string DevelopmentKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>Reads a connection string with an account key.</summary>
    /// <remarks>
    /// Needed are AccountName, AccountKey, and TableEndpoint or EndpointSuffix; DefaultEndpointsProtocol is https unless said. Or
    /// <c>UseDevelopmentStorage=true</c>, the emulator at its usual port. A shared access signature is not read.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A part is not of the form <c>Name=value</c>, or is there twice.</exception>
    /// <exception cref="ArgumentException">One of the parts above is missing.</exception>
    public static ConnectionString Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var parts = Parts(text);
        if (parts.GetValueOrDefault("UseDevelopmentStorage") == "true")
        {
            return new ConnectionString(
                new Uri($"http://127.0.0.1:10002/{DevelopmentAccount}"), new TableSharedKeyCredential(DevelopmentAccount, DevelopmentKey));
        }

        if (!parts.TryGetValue("AccountName", out var name) || !parts.TryGetValue("AccountKey", out var key))
            throw new ArgumentException("The connection string needs AccountName and AccountKey.", nameof(text));
        return new ConnectionString(EndpointOf(parts, name), new TableSharedKeyCredential(name, key));
    }

    private static Uri EndpointOf(Dictionary<string, string> parts, string account)
    {
        if (parts.TryGetValue("TableEndpoint", out var endpoint)) return new Uri(endpoint);
        if (!parts.TryGetValue("EndpointSuffix", out var suffix))
            throw new ArgumentException("The connection string needs TableEndpoint or EndpointSuffix.", nameof(parts));
        return new Uri($"{parts.GetValueOrDefault("DefaultEndpointsProtocol", "https")}://{account}.table.{suffix}");
    }

    private static Dictionary<string, string> Parts(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // Only the first '=' separates: keys in base64 end with more of them.
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == part.Length - 1)
                throw new InvalidOperationException($"Part {parts.Count + 1} of the connection string is not of the form Name=value.");
            var name = part[..equals].TrimEnd();
            if (!parts.TryAdd(name, part[(equals + 1)..].TrimStart()))
                throw new InvalidOperationException($"The connection string has {name} twice.");
        }

        return parts;
    }
}
