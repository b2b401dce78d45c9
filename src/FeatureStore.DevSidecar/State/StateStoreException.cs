namespace FeatureStore.DevSidecar.State;

/// <summary>Why a store did not do what it was asked; the messages are daprd's.</summary>
internal sealed class StateStoreException : Exception
{
    private const int MaxTold = 10;

    private StateStoreException(StateFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    public StateFault Fault { get; }

    public static StateStoreException Mismatch(string? reason = null, Exception? inner = null) => new(
        StateFault.ETagMismatch, "possible etag mismatch. error from state store" + (reason is null ? "" : ": " + reason), inner);

    public static StateStoreException InvalidETag(string reason) => new(StateFault.ETagInvalid, "invalid etag value: " + reason);

    public static StateStoreException Failed(string message, Exception? inner = null) => new(StateFault.Failed, message, inner);

    /// <summary>One error for many items, as daprd reports it: it does not say which of them failed.</summary>
    public static StateStoreException Combine(IReadOnlyList<StateStoreException> errors)
    {
        // A hundred items that all met one outage say the same a hundred times, more than fits into a gRPC header.
        var text = string.Join("\n", errors.Take(MaxTold).Select(e => e.Message));
        return errors.FirstOrDefault(e => e.Fault is not StateFault.Failed)?.Fault switch
        {
            StateFault.ETagMismatch => Mismatch(text),
            StateFault.ETagInvalid => InvalidETag(text),
            _ => Failed(text),
        };
    }
}
