using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests;

/// <summary>Documents that are merged say what a writer would have made of the same rows.</summary>
public sealed class StoredDocumentTests
{
    private static readonly Lateness Lateness = new() { StampMinimum = TimeSpan.FromSeconds(10), StampMaximum = TimeSpan.FromSeconds(10), Floor = TimeSpan.FromSeconds(10) };

    [Fact]
    public void Merging_equals_joining_and_does_not_depend_on_the_order()
    {
        var rows = from operation in Gen.Elements(RowOperation.Merge, RowOperation.Replace, RowOperation.Delete)
                   from seconds in Gen.Choose(0, 8)
                   from ttl in Gen.Elements<double?>(null, 3, 30)
                   from name in Gen.Elements("a", "b", "c")
                   from isLeft in Gen.Elements(true, false)
                   select (operation, seconds, ttl, name, isLeft);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(rows.NonEmptyListOf().ToArbitrary(), list =>
        {
            StoredRow State(Func<bool, bool> takes) => list.Where(row => takes(row.isLeft)).Aggregate(StoredRow.Empty, (state, row) => state.Apply(
                row.operation == RowOperation.Delete ? Rows.Row(RowOperation.Delete, []) : Rows.Row(row.operation, [(row.name, row.seconds.ToString())], row.ttl), Rows.Stamp(row.seconds), 8, Lateness));
            var (left, right) = (Encode(State(isLeft => isLeft), 8), Encode(State(isLeft => !isLeft), 8));
            var expected = Encode(State(_ => true).At(Rows.At(9), Lateness), 9);
            Assert.Equal(Features(expected), Features(StoredDocument.Join(left, right, Rows.At(9), Lateness)));
            Assert.Equal(Features(expected), Features(StoredDocument.Join(right, left, Rows.At(9), Lateness)));
        }));
    }

    [Fact]
    public void What_need_not_be_remembered_any_more_beats_nothing()
    {
        var deleted = Encode(StoredRow.Empty.Apply(Rows.Merge("a", "1"), Rows.Stamp(0), 0, Lateness).Apply(Rows.Row(RowOperation.Delete, []), Rows.Stamp(2), 2, Lateness), 2);
        var late = Encode(StoredRow.Empty.Apply(Rows.Merge("a", "2"), Rows.Stamp(1), 20, Lateness), 20);
        Assert.Equal("{}", Features(StoredDocument.Join(deleted, late, Rows.At(5), Lateness)));
        Assert.Equal("""{"a":2}""", Features(StoredDocument.Join(deleted, late, Rows.At(20), Lateness)));
    }

    [Fact]
    public void A_document_that_is_missing_adds_nothing()
    {
        var document = Encode(StoredRow.Empty.Apply(Rows.Merge("a", "1"), Rows.Stamp(0), 0, Lateness), 0);
        Assert.Equal(document, StoredDocument.Join(default, document, Rows.At(1), Lateness).ToArray());
        Assert.Equal(document, StoredDocument.Join(document, default, Rows.At(1), Lateness).ToArray());
    }

    private static byte[] Encode(StoredRow row, double at) => StoredRowCodec.Encode(row, Rows.At(at), Timestamp.Never);

    private static string Features(ReadOnlyMemory<byte> document)
    {
        var text = Encoding.UTF8.GetString(document.Span);
        return text[(text.IndexOf("\"features\":{", text.LastIndexOf("]", StringComparison.Ordinal) + 1, StringComparison.Ordinal) + "\"features\":".Length)..^1];
    }
}
