using System.Collections.Frozen;
using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>The views whose rows may be held: those that are pushed, once every writer has had the time to learn of it.</summary>
/// <remarks>A writer that does not know yet that a view is pushed tells nobody of what it saves there.</remarks>
internal sealed class SettledViews(ResidentOptions options, ChangeCurrency currency, RegistryWatch registry, TimeProvider time)
{
    private readonly Dictionary<string, long> _since = new(StringComparer.Ordinal);
    private int _number;
    private Settled _settled = new(null, FrozenDictionary<string, SettledView>.Empty);

    /// <summary>Whether any view is pushed, settled or not.</summary>
    public bool IsAnyPushed => registry.Current?.Registry.HasPushViews == true;

    /// <summary>Whether the rows of a view may be held.</summary>
    /// <param name="stateKey">The state key of one of its rows.</param>
    public bool Contains(string stateKey) => Find(StateKey.ViewOf(stateKey)) is not null;

    /// <summary>A view whose rows may be held; null for others.</summary>
    /// <param name="name">Its name.</param>
    public SettledView? Find(ReadOnlySpan<char> name)
    {
        // By a registry that was not looked at yet none may be.
        var settled = Volatile.Read(ref _settled);
        return settled.Views.Count > 0 && ReferenceEquals(settled.Applied, registry.Current)
            && settled.Views.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var view) ? view : null;
    }

    /// <summary>Looks at what is pushed now. To be called about as often as a registry may be applied.</summary>
    public void Look()
    {
        if (registry.Current is not { } applied)
        {
            return;
        }

        // In a registry that was missed none may have been pushed.
        var pushed = applied.Registry.PushViews;
        var isMissed = _settled.Applied is { } before && !ReferenceEquals(applied, before) && applied.Version != before.Version + 1;
        foreach (var gone in _since.Keys.Where(view => isMissed || !pushed.Contains(view)).ToList())
        {
            _since.Remove(gone);
        }

        foreach (var view in pushed)
        {
            _since.TryAdd(view, time.GetTimestamp());
        }

        var settled = _since.Where(view => time.GetElapsedTime(view.Value) >= options.Settling).Select(view => view.Key).ToList();
        if (settled.Exists(view => !_settled.Views.ContainsKey(view)) || (settled.Count > 0 && !ReferenceEquals(_settled.Applied, applied)))
        {
            // Nobody has told the changes of a view while it was not pushed: what may still be held of it is of before. And since the
            // registry changed rows were read from the store, behind which memory must not go back.
            currency.BeginGeneration();
        }

        if (!ReferenceEquals(_settled.Applied, applied) || settled.Count != _settled.Views.Count)
        {
            var number = ++_number;
            Volatile.Write(ref _settled, new Settled(applied, settled.ToFrozenDictionary(
                view => view, view => new SettledView(number, applied, applied.Registry.Schema(view)!), StringComparer.Ordinal)));
        }
    }

    /// <summary>What was settled when it was last looked.</summary>
    private sealed record Settled(AppliedRegistry? Applied, FrozenDictionary<string, SettledView> Views);
}
