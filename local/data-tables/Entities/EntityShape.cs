using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Serialization;

namespace Azure.Data.Tables;

/// <summary>The stored members of a type that implements <see cref="ITableEntity"/>: public properties and fields.</summary>
internal sealed class EntityShape
{
    private static readonly ConcurrentDictionary<Type, EntityShape> Known = new();

    private EntityShape(Type type)
    {
        var members = type.GetMembers(BindingFlags.Public | BindingFlags.Instance)
            .Where(member => !member.IsDefined(typeof(IgnoreDataMemberAttribute)))
            .Select(Member.Of)
            .OfType<Member>()
            .ToList();

        // A type may implement the interface explicitly; its keys are needed all the same.
        var names = members.Select(member => member.Name).ToHashSet();
        var keys = typeof(ITableEntity).GetProperties().Select(Member.Of).OfType<Member>();
        members.AddRange(keys.Where(key => !names.Contains(key.Name)));
        Members = members;
    }

    public IReadOnlyList<Member> Members { get; }

    public static EntityShape Of(Type type) => Known.GetOrAdd(type, static type => new EntityShape(type));

    internal sealed record Member(
        string Name, Type Type, bool CanRead, bool CanWrite, Func<object, object?> Get, Action<object, object?> Set)
    {
        public static Member? Of(MemberInfo info)
        {
            var name = info.GetCustomAttribute<DataMemberAttribute>()?.Name ?? info.Name;
            return info switch
            {
                PropertyInfo property when property.GetIndexParameters().Length == 0 =>
                    new Member(name, property.PropertyType, property.CanRead, property.CanWrite, property.GetValue, property.SetValue),
                FieldInfo field => new Member(name, field.FieldType, CanRead: true, !field.IsInitOnly, field.GetValue, field.SetValue),
                _ => null,
            };
        }
    }
}
