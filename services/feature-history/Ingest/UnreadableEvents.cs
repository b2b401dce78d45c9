using FeatureStore.History;

namespace FeatureStore.FeatureHistory.Ingest;

/// <summary>Keeps events that cannot be read, such as those of a newer version, for whoever can.</summary>
internal sealed class UnreadableEvents(HistoryCatalog catalog)
{
    /// <summary>Writes one to folder <c>unreadable</c> of history.</summary>
    /// <returns>Where it is, on disk.</returns>
    public async Task<string> KeepAsync(ReadOnlyMemory<byte> payload)
    {
        // By what it says, so that the same one delivered again is kept once.
        var path = Path.Combine(catalog.Folder.Root, "unreadable", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(payload.Span)));
        var temporary = catalog.Folder.Temporary(".event");
        await File.WriteAllBytesAsync(temporary, payload);
        if (File.Exists(path))
        {
            File.Delete(temporary);
        }
        else
        {
            catalog.Folder.Commit([(temporary, path)]);
        }

        return path;
    }
}
