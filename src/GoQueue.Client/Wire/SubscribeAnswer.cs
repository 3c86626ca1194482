namespace GoQueue.Client.Wire;

/// <summary>
/// The fields of <c>goqueue.v1.SubscribeResponse</c>, with the record batches as a place in the received buffer: batches 1, next_offset 3,
/// high_watermark 4, log_start_offset 5.
/// </summary>
internal readonly record struct SubscribeAnswer(int BatchesStart, int BatchesLength, long NextOffset, long HighWatermark, long LogStartOffset)
{
    public static SubscribeAnswer Parse(ReadOnlySpan<byte> message)
    {
        SubscribeAnswer answer = default;
        ProtoReader reader = new(message);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 1:
                    int length = reader.Bytes().Length;
                    answer = answer with { BatchesStart = reader.BytesStart, BatchesLength = length };
                    break;
                case 3:
                    answer = answer with { NextOffset = (long)reader.Number() };
                    break;
                case 4:
                    answer = answer with { HighWatermark = (long)reader.Number() };
                    break;
                case 5:
                    answer = answer with { LogStartOffset = (long)reader.Number() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return answer;
    }
}
