using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using Pipeline.HostTests.Host.Rpc;
using Yarp.ReverseProxy.Forwarder;

namespace Pipeline.HostTests.Host;

/// <summary>The host's side of HTTP: finds the function, asks for the key, and hands the request on to the worker's own server.</summary>
internal static class HttpFront
{
    /// <summary>What operator routes ask for.</summary>
    public const string FunctionKey = "function-key-of-the-host";

    private const string InvocationHeader = "x-ms-invocation-id";

    private static readonly HttpMessageInvoker worker = new(new TryAgain(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }));

    private static readonly ForwarderRequestConfig config = new() { ActivityTimeout = TimeSpan.FromSeconds(240) };

    public static void Map(WebApplication web, MiniHost host, int port) => web.MapWhen(
        http => http.Connection.LocalPort == port,
        front => front.Run(http => Handle(http, host)));

    private static async Task Handle(HttpContext http, MiniHost host)
    {
        AsItWasSent(http.Request);
        if (Find(http.Request, host) is not var (function, route))
        {
            http.Response.StatusCode = 404;
            return;
        }

        if (function["authLevel"] != "Anonymous" && KeyOf(http.Request) != FunctionKey)
        {
            http.Response.StatusCode = 401;
            return;
        }

        var id = Guid.NewGuid().ToString();
        using var activity = new Activity("host");
        if (http.Request.Headers.TryGetValue("traceparent", out var parent)) activity.SetParentId(parent.ToString());
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        activity.Start();
        var query = http.Request.Query.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString())).ToList();
        var body = await JsonBody(http.Request);
        var invoked = host.Invoke(
            function, id, request => TriggerData.AddHttp(request, function.Parameter, body, query, route), activity.Id);
        http.Request.Headers[InvocationHeader] = id;
        var forwarder = http.RequestServices.GetRequiredService<IHttpForwarder>();
        await forwarder.SendAsync(http, host.Capabilities["HttpUri"], worker, config);
        var result = await invoked;
        if (result.Status == StatusResult.Types.Status.Failure && !http.Response.HasStarted) http.Response.StatusCode = 500;
    }

    /// <summary>Azure's front ends end TLS and change the name; the host's <c>AppServiceHeaderFixupMiddleware</c> undoes that.</summary>
    private static void AsItWasSent(HttpRequest request)
    {
        if (request.Headers["DISGUISED-HOST"] is [{ } name]) request.Host = new HostString(name);
        if (request.Headers["X-Forwarded-Proto"] is [{ } scheme]) request.Scheme = scheme;
    }

    private static string? KeyOf(HttpRequest request) =>
        request.Headers["x-functions-key"] is [{ } key] ? key : request.Query["code"].ToString();

    /// <summary>The first that takes it, in the order of names: https://github.com/Azure/azure-functions-host/issues/9876.</summary>
    private static (HostedFunction, RouteValueDictionary)? Find(HttpRequest request, MiniHost host)
    {
        var functions = host.Functions.Values.Where(one => one.Kind == "httpTrigger");
        foreach (var function in functions.OrderBy(one => one.Name, StringComparer.Ordinal))
        {
            if (!function.Methods.Contains(request.Method)) continue;
            var template = TemplateParser.Parse(function["route"]!);
            var values = new RouteValueDictionary();
            if (new TemplateMatcher(template, []).TryMatch(request.Path, values) && Holds(template, values)) return (function, values);
        }

        return null;
    }

    /// <summary>The one constraint that the app's routes have.</summary>
    private static bool Holds(RouteTemplate template, RouteValueDictionary values) => template.Parameters
        .Where(parameter => parameter.InlineConstraints.Any(constraint => constraint.Constraint == "int"))
        .All(parameter => int.TryParse(values[parameter.Name!]?.ToString(), CultureInfo.InvariantCulture, out _));

    /// <summary>The host reads a body that has a length before it hands it on, for its binding data.</summary>
    private static async Task<string?> JsonBody(HttpRequest request)
    {
        if (request.ContentLength is not > 0) return null;
        request.EnableBuffering();
        using var reader = new StreamReader(request.Body, leaveOpen: true);
        var body = await reader.ReadToEndAsync();
        request.Body.Position = 0;
        return body;
    }

    /// <summary>The worker's stream is there before its web server is; the real host tries again, too.</summary>
    private sealed class TryAgain(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private const int TriesMax = 20;

        private static readonly TimeSpan After = TimeSpan.FromMilliseconds(50);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            for (var tries = 1; ; tries++)
            {
                try
                {
                    return await base.SendAsync(request, cancellationToken);
                }
                catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError && tries < TriesMax)
                {
                    await Task.Delay(After, cancellationToken);
                }
            }
        }
    }
}
