using System.Diagnostics.CodeAnalysis;

namespace GoQueue.Core;

/// <summary>The value of a request that succeeded, or why it was refused. Expected outcomes travel this way, not as exceptions.</summary>
public readonly struct Result<T>
{
    private readonly T? value;

    private Result(T? value, Error error)
    {
        this.value = value;
        Error = error;
    }

    /// <summary>Why the request was refused; its code is <see cref="ErrorCode.None"/> on success.</summary>
    public Error Error { get; }

    public bool IsOk => Error.Code == ErrorCode.None;

    /// <summary>The value; asking for it after a refusal is a bug of the caller.</summary>
    public T Value
    {
        get
        {
            Invariant.Check(IsOk, "a refused request has no value");
            return value!;
        }
    }

    public bool TryGet([MaybeNullWhen(false)] out T result, out Error error)
    {
        result = value;
        error = Error;
        return IsOk;
    }

    public static implicit operator Result<T>(T value) => new(value, default);

    public static implicit operator Result<T>(Error error)
    {
        Invariant.Check(error.Code != ErrorCode.None, "a refusal needs an error code");
        return new(default, error);
    }
}
