using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary>The registry that a service holds, over HTTP.</summary>
internal sealed class RegistryClient(ServiceClient client)
{
    /// <summary>Where it is.</summary>
    public const string Path = "/registry";

    /// <summary>Fetches what is applied.</summary>
    /// <exception cref="CommandFailedException">The service cannot be reached, or does not answer as it should.</exception>
    public async Task<ServedRegistry> GetAsync(CancellationToken stop)
    {
        var body = await client.SendAsync(HttpMethod.Get, Path, stop)
            ?? throw new CommandFailedException($"{client.Service.Name} at {client.Service.Address} knows no registry: it is older than this command.");
        return Read(body);
    }

    /// <summary>Reads what a service answers.</summary>
    /// <exception cref="CommandFailedException">It is not what the service answers, or says what this command does not know.</exception>
    public ServedRegistry Read(byte[] body)
    {
        var faults = new List<RegistryFault>();
        var served = client.Read(body, reply =>
        {
            var declared = RegistryReader.Read(Sections(reply), faults);
            return new ServedRegistry(
                reply.GetProperty("version").GetInt64(),
                reply.TryGetProperty("applied_at", out var at) ? at.GetString() : null,
                declared,
                faults.Count == 0 && reply.TryGetProperty("retired", out var retired) ? RetiredViews.Restore(declared, retired) : declared,
                body);
        });
        return faults.Count == 0 ? served : throw new CommandFailedException(
            $"Registry version {served.Version} cannot be read by this command, which is perhaps older than {client.Service.Name}: {faults[0].Pointer}: {faults[0].Detail}");
    }

    /// <summary>Applies a registry over the version that it was compared with.</summary>
    /// <param name="registry">The whole registry.</param>
    /// <param name="over">That version.</param>
    /// <param name="dryRun">Whether to ask only.</param>
    /// <param name="stop">Gives up waiting.</param>
    /// <exception cref="CommandFailedException">The service cannot be reached, or did not do what was asked.</exception>
    public async Task<ApplyReply> PutAsync(Model.Registry registry, long over, bool dryRun, CancellationToken stop)
    {
        using var content = new ReadOnlyMemoryContent(RegistryWriter.Write(registry));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Put, client.Service.Path(dryRun ? Path + "?dry_run=true" : Path)) { Content = content };
        request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{over}\""));
        var reply = await client.ExchangeAsync(request, stop);
        return reply switch
        {
            { IsSuccess: true } => client.Read(reply.Body, ReadApplied),
            { Status: HttpStatusCode.PreconditionFailed, IsProblem: true } => client.Read(reply.Body, problem => new ApplyReply.Outrun(problem.GetProperty("version").GetInt64())),
            { Status: HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity, IsProblem: true } when client.Read(reply.Body, ReadRefusals) is { Count: > 0 } refusals =>
                new ApplyReply.Refused(refusals),
            _ => throw client.Failed(reply),
        };
    }

    /// <summary>The reply without what stands beside the declarations.</summary>
    private static JsonElement Sections(JsonElement reply)
    {
        using var sections = new MemoryStream();
        using (var json = new Utf8JsonWriter(sections))
        {
            json.WriteStartObject();
            foreach (var member in reply.EnumerateObject().Where(member => member.Name is "entities" or "views" or "services"))
            {
                member.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return JsonElement.Parse(sections.ToArray());
    }

    private static ApplyReply ReadApplied(JsonElement reply) => new ApplyReply.Applied(
        reply.GetProperty("version").GetInt64(),
        [.. reply.GetProperty("changes").EnumerateArray().Select(change => Kind(change.GetProperty("kind").GetString()))]);

    private static ChangeKind Kind(string? text) => text switch
    {
        "added" => ChangeKind.Added,
        "changed" => ChangeKind.Changed,
        "removed" => ChangeKind.Removed,
        _ => throw new FormatException($"'{text}' is no kind of change."),
    };

    private static List<RegistryFault> ReadRefusals(JsonElement problem) => !problem.TryGetProperty("errors", out var errors) ? [] :
    [
        .. errors.EnumerateArray().Select(error => new RegistryFault(
            error.TryGetProperty("member", out var member) ? member.GetString() ?? "" : "", error.GetProperty("detail").GetString() ?? "")),
    ];
}
