using GoQueue.Client;
using GoQueue.Core;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>
/// One client as the history knows it: a number that has at most one operation open, and is given up for a new one when nobody knows what became of it. Not safe
/// from several threads: a process does one thing at a time.
/// </summary>
internal sealed class ClientProcess(IHistoryRecorder recorder)
{
    private int number = recorder.NewProcess();

    /// <summary>Messages of this number so far: the second part of their names.</summary>
    private long messages;

    /// <summary>A name for one more message.</summary>
    public MessageId NextMessage() => new(number, messages++);

    public void Invoke(Operation operation, OperationValue value) => recorder.Invoke(number, operation, value);

    public void Ok(Operation operation, OperationValue value, string? node = null) => recorder.Ok(number, operation, value, node);

    /// <summary>It did not work: certainly not, or nobody knows, as the table says.</summary>
    public void Refused(Road road, Operation operation, OperationValue value, ErrorCode code) => Settle(Outcomes.Of(road, code), operation, value, ErrorCodes.Name(code));

    /// <summary>The same for an answer over REST.</summary>
    public void Refused(Road road, Operation operation, OperationValue value, RestAnswer answer) =>
        Settle(Outcomes.Of(road, answer), operation, value, answer.IsUnsent ? "NOT_CONNECTED" : answer.Code);

    /// <summary>Nobody knows.</summary>
    public void Unknown(Operation operation, OperationValue value, string error) => Settle(EventType.Info, operation, value, error);

    /// <summary>What any failure of the client library says.</summary>
    public void Failed(Road road, Operation operation, OperationValue value, Exception failure)
    {
        if (failure is GoQueueException refusal)
        {
            Refused(road, operation, value, refusal.Code);
        }
        else
        {
            Settle(road == Road.Read ? EventType.Fail : EventType.Info, operation, value, failure.GetType().Name);
        }
    }

    private void Settle(EventType type, Operation operation, OperationValue value, string error)
    {
        if (type == EventType.Fail)
        {
            recorder.Fail(number, operation, value, error);
            return;
        }

        recorder.Info(number, operation, value, error);
        number = recorder.NewProcess();
        messages = 0;
    }
}
