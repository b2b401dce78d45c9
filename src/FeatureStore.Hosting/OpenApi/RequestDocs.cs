using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace FeatureStore.Hosting.OpenApi;

/// <summary>Documents query parameters and bodies that an endpoint reads from the raw request itself.</summary>
public static class RequestDocs
{
    /// <summary>Adds a query parameter to the endpoint's OpenAPI operation.</summary>
    public static RouteHandlerBuilder WithQueryParameter(
        this RouteHandlerBuilder endpoint, string name, string description, bool repeats = false) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Query,
                Description = description,
                Schema = repeats
                    ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } }
                    : new OpenApiSchema { Type = JsonSchemaType.String },
            });
            return Task.CompletedTask;
        });

    /// <summary>Adds a JSON body to the endpoint's OpenAPI operation, without having the framework refuse other types.</summary>
    public static RouteHandlerBuilder WithJsonBody(this RouteHandlerBuilder endpoint, string description, params string[] mediaTypes) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = description,
                Content = mediaTypes.ToDictionary(
                    type => type, _ => new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.Object } }),
            };
            return Task.CompletedTask;
        });
}
