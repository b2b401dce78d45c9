namespace FeatureStore.Model;

/// <summary>What kind of mistake a <see cref="Fault"/> is; it decides the HTTP status.</summary>
public enum FaultKind
{
    /// <summary>The input cannot be read as what it should be (400).</summary>
    Malformed,

    /// <summary>The input is larger than allowed (413).</summary>
    TooLarge,

    /// <summary>What the input names is not declared (404).</summary>
    Unknown,

    /// <summary>The input can be read but breaks a rule of the row (422).</summary>
    Invalid,
}

/// <summary>One mistake in what a caller sent.</summary>
/// <param name="Kind">What kind of mistake.</param>
/// <param name="Detail">What is wrong and what is expected, for a person.</param>
/// <param name="Member">The member, feature or query parameter concerned, where there is one.</param>
public sealed record Fault(FaultKind Kind, string Detail, string? Member = null)
{
    /// <summary>The member, feature or query parameter concerned, cut off where it is long.</summary>
    public string? Member { get; } = Member is null ? null : StateKey.Shorten(Member);

    public static Fault Malformed(string detail, string? member = null) => new(FaultKind.Malformed, detail, member);

    public static Fault TooLarge(string detail, string? member = null) => new(FaultKind.TooLarge, detail, member);

    public static Fault Unknown(string detail, string? member = null) => new(FaultKind.Unknown, detail, member);

    public static Fault Invalid(string detail, string? member = null) => new(FaultKind.Invalid, detail, member);
}
