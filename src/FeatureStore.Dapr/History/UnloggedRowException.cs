namespace FeatureStore.Dapr;

/// <summary>A row could not be told to history, so nothing of it was saved. Writing it again is harmless.</summary>
public sealed class UnloggedRowException(string key, Exception inner)
    : StateStoreException($"The row '{key}' was not saved, because history could not be told of it: {inner.Message}", inner);
