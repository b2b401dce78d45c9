namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>The paths of daprd's API that DevSidecar has nothing behind: refused by name, rather than taken for an app's.</summary>
internal static class RefusedApi
{
    private static readonly HashSet<string> BuildingBlocks =
        ["actors", "bindings", "configuration", "conversation", "crypto", "jobs", "lock", "reminders", "secrets", "unlock", "workflows"];

    /// <summary>What the path is for, if it is for such a thing.</summary>
    public static string? NameOf(string[] segments) => segments switch
    {
        ["v1.0", "state", _, "transaction"] => "a state transaction",
        [['v', '1', '.', '0', ..], "state", _, "query"] => "a state query",
        [['v', '1', '.', '0', ..], var block, _, ..] when BuildingBlocks.Contains(block) => block,
        _ => null,
    };
}
