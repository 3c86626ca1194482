using GoQueue.Core;

namespace GoQueue.Client.Producing;

/// <summary>What an answer means for the batch it belongs to.</summary>
internal enum AnswerVerdict
{
    /// <summary>Stored: settle it as delivered.</summary>
    Delivered,

    /// <summary>Refused for good: settle it as failed.</summary>
    Failed,

    /// <summary>It stays in the window and is sent again.</summary>
    Kept,

    /// <summary>It was settled before.</summary>
    Ignored,
}

/// <summary>
/// The batches of one partition that are sent and not settled, in sequence order, and the identity they carry: the client's half of
/// semantics I1 to I4. Pure: no clock, no I/O; the publish loop owns it.
/// </summary>
/// <remarks>
/// <para>A batch that has to go again stops new ones until nothing is outstanding; then everything unsettled goes again in sequence order under
/// the same identity, so a batch that was stored after all is recognised by the broker.</para>
/// <para>A batch that leaves the window without being stored leaves a gap, which the broker answers with out-of-order for those behind it. Such a
/// batch is certainly not stored, and it may get a new identity: the epoch is raised on this partition only and sequences start again at 0.
/// Raising the epoch also fences late copies of old batches (I2). A batch whose outcome is unknown keeps its identity until a definite answer.</para>
/// <para>Out-of-order for the first batch in flight, with no gap of our own making before it, means that the broker lost acknowledged messages;
/// that batch fails and says so.</para>
/// <para>A broker that knows nothing of a producer accepts any sequence (I3), so until the first acknowledgement under an identity only one
/// batch is in flight: otherwise the second could be taken after the first was refused.</para>
/// </remarks>
internal sealed class InFlightWindow(bool isIdempotent, int limit)
{
    private readonly List<ProducerBatch> batches = new(limit);
    private ProducerIdentity identity = ProducerIdentity.None;
    private long rejectedId = -1;
    private int nextSequence;
    private bool isConfirmed;
    private bool needsNextEpoch;
    private bool hasUnknownGap;

    /// <summary>Unsettled batches, oldest first.</summary>
    public IReadOnlyList<ProducerBatch> Batches => batches;

    /// <summary>Batches handed to the present connection and not answered, abandoned ones included.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Some batches have to go again, and new ones wait for them.</summary>
    public bool IsRecovering { get; private set; }

    /// <summary>Answers in a row that asked for another try.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether an identity must be given before anything can be sent.</summary>
    public bool NeedsIdentity => isIdempotent && identity.IsNone;

    /// <summary>
    /// Whether a new batch may go out. Not behind one that is overtaken: the broker remembers the last five batches, so with more behind it that
    /// one would no longer be recognised.
    /// </summary>
    public bool CanSendNew =>
        !IsRecovering && !NeedsIdentity && batches.Count < CurrentLimit && (batches.Count == 0
            ? !needsNextEpoch || identity.HasNextEpoch
            : !needsNextEpoch && !batches[0].IsOvertaken);

    private int CurrentLimit => isIdempotent && !isConfirmed ? 1 : limit;

    /// <summary>Whether the partition's broker has refused this identity, or its epochs are used up.</summary>
    public bool HasRejected(ProducerIdentity offered) => !offered.IsNone && offered.Id == rejectedId;

    /// <summary>Takes an identity. False when there is none, or it is the one the broker rejected.</summary>
    public bool TryIdentify(ProducerIdentity offered)
    {
        if (offered.IsNone || HasRejected(offered))
        {
            return false;
        }

        identity = offered;
        StartSequence();
        return true;
    }

    /// <summary>After a long silence the broker may have forgotten the producer (I3).</summary>
    public void ForgetConfirmation() => isConfirmed = false;

    /// <summary>A new batch goes out.</summary>
    public void Send(ProducerBatch batch)
    {
        Invariant.Check(CanSendNew, "a batch enters a window that has room");
        if (needsNextEpoch)
        {
            RaiseEpoch();
        }

        StampNext(batch);
        batches.Add(batch);
        MarkSent(batch);
    }

    /// <summary>The answer to an outstanding batch of this window.</summary>
    public AnswerVerdict Answer(ProducerBatch batch, ErrorCode code)
    {
        Outstanding--;
        batch.IsOutstanding = false;
        if (batch.IsAbandoned)
        {
            return AnswerVerdict.Ignored;
        }

        if (code == ErrorCode.None || (code == ErrorCode.DuplicateSequence && !batch.IsOvertaken))
        {
            return Accept(batch);
        }

        bool concernsIdentity = isIdempotent && code is ErrorCode.OutOfOrderSequence or ErrorCode.InvalidProducerEpoch or ErrorCode.UnknownProducer;
        if (concernsIdentity)
        {
            return RefuseIdentity(batch, code);
        }

        if (!ErrorCodes.IsRetriable(code) && code is not (ErrorCode.UnknownTopic or ErrorCode.UnknownPartition))
        {
            return Refuse(batch);
        }

        batch.MayBeStored |= code is ErrorCode.Timeout or ErrorCode.OutcomeUnknown;
        return KeepForRetry();
    }

    /// <summary>The connection is gone: every outstanding batch may or may not be stored.</summary>
    public void Disconnected()
    {
        Outstanding = 0;
        foreach (ProducerBatch batch in batches)
        {
            if (batch.IsOutstanding)
            {
                batch.IsOutstanding = false;
                batch.MayBeStored = true;
                IsRecovering = true;
            }
        }
    }

    /// <summary>Takes out a batch that is given up, whatever its state; the caller settles it.</summary>
    public void Abandon(ProducerBatch batch)
    {
        bool isUnknown = batch.IsOutstanding || batch.MayBeStored;
        batch.IsAbandoned = batch.IsOutstanding;
        int index = batches.IndexOf(batch);
        batches.RemoveAt(index);
        needsNextEpoch |= isIdempotent;
        hasUnknownGap |= isUnknown && !batch.IsRestampable;
        if (!isUnknown)
        {
            MakeRestampable(index);
        }
    }

    /// <summary>
    /// The batches that go again now, in order; call it when nothing is outstanding. Those behind a gap wait until the ones before it are known,
    /// then all of them are stamped anew.
    /// </summary>
    public void Recover(List<ProducerBatch> resend)
    {
        Invariant.Check(Outstanding == 0, "nothing is sent again while answers are awaited", 0, Outstanding);
        if (isIdempotent && batches.Count > 0 && batches[0].IsRestampable)
        {
            if (!identity.HasNextEpoch)
            {
                RejectIdentity();
            }

            if (NeedsIdentity)
            {
                return;
            }

            if (needsNextEpoch)
            {
                RaiseEpoch();
            }

            batches.ForEach(StampNext);
        }

        foreach (ProducerBatch batch in batches)
        {
            if (batch.IsRestampable || Outstanding >= CurrentLimit)
            {
                break;
            }

            MarkSent(batch);
            resend.Add(batch);
        }

        IsRecovering = batches.Exists(batch => !batch.IsOutstanding);
        if (batches.Count == 0 && needsNextEpoch && !identity.HasNextEpoch)
        {
            RejectIdentity();
        }
    }

    private AnswerVerdict Accept(ProducerBatch batch)
    {
        int index = batches.IndexOf(batch);
        for (int i = 0; isIdempotent && i < index; i++)
        {
            // A later batch was taken. Either this one is stored although its answer did not say so: sent again it is recognised with its offset,
            // being among the last five. Or it was refused and the broker had forgotten us (I3): sent again it would be taken for an old repeat and
            // be lost, so it gets a new identity; order is lost here, the message is not.
            ProducerBatch earlier = batches[i];
            earlier.IsOvertaken = true;
            if (!earlier.MayBeStored && !earlier.IsOutstanding)
            {
                earlier.IsRestampable = true;
                needsNextEpoch = true;
            }
        }

        batches.RemoveAt(index);
        isConfirmed = true;
        Failures = 0;
        hasUnknownGap &= index > 0;
        return AnswerVerdict.Delivered;
    }

    private AnswerVerdict RefuseIdentity(ProducerBatch batch, ErrorCode code)
    {
        bool isOurGap = hasUnknownGap || batch.IsRestampable || batches[0] != batch;
        if (code == ErrorCode.OutOfOrderSequence && isOurGap)
        {
            batch.IsRestampable |= needsNextEpoch; // else one before it goes again too, and fills the gap
            return KeepForRetry();
        }

        if (code != ErrorCode.OutOfOrderSequence && identity.Id != rejectedId)
        {
            RejectIdentity();
        }

        return Refuse(batch);
    }

    private AnswerVerdict Refuse(ProducerBatch batch)
    {
        int index = batches.IndexOf(batch);
        batches.RemoveAt(index);
        if (isIdempotent)
        {
            needsNextEpoch = true;
            MakeRestampable(index);
        }

        return AnswerVerdict.Failed;
    }

    private AnswerVerdict KeepForRetry()
    {
        Failures++;
        IsRecovering = true;
        return AnswerVerdict.Kept;
    }

    private void MakeRestampable(int from)
    {
        for (int i = from; isIdempotent && i < batches.Count; i++)
        {
            batches[i].IsRestampable = true;
            IsRecovering |= !batches[i].IsOutstanding;
        }
    }

    private void RejectIdentity()
    {
        rejectedId = identity.Id;
        identity = ProducerIdentity.None;
    }

    private void RaiseEpoch()
    {
        identity = identity.NextEpoch;
        StartSequence();
    }

    private void StartSequence()
    {
        nextSequence = 0;
        isConfirmed = false;
        needsNextEpoch = false;
        hasUnknownGap = false;
    }

    private void StampNext(ProducerBatch batch)
    {
        batch.Stamp(identity, isIdempotent ? nextSequence : -1);
        nextSequence = (nextSequence + batch.Count) & int.MaxValue; // after 2^31-1 comes 0 (I1)
    }

    private void MarkSent(ProducerBatch batch)
    {
        batch.IsOutstanding = true;
        batch.Attempts++;
        Outstanding++;
    }
}
