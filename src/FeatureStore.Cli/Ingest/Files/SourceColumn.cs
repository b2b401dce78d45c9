using Apache.Arrow.Types;

namespace FeatureStore.Cli.Ingest;

/// <summary>A column of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, where the file tells it.</param>
internal sealed record SourceColumn(string Name, IArrowType? Type);
