using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pipeline;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Manifests.Reading;
using Pipeline.Messages;
using Pipeline.Operator;
using Pipeline.References;
using Pipeline.Storage;
using Pipeline.Telemetry;
using Pipeline.Webhooks;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<ProblemMiddleware>();
builder.Services.Configure<WorkerOptions>(worker => worker.InputConverters.RegisterAt<BindCancel>(0));

var settings = new Settings(builder.Configuration);
var telemetry = TelemetrySettings.From(builder.Configuration, settings);
var imageApi = settings.Read<ImageApiOptions>("ImageApi");
var jobs = settings.Read<JobOptions>("Jobs");
var http = settings.Read<HttpOptions>("Http");
var outputs = settings.Read<OutputOptions>("Outputs");
var outgoing = settings.Read<OutgoingOptions>("Outgoing");
var manifests = settings.Read<ManifestOptions>("Manifests");
var webhooks = settings.Read<WebhookOptions>("Webhooks");
var auditing = settings.Read<AuditOptions>("Audit");
var storage = StorageClients.From(builder.Configuration, settings);
if (settings.Faults.Count > 0)
{
    foreach (var fault in settings.Faults) Console.Error.WriteLine(fault);
    return 1;
}

ExportTelemetry.To(telemetry, builder);

#pragma warning disable RS0030 // Here chance comes into the program; everywhere else it is handed in.
builder.Services.AddSingleton(Random.Shared);
#pragma warning restore RS0030

builder.Services
    .AddSingleton(TimeProvider.System)
    .AddSingleton(imageApi).AddSingleton(jobs).AddSingleton(http).AddSingleton(outputs)
    .AddSingleton(storage!.Tables).AddSingleton(storage.Blobs).AddSingleton(storage.Queues)
    .AddSingleton<SignedUrls>()
    .AddSingleton(outgoing).AddSingleton<GuardedHttp>()
    .AddSingleton<ResolveHost>((host, _) => Task.FromResult(Dns.GetHostAddresses(host)))
    .AddSingleton<LargeBodies>()
    .AddSingleton(new PublicUrls(http, builder.Configuration["WEBSITE_HOSTNAME"]))
    .AddSingleton<HealthChecks>()
    .AddHostedService<CreateStorage>();

// Behind the Functions host, the worker's own server would refuse above 30 MB what the host has let through. Above all that the app takes,
// so that it is the app who refuses: the server breaks the connection off, of which the host makes a 502.
builder.Services.Configure<KestrelServerOptions>(server =>
    server.Limits.MaxRequestBodySize = 2L * Math.Max(ReceiveJob.BodyBytesMax, ReadManifestFile.BytesMax));

builder.Services
    .AddSingleton<RequestRate>()
    .AddSingleton<Callers>()
    .AddSingleton<MessageQueues>()
    .AddSingleton<DeliveryMessages>()
    .AddSingleton<Ledger>();

builder.Services
    .AddSingleton(Catalogue.Load())
    .AddSingleton<ImageRequestBody>()
    .AddSingleton<ImageApiTurns>()
    .AddSingleton(provider => ActivatorUtilities.CreateInstance<ImageApi>(provider, HttpClients.ForImageApi(imageApi)))
    .AddSingleton(provider => ActivatorUtilities.CreateInstance<ImageStore>(provider, HttpClients.ForImages()));

builder.Services
    .AddSingleton<ReferenceStore>()
    .AddSingleton<FetchReference>();

builder.Services
    .AddSingleton<JobRow>()
    .AddSingleton<JobTable>()
    .AddSingleton<JobQueues>()
    .AddSingleton<Presets>()
    .AddSingleton<JobViews>()
    .AddSingleton<JobAnswers>()
    .AddSingleton<ResolveImages>()
    .AddSingleton<GatherImages>()
    .AddSingleton<CheckJob>()
    .AddSingleton<ReceiveJob>()
    .AddSingleton<AcceptJob>()
    .AddSingleton<MakeJobOnce>()
    .AddSingleton<WaitForJob>()
    .AddSingleton<JobTag>()
    .AddSingleton<FinishJob>()
    .AddSingleton<EndIdleJob>()
    .AddSingleton<StopJob>()
    .AddSingleton<ResendJob>()
    .AddSingleton<EraseImages>();

builder.Services
    .AddSingleton(manifests)
    .AddSingleton<ManifestTable>()
    .AddSingleton<ManifestBlobs>()
    .AddSingleton<ManifestViews>()
    .AddSingleton<ManifestAnswers>()
    .AddSingleton<ManifestTurns>()
    .AddSingleton<RegisterManifest>()
    .AddSingleton<ReceiveBody>()
    .AddSingleton<ListFiles>()
    .AddSingleton<RegisterMissedFiles>()
    .AddSingleton<LinesThatRan>()
    .AddSingleton<PlanManifest>()
    .AddSingleton<EndManifest>()
    .AddSingleton<AcceptManifest>()
    .AddSingleton<CreateJobs>()
    .AddSingleton<ResultFiles>()
    .AddSingleton<CollectJobs>()
    .AddSingleton<SendJobs>()
    .AddSingleton<StopManifest>()
    .AddSingleton<WriteManifestPage>()
    .AddSingleton<ResumeManifest>();

builder.Services
    .AddSingleton(webhooks)
    .AddSingleton<WebhookTable>()
    .AddSingleton<DeliveryTable>()
    .AddSingleton<CallEndpoint>()
    .AddSingleton<WatchEndpoint>()
    .AddSingleton<DeliveryPlaces>()
    .AddSingleton<ResendDelivery>();

builder.Services
    .AddSingleton(new PoisonQueues(storage.PlainQueues))
    .AddSingleton(auditing).AddSingleton<AuditAccount>()
    .AddSingleton<SettlePoison>()
    .AddSingleton<MoveOnce>();

await builder.Build().RunAsync();
return 0;
