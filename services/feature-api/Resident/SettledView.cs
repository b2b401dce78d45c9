using System.Text;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>A view whose rows may be held, with what a read of one of them needs.</summary>
/// <param name="number">Counts what this process has settled: a version may come twice, should the store lose its registry.</param>
/// <param name="applied">The registry by which it is served.</param>
/// <param name="schema">What is declared of it.</param>
internal sealed class SettledView(int number, AppliedRegistry applied, ViewSchema schema)
{
    /// <summary>Which settling of this process it is of, from 1.</summary>
    public int Number => number;

    /// <summary>The registry by which it is served.</summary>
    public AppliedRegistry Applied => applied;

    public ViewSchema Schema => schema;

    public string Name => schema.View.Name;

    /// <summary>What its state keys begin with: its name and a slash, in UTF-8.</summary>
    public byte[] KeyStart { get; } = Encoding.UTF8.GetBytes(schema.View.Name + "/");

    /// <summary>Whether an entity id is one key, and any text.</summary>
    public bool HasTextKey { get; } = schema.Entity.Keys is [{ Type: ScalarType.String }];
}
