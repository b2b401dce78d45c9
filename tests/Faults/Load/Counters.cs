namespace FeatureStore.Faults.Load;

/// <summary>How much was done.</summary>
internal sealed class Counters
{
    private long _sent;
    private long _stored;
    private long _published;
    private long _unclear;
    private long _reads;
    private long _failedReads;
    private long _singleRequests;
    private long _bulkRequests;
    private long _publishRequests;

    /// <summary>Rows sent, each time they were.</summary>
    public long RowsSent => _sent;

    public long RowsStored => _stored;

    public long RowsPublished => _published;

    public long RowsUnclear => _unclear;

    public long Reads => _reads;

    public long FailedReads => _failedReads;

    public long SingleRequests => _singleRequests;

    public long BulkRequests => _bulkRequests;

    public long PublishRequests => _publishRequests;

    public void Sent() => Interlocked.Increment(ref _sent);

    public void Stored() => Interlocked.Increment(ref _stored);

    public void Published() => Interlocked.Increment(ref _published);

    public void Unclear() => Interlocked.Increment(ref _unclear);

    public void Read(bool answered) => Interlocked.Increment(ref answered ? ref _reads : ref _failedReads);

    public void SingleRequest() => Interlocked.Increment(ref _singleRequests);

    public void BulkRequest() => Interlocked.Increment(ref _bulkRequests);

    public void PublishRequest() => Interlocked.Increment(ref _publishRequests);
}
