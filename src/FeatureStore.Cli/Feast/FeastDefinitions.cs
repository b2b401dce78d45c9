using System.Text;
using FeatureStore.Cli.Feast.Protos;
using FeatureStore.Model;
using Google.Protobuf;

namespace FeatureStore.Cli.Feast;

/// <summary>What one Feast project defines.</summary>
internal sealed class FeastDefinitions
{
    private static readonly JsonParser Json = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public required IReadOnlyList<EntitySpec> Entities { get; init; }

    /// <summary>Feature views.</summary>
    public required IReadOnlyList<ViewSpec> Views { get; init; }

    /// <summary>Feature views that a stream job computes.</summary>
    public required IReadOnlyList<ViewSpec> StreamViews { get; init; }

    public required IReadOnlyList<ServiceSpec> Services { get; init; }

    public required IReadOnlyList<DataSourceProto> DataSources { get; init; }

    /// <summary>What has no counterpart here: what it is, and the names.</summary>
    public required IReadOnlyList<(string What, IReadOnlyList<string> Names)> Others { get; init; }

    /// <summary>Reads a registry file: protobuf, or the JSON that <c>feast registry-dump</c> prints.</summary>
    /// <param name="file">The file.</param>
    /// <param name="project">The project; null for the only one in the file.</param>
    /// <exception cref="UsageException">It is no registry, or does not say which project is meant.</exception>
    public static FeastDefinitions Read(string file, string? project)
    {
        var registry = Parse(file);
        if (registry.CalculateSize() == 0)
        {
            throw new UsageException($"{file} is no Feast registry, or an empty one.");
        }

        var wanted = Choose(registry, file, project);
        return new FeastDefinitions
        {
            Entities = [.. registry.Entities.Select(entity => entity.Spec).OfType<EntitySpec>().Where(spec => Is(spec.Project, wanted))],
            Views = [.. registry.FeatureViews.Select(view => view.Spec).OfType<ViewSpec>().Where(spec => Is(spec.Project, wanted))],
            StreamViews = [.. registry.StreamFeatureViews.Select(view => view.Spec).OfType<StreamViewSpec>().Select(AsView).Where(spec => Is(spec.Project, wanted))],
            Services = [.. registry.FeatureServices.Select(service => service.Spec).OfType<ServiceSpec>().Where(spec => Is(spec.Project, wanted))],
            DataSources = [.. registry.DataSources.Where(source => Is(source.Project, wanted))],
            Others =
            [
                ("on-demand view", Named(registry.OnDemandFeatureViews, wanted)), ("label view", Named(registry.LabelViews, wanted)),
                ("feature table", Named(registry.FeatureTables, wanted)), ("saved dataset", Named(registry.SavedDatasets, wanted)),
            ],
        };
    }

    private static RegistryProto Parse(string file)
    {
        try
        {
            var content = File.ReadAllBytes(file);
            if (content.AsSpan().StartsWith("SQLite format 3\0"u8))
            {
                throw new UsageException($"{file} is a SQLite database, which only Feast can read. Run `feast registry-dump > registry.json` in that project, and give this command registry.json.");
            }

            return content.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8)
                ? Json.Parse<RegistryProto>(Encoding.UTF8.GetString(content))
                : RegistryProto.Parser.ParseFrom(content);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new UsageException($"{file} is no Feast registry: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {e.Message}");
        }
    }

    /// <summary>The project that is meant; a dump names none, since it is of one.</summary>
    private static string? Choose(RegistryProto registry, string file, string? project)
    {
        string[] projects =
        [
            .. registry.Entities.Select(entity => entity.Spec?.Project).Concat(registry.FeatureViews.Select(view => view.Spec?.Project))
                .Concat(registry.StreamFeatureViews.Select(view => view.Spec?.Project)).Concat(registry.FeatureServices.Select(service => service.Spec?.Project))
                .OfType<string>().Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal),
        ];
        if (project is not null && projects.Length > 0 && !projects.Contains(project))
        {
            throw new UsageException($"{file} holds no project '{project}'.{ClosestName.Suggestion(project, projects)} It holds {string.Join(", ", projects)}.");
        }

        return project is null && projects.Length > 1
            ? throw new UsageException($"{file} holds several projects: {string.Join(", ", projects)}. Say with --project which one.")
            : project ?? projects.FirstOrDefault();
    }

    private static bool Is(string project, string? wanted) => project.Length == 0 || wanted is null || project == wanted;

    private static List<string> Named(IEnumerable<NamedProto> items, string? wanted) =>
        [.. items.Select(item => item.Spec).OfType<NamedSpec>().Where(spec => Is(spec.Project, wanted)).Select(spec => spec.Name)];

    private static ViewSpec AsView(StreamViewSpec stream)
    {
        var view = new ViewSpec
        {
            Name = stream.Name,
            Project = stream.Project,
            Ttl = stream.Ttl,
            BatchSource = stream.BatchSource,
            StreamSource = stream.StreamSource,
            Online = stream.Online,
            Disabled = stream.Disabled,
            Description = stream.Description,
            Owner = stream.Owner,
            Entities = { stream.Entities },
            Tags = { stream.Tags },
            EntityColumns = { stream.EntityColumns },
        };

        // Feast writes the columns of join keys among the features of a stream view.
        view.Features.Add(stream.Features.Where(feature => stream.EntityColumns.All(column => column.Name != feature.Name)));
        return view;
    }
}
