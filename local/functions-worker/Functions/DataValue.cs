using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace Local.FunctionsWorker;

/// <summary>Turns what a trigger knows, mostly text, into the type of a parameter.</summary>
internal static class DataValue
{
    /// <exception cref="FormatException">The value does not fit; the invocation fails, as on the real host.</exception>
    public static object? Convert(object? value, ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (value is null) return Absent(parameter);
        if (type.IsInstanceOfType(value)) return value;
        try
        {
            var text = System.Convert.ToString(value, CultureInfo.InvariantCulture);
            return type == typeof(string) ? text : TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text!);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or FormatException)
        {
            throw new FormatException($"The value of '{parameter.Name}' is no {type.Name}.", e);
        }
    }

    private static object? Absent(ParameterInfo parameter)
    {
        if (parameter.HasDefaultValue) return parameter.DefaultValue;
        if (!parameter.ParameterType.IsValueType || Nullable.GetUnderlyingType(parameter.ParameterType) is not null) return null;
        throw new FormatException($"'{parameter.Name}' has no value.");
    }
}
