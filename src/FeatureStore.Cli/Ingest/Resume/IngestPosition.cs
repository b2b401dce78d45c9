namespace FeatureStore.Cli.Ingest;

/// <summary>A place between two rows of the files of a run.</summary>
/// <param name="File">Which of the files, the first being 0.</param>
/// <param name="Row">How many rows of it lie before; a record that is no valid row counts too.</param>
internal readonly record struct IngestPosition(int File, long Row);
