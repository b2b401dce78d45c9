using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>An answer to a request, be it a success or not.</summary>
internal sealed class StoreReply(StoreRequest request, HttpStatusCode status, HttpResponseHeaders headers, byte[] body, TimeSpan? retryAfter)
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    public byte[] Body => body;

    /// <summary>For how long the service asks to be left alone, if it does.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>What went wrong; null for a success.</summary>
    public Problem? Problem { get; } = (int)status is >= 200 and <= 299 ? null : Problem.Read(status, body);

    /// <summary>The version of the registry by which the answer was made, where there is one.</summary>
    public long? RegistryVersion => Number("Registry-Version");

    /// <summary>The version of the feature service that was asked for.</summary>
    public long? ServiceVersion => Number("Feature-Service-Version");

    /// <summary>The JSON of a success.</summary>
    /// <exception cref="FeatureStoreException">It is no answer of the feature store.</exception>
    public JsonElement Json() => Json(body);

    /// <summary>The JSON of a part of the answer that comes later than its head.</summary>
    /// <exception cref="FeatureStoreException">It is no answer of the feature store.</exception>
    public JsonElement Json(ReadOnlySpan<byte> part)
    {
        try
        {
            return JsonElement.Parse(part, Deep);
        }
        catch (JsonException e)
        {
            throw Foreign(e);
        }
    }

    /// <summary>Reads a JSON answer whose form is known.</summary>
    /// <exception cref="FeatureStoreException">It has another form.</exception>
    public T Read<T>(JsonElement json, Func<JsonElement, T> read)
    {
        try
        {
            return read(json);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Foreign(e);
        }
    }

    /// <summary>A problem as the exception by which callers tell what to do about it.</summary>
    public FeatureStoreException Failure(Problem problem) => status switch
    {
        // Refused before anything was done with it.
        HttpStatusCode.TooManyRequests => new FeatureStoreUnavailableException(request.Service, problem, retryAfter, mayHaveBeenProcessed: false),
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => Away(problem),
        HttpStatusCode.InternalServerError when problem.IsOfInvocation => Away(problem),
        HttpStatusCode.NotFound when problem.Type == Problem.NotFoundType => new FeatureStoreNotFoundException(request.Service, problem),
        HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.RequestUriTooLong
            or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity => new FeatureStoreInvalidException(request.Service, problem),
        _ => new FeatureStoreException(request.Service, problem),
    };

    /// <summary>What is thrown where something else answers than the feature store.</summary>
    public FeatureStoreException Foreign(Exception? e = null) =>
        new($"The answer is not one of {request.Service}: is its address right, and is there a proxy on the way?", e);

    private FeatureStoreUnavailableException Away(Problem problem) => new(request.Service, problem, retryAfter, mayHaveBeenProcessed: true);

    private long? Number(string header) =>
        headers.TryGetValues(header, out var values) && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
