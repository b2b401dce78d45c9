using System.Net;
using System.Net.Http.Headers;

namespace FeatureStore.Cli.Service;

/// <summary>What a service answered, whatever it is.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">The headers of its body.</param>
/// <param name="Body">Its body.</param>
internal sealed record ServiceReply(HttpStatusCode Status, HttpContentHeaders Headers, byte[] Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public bool IsProblem => Problem.IsProblem(Headers);
}
