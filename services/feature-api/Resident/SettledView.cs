using System.Text;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>A view whose rows may be held, with what a read of one of them needs.</summary>
internal sealed class SettledView(AppliedRegistry applied, ViewSchema schema)
{
    /// <summary>The registry by which it is served.</summary>
    public AppliedRegistry Applied => applied;

    public ViewSchema Schema => schema;

    public string Name => schema.View.Name;

    /// <summary>What its state keys begin with: its name and a slash, in UTF-8.</summary>
    public byte[] KeyStart { get; } = Encoding.UTF8.GetBytes(schema.View.Name + "/");

    /// <summary>Whether an entity id is one key, and any text.</summary>
    public bool HasTextKey { get; } = schema.Entity.Keys is [{ Type: ScalarType.String }];
}
