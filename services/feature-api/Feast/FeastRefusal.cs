using System.Buffers;
using System.Text.Json;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>Why a request is refused, in the forms of Feast's own server, by which its clients raise their exceptions.</summary>
/// <remarks>
/// One of Feast's own errors is a JSON string that holds <c>{"module","class","message"}</c>, all else 422 with
/// <c>{"detail":[…]}</c>. Never 429, 500 and 502 to 504: its clients would send the request again.
/// </remarks>
internal sealed class FeastRefusal
{
    private const int MaxFaults = 100;

    private readonly List<FeastFault> _faults = [];
    private (int Status, string Class, string Message)? _error;

    public bool IsEmpty => _faults.Count == 0 && _error is null;

    /// <summary>Whether so many faults were found that no more need be looked for.</summary>
    public bool IsFull => _faults.Count >= MaxFaults;

    public void Add(string type, string message, JsonElement? input, params IReadOnlyList<object> location) =>
        Add(new FeastFault(type, message, input, location));

    public void Add(FeastFault fault)
    {
        if (!IsFull)
        {
            _faults.Add(fault);
        }
    }

    /// <summary>Refuses for what is not declared.</summary>
    /// <param name="exception">The class in <c>feast.errors</c> that clients raise.</param>
    /// <param name="message">What its own message would be.</param>
    /// <param name="name">The name that was given.</param>
    /// <param name="declared">The names of which one may have been meant.</param>
    /// <param name="status">The status that Feast's server answers with.</param>
    public void Unknown(string exception, string message, string name, IEnumerable<string> declared, int status = StatusCodes.Status404NotFound) =>
        Refuse(status, exception, ClosestName.Suggestion(name, declared) is { Length: > 0 } suggestion ? $"{message}.{suggestion}" : message);

    /// <summary>Refuses with one of Feast's own errors; of several the first is told.</summary>
    public void Refuse(int status, string exception, string message) => _error ??= (status, exception, message);

    public async Task WriteAsync(HttpContext context)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body, ReplyJson.Options))
        {
            if (_error is { } error)
            {
                json.WriteStringValue(Error(error.Class, error.Message));
            }
            else
            {
                json.WriteStartObject();
                json.WriteStartArray("detail"u8);
                _faults.ForEach(fault => fault.Write(json));
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        context.Response.StatusCode = _error?.Status ?? StatusCodes.Status422UnprocessableEntity;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(body.WrittenMemory);
    }

    private static ReadOnlySpan<byte> Error(string exception, string message)
    {
        var error = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(error, ReplyJson.Options);
        json.WriteStartObject();
        json.WriteString("module"u8, "feast.errors"u8);
        json.WriteString("class"u8, exception);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
        json.Flush();
        return error.WrittenSpan;
    }
}
