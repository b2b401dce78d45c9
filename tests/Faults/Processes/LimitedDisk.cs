using System.Diagnostics;

namespace FeatureStore.Faults.Processes;

/// <summary>A small file system of its own, that can be filled up. It takes the right to mount.</summary>
internal sealed class LimitedDisk : IDisposable
{
    private const int MegaBytes = 96;

    private readonly DirectoryInfo _folder;
    private readonly bool _isRoot;

    private LimitedDisk(DirectoryInfo folder, bool isRoot)
    {
        _folder = folder;
        _isRoot = isRoot;
    }

    public string Path => _folder.FullName;

    /// <returns>Null where this user may not mount.</returns>
    public static LimitedDisk? TryCreate()
    {
        var folder = Directory.CreateTempSubdirectory("faults-disk-");
        foreach (var isRoot in new[] { true, false })
        {
            if (Run(isRoot, "mount", "-t", "tmpfs", "-o", $"size={MegaBytes}m,mode=1777", "tmpfs", folder.FullName))
            {
                return new LimitedDisk(folder, isRoot);
            }
        }

        folder.Delete();
        return null;
    }

    /// <summary>Leaves no byte free for a while.</summary>
    public async Task FillAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        // Two such times may overlap.
        var file = System.IO.Path.Combine(Path, $"ballast-{Guid.NewGuid():N}");
        try
        {
            Fill(file, 1024 * 1024);
            Fill(file, 4096);
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose()
    {
        Run(_isRoot, "umount", "--lazy", Path);
        _folder.Delete(recursive: true);
    }

    private static void Fill(string file, int block)
    {
        var zeros = new byte[block];
        try
        {
            using var ballast = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            for (var i = 0; i < MegaBytes * 1024; i++)
            {
                ballast.Write(zeros);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static bool Run(bool isRoot, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(isRoot ? program : "sudo", isRoot ? arguments : ["-n", program, .. arguments])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
