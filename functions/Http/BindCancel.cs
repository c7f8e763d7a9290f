using Microsoft.Azure.Functions.Worker.Converters;

namespace Pipeline.Http;

/// <summary>Gives each function the cancellation of its own invocation, and nothing else.</summary>
/// <remarks>
/// The worker fills parameters by their names from what the host tells of a request: its query, and the fields of a JSON body. Whoever
/// sends <c>?cancel=1</c> would have it converted to a cancellation, which fails before the function can refuse it.
/// </remarks>
public sealed class BindCancel : IInputConverter
{
    public ValueTask<ConversionResult> ConvertAsync(ConverterContext context) => new(
        context.TargetType == typeof(CancellationToken)
            ? ConversionResult.Success(context.FunctionContext.CancellationToken)
            : ConversionResult.Unhandled());
}
