namespace Microsoft.Azure.Functions.Worker.Converters;

/// <summary>Makes the value of a function's parameter.</summary>
public interface IInputConverter
{
    /// <summary>The value, or that it is not this converter's affair.</summary>
    ValueTask<ConversionResult> ConvertAsync(ConverterContext context);
}

/// <summary>What a converter is asked for.</summary>
public abstract class ConverterContext
{
    /// <summary>The parameter's type.</summary>
    public abstract Type TargetType { get; }

    /// <summary>What the trigger knows by the parameter's name.</summary>
    public abstract object? Source { get; }

    /// <summary>The invocation.</summary>
    public abstract FunctionContext FunctionContext { get; }
}

/// <summary>What a converter made of it.</summary>
public enum ConversionStatus
{
    Unhandled = 0,
    Succeeded = 1,
    Failed = 2,
}

/// <summary>A converter's answer.</summary>
public readonly struct ConversionResult
{
    private ConversionResult(ConversionStatus status, object? value, Exception? error)
    {
        Status = status;
        Value = value;
        Error = error;
    }

    /// <summary>Whether there is a value.</summary>
    public ConversionStatus Status { get; }

    /// <summary>The value.</summary>
    public object? Value { get; }

    /// <summary>Why there is none.</summary>
    public Exception? Error { get; }

    /// <summary>The value was made.</summary>
    public static ConversionResult Success(object? value) => new(ConversionStatus.Succeeded, value, null);

    /// <summary>It cannot be made, and no other converter is asked.</summary>
    public static ConversionResult Failed(Exception exception) => new(ConversionStatus.Failed, null, exception);

    /// <summary>The next converter is asked.</summary>
    public static ConversionResult Unhandled() => new(ConversionStatus.Unhandled, null, null);
}
