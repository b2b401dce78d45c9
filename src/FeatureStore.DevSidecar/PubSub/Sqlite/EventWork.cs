namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>What the file must know of a piece of work besides what it does.</summary>
/// <param name="MustLast">Whether it is on disk when it is done; otherwise a crash of the machine may undo it.</param>
/// <param name="Bytes">Roughly how much it writes.</param>
internal readonly record struct EventWork(bool MustLast, int Bytes)
{
    /// <summary>Claims and acknowledgements: undone, they lead to another delivery, and nothing is lost.</summary>
    public static EventWork ThatMayBeLost => default;

    public static EventWork ThatMustLast(int bytes) => new(true, bytes);
}
