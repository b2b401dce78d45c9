using System.Buffers;
using System.Globalization;
using System.Text;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.Metadata;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>The metadata API over HTTP.</summary>
internal sealed class MetadataHttp(SidecarMetadata metadata)
{
    public async Task SetAsync(HttpContext context, string name)
    {
        var body = await RequestBody.ReadAsync(context, metadata.Options.MaxBodySize) ?? [];
        metadata.SetExtended(name, Encoding.UTF8.GetString(body));
        context.Response.StatusCode = 204;
    }

    public Task GetAsync(HttpContext context)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new GoJsonWriter(output);
        writer.Raw("{\"id\":"u8);
        writer.String(metadata.Options.AppId);
        writer.Raw(",\"runtimeVersion\":"u8);
        writer.String(SidecarMetadata.RuntimeVersion);
        writer.Raw(",\"components\":["u8);
        List(writer, metadata.Components, Component);
        writer.Raw("],\"extended\":"u8);
        writer.Map(metadata.Extended);
        if (metadata.Subscriptions is { Count: > 0 } subscriptions)
        {
            writer.Raw(",\"subscriptions\":["u8);
            List(writer, subscriptions, (w, s) =>
            {
                Text(w, "{\"pubsubname\":"u8, s.PubsubName);
                Text(w, ",\"topic\":"u8, s.Topic);
                Text(w, ",\"rules\":[{\"path\":"u8, s.Route);
                Text(w, "}],\"deadLetterTopic\":"u8, s.DeadLetterTopic);
                Text(w, ",\"type\":"u8, s.Declared ? "DECLARATIVE" : "PROGRAMMATIC");
                w.Raw("}"u8);
            });
            writer.Raw("]"u8);
        }

        if (metadata.Options.AppPort is { } port)
        {
            writer.Raw(",\"appConnectionProperties\":"u8);
            App(writer, port);
        }

        writer.Raw("}\n"u8);
        return HttpReply.JsonAsync(context, 200, output.WrittenMemory);
    }

    private static void Component(GoJsonWriter writer, ComponentInfo component)
    {
        Text(writer, "{\"name\":"u8, component.Name);
        Text(writer, ",\"type\":"u8, component.Type);
        Text(writer, ",\"version\":"u8, component.Version);
        if (component.Capabilities.Count > 0)
        {
            writer.Raw(",\"capabilities\":["u8);
            List(writer, component.Capabilities, (w, c) => w.String(c));
            writer.Raw("]"u8);
        }

        writer.Raw("}"u8);
    }

    private void App(GoJsonWriter writer, int port)
    {
        var options = metadata.Options;
        writer.Raw("{\"port\":"u8);
        Number(writer, port);
        writer.Raw(",\"protocol\":\"http\",\"channelAddress\":\"127.0.0.1\""u8);
        if (options.EnableAppHealthCheck)
        {
            Text(writer, ",\"health\":{\"healthCheckPath\":"u8, options.AppHealthCheckPath);
            Text(writer, ",\"healthProbeInterval\":"u8, string.Create(CultureInfo.InvariantCulture, $"{options.AppHealthProbeInterval.TotalSeconds:0.###}s"));
            Text(writer, ",\"healthProbeTimeout\":"u8, string.Create(CultureInfo.InvariantCulture, $"{options.AppHealthProbeTimeout.TotalMilliseconds:0}ms"));
            writer.Raw(",\"healthThreshold\":"u8);
            Number(writer, options.AppHealthThreshold);
            writer.Raw("}"u8);
        }

        writer.Raw("}"u8);
    }

    private static void List<T>(GoJsonWriter writer, IReadOnlyList<T> items, Action<GoJsonWriter, T> write)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                writer.Raw(","u8);
            }

            write(writer, items[i]);
        }
    }

    private static void Text(GoJsonWriter writer, ReadOnlySpan<byte> before, string text)
    {
        writer.Raw(before);
        writer.String(text);
    }

    private static void Number(GoJsonWriter writer, int number) =>
        writer.Raw(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
}
