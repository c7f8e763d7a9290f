using System.Text.Json.Nodes;

namespace Pipeline.Http;

/// <summary>A rule of a request's field that System.ComponentModel.DataAnnotations has no attribute for.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public abstract class FieldRuleAttribute : Attribute
{
    /// <summary>Writes the rule into the field's JSON schema.</summary>
    public abstract void Describe(JsonObject schema);
}

/// <summary>What <see cref="JsonFields.Text"/> reads: characters, not only white space.</summary>
public sealed class TextAttribute(int lengthMax) : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        schema["minLength"] = 1;
        schema["maxLength"] = lengthMax;
        schema["pattern"] = @"\S";
    }
}

/// <summary>What <see cref="JsonFields.Whole"/> reads.</summary>
public sealed class WholeAttribute(long min, long max) : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        schema["minimum"] = min;
        schema["maximum"] = max;
    }
}

/// <summary>What <see cref="JsonFields.Several"/> reads.</summary>
public sealed class SeveralAttribute<T> : FieldRuleAttribute
    where T : struct, Enum
{
    public override void Describe(JsonObject schema) => schema["maxItems"] = Enum.GetValues<T>().Length;
}

/// <summary>An absolute URL of the web.</summary>
public sealed class WebAddressAttribute(int lengthMax) : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        schema["maxLength"] = lengthMax;
        schema["pattern"] = "^https?://";
        schema["examples"] = new JsonArray("https://example.com/hook");
    }
}

/// <summary>What <see cref="JsonFields.Pairs"/> reads.</summary>
public sealed class PairsAttribute(int countMax, int keyMax, int valueMax) : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        schema["maxProperties"] = countMax;
        schema["propertyNames"] = new JsonObject { ["minLength"] = 1, ["maxLength"] = keyMax };
        schema["additionalProperties"] = new JsonObject { ["type"] = "string", ["maxLength"] = valueMax };
    }
}
