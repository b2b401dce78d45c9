namespace FeatureStore.DaprConformance.Reporting;

/// <summary>How many steps came out how.</summary>
public readonly record struct Totals(int Agree, int AgreeExcept, int Differ, int Outside, TimeSpan Elapsed)
{
    public static Totals operator +(Totals one, Totals other) => new(
        one.Agree + other.Agree,
        one.AgreeExcept + other.AgreeExcept,
        one.Differ + other.Differ,
        one.Outside + other.Outside,
        one.Elapsed > other.Elapsed ? one.Elapsed : other.Elapsed);

    public string Line(string name) =>
        $"{name,-18} {Agree,4} agree, {AgreeExcept,3} agree except listed details, {Differ,3} differ, "
        + $"{Outside,4} outside, of {Agree + AgreeExcept + Differ + Outside}, in {Elapsed.TotalSeconds:0} s";
}
