using System.Collections;
using Microsoft.Azure.Functions.Worker.Converters;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>The converters that fill a function's parameters, in the order in which they are asked.</summary>
public sealed class InputConverterCollection : IEnumerable<Type>
{
    private readonly List<Type> types = [];

    /// <summary>Adds one that is asked last.</summary>
    public void Register<T>()
        where T : IInputConverter => types.Add(typeof(T));

    /// <summary>Adds one at a place; 0 is asked first.</summary>
    public void RegisterAt<T>(int index)
        where T : IInputConverter => types.Insert(index, typeof(T));

    /// <summary>Removes all.</summary>
    public void Clear() => types.Clear();

    /// <inheritdoc/>
    public IEnumerator<Type> GetEnumerator() => types.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
