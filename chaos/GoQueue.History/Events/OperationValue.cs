namespace GoQueue.History.Events;

/// <summary>What an operation is about. One sealed record for each shape; which operation has which: <see cref="Operations"/>.</summary>
public abstract record OperationValue;
