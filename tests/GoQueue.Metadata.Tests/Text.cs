using System.Collections;
using System.Reflection;
using GoQueue.Core;

namespace GoQueue.Metadata.Tests;

/// <summary>Every public property of a value and of what it holds, as text: two values are the same if their texts are.</summary>
internal static class Text
{
    public static string ToText(this object? value) => value switch
    {
        null => "null",
        string or NodeId or TopicId or Guid or bool or int or long or uint or Enum => value.ToString()!,
        IEnumerable many => $"[{string.Join(", ", many.Cast<object>().Select(ToText))}]",
        _ => $"{value.GetType().Name}({string.Join(", ", Properties(value).Select(property => $"{property.Name}={property.GetValue(value).ToText()}"))})",
    };

    private static IEnumerable<PropertyInfo> Properties(object value) =>
        value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0 && property.PropertyType != value.GetType());
}
