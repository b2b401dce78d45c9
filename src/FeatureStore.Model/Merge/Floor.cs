namespace FeatureStore.Model;

/// <summary>The stamp of a row's last delete or replace: what is older than it is gone and stays gone.</summary>
/// <param name="Stamp">The stamp of the delete or replace.</param>
/// <param name="IsDelete">A delete removes stamps up to its own, a replace only those before it.</param>
/// <param name="KeptUntil">Until when the floor is remembered. It is no part of what floors are compared by.</param>
public readonly record struct Floor(Stamp Stamp, bool IsDelete, Timestamp KeptUntil)
{
    /// <summary>Whether a value of this stamp lies below the floor.</summary>
    public bool Buries(Stamp stamp)
    {
        var order = stamp.CompareTo(Stamp);
        return order < 0 || (order == 0 && IsDelete);
    }

    /// <summary>The greater of two floors, remembered for as long as either.</summary>
    public static Floor? Join(Floor? a, Floor? b)
    {
        if (a is not { } x || b is not { } y)
        {
            return a ?? b;
        }

        var order = x.Stamp.CompareTo(y.Stamp);
        var greater = order > 0 || (order == 0 && x.IsDelete) ? x : y;
        return greater with { KeptUntil = Timestamp.Max(x.KeptUntil, y.KeptUntil) };
    }
}
