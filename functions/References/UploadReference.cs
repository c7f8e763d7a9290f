using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.References;

/// <summary>Takes an image that jobs can name. The body is the image itself; what it is, its own bytes say.</summary>
public sealed class UploadReference(Callers callers, ReferenceStore references)
{
    /// <summary>As large as the largest picture the image API makes, so that any of them can come back as a reference.</summary>
    public const long BytesMax = 20 << 20;

    [Function("UploadReference")]
    [Summary("Stores an image that jobs can name.")]
    [Body(typeof(Stream), "image/png", "image/jpeg", "image/webp")]
    [Answer(201, "The reference.", typeof(ReferenceView))]
    [Answer(200, "The reference: this image was stored before.", typeof(ReferenceView))]
    [Refuses(ProblemCode.InvalidRequest, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/references")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        // What is announced as an image may be called anything; a form never is one.
        if (request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true) return Problems.NotAForm();
        if (request.ContentLength > BytesMax) return Problems.TooLarge(BytesMax);

        var received = await SpooledImage.From(request.Body.ReadAsync, BytesMax, cancel);
        if (received is not SpoolOutcome.Whole { Image: var image }) return Refusal(received);
        await using (image)
        {
            // A crash after this leaves the image without an answer: whoever sends it again is told the same id.
            var (reference, isNew) = await references.Store(account, image, cancel);
            return Results.Json(
                ReferenceView.Of(reference), Json.Options,
                statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
    }

    private static Problem Refusal(SpoolOutcome received) => received switch
    {
        SpoolOutcome.TooLarge => Problems.TooLarge(BytesMax),
        SpoolOutcome.NotAnImage none => Problems.NotAnImage(none.Bytes),
        SpoolOutcome.Truncated part => Problems.InvalidRequest(
            [new FieldError("", "not_allowed", $"The body is only the beginning of its {part.ContentType}: {part.Bytes:N0} bytes came.")]),
        _ => Problems.InvalidRequest(
            [new FieldError("", "not_allowed", "The body did not arrive whole: its length or its chunks are not as announced.")]),
    };
}

/// <summary>The reference of the contract, field by field.</summary>
public sealed record ReferenceView(string Id, string ContentType, long Bytes, int Width, int Height, string Sha256)
{
    public static ReferenceView Of(StoredReference reference) => new(
        reference.Id.Value, reference.Facts.ContentType, reference.Facts.Bytes, reference.Facts.Width, reference.Facts.Height,
        reference.Facts.Sha256);
}
