namespace FeatureStore.Client;

/// <summary>A successful answer whose body comes bit by bit, for as long as both ends want it.</summary>
internal sealed class StoreStream(StoreReply head, HttpResponseMessage response, Stream body) : IDisposable
{
    /// <summary>What was answered before the body: its headers.</summary>
    public StoreReply Head => head;

    public Stream Body => body;

    public void Dispose() => response.Dispose();
}
