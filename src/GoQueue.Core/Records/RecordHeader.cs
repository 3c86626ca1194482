using System.Text;

namespace GoQueue.Core.Records;

/// <summary>A header to be written into a record. Keys may repeat; readers that want one value take the last.</summary>
/// <param name="Key">Encoded as UTF-8; never null.</param>
/// <param name="Value">Any bytes; ignored when <paramref name="ValueIsNull"/>.</param>
/// <param name="ValueIsNull">True for a header without a value, which differs from an empty one.</param>
public readonly record struct RecordHeader(string Key, ReadOnlyMemory<byte> Value, bool ValueIsNull = false)
{
    /// <summary>A header whose value is the UTF-8 form of a text.</summary>
    public static RecordHeader OfText(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));
}
