using Etl.Source;
using Npgsql;
using Xunit;

namespace Etl.Tests;

public sealed class CopyReaderTests
{
    private const int Piece = 100_000;

    [Fact]
    public void Read_NoRows_IsTheEndAndStaysSo()
    {
        var reader = new CopyReader(new MemoryStream(CopyText.Of()), 2);

        Assert.Null(reader.Read());
        Assert.Null(reader.Read());
        Assert.Equal(CopyText.Of().Length, reader.BytesRead);
    }

    [Fact]
    public void Read_FewRows_HaveTheirFieldsAndNulls()
    {
        byte[]?[][] rows =
        [
            [
                [1, 2],
                null,
            ],
            [
                [],
                [3],
            ],
            [null, null],
        ];

        AssertSame(rows, ReadAll(CopyText.Of(rows), 2, () => int.MaxValue));
    }

    [Fact]
    public void Read_ByteByByte_IsTheSame()
    {
        byte[]?[][] rows =
        [
            [
                [1, 2],
                null,
            ],
            [
                [],
                [3],
            ],
            [
                [0xFF, 0xFF],
                null,
            ],
        ];

        AssertSame(rows, ReadAll(CopyText.Of(rows), 2, () => 1));
    }

    [Fact]
    public void Read_MoreRowsThanABatchHolds_ComeInSeveral()
    {
        byte[]?[][] rows = [.. Enumerable.Range(0, (2 * CopyBatch.MaxRows) + 1).Select(i => new byte[]?[] { CopyText.Int32(i) })];
        var reader = new CopyReader(new MemoryStream(CopyText.Of(rows)), 1);
        var sizes = new List<int>();
        while (reader.Read() is { } batch)
        {
            sizes.Add(batch.Rows);
        }

        Assert.Equal([CopyBatch.MaxRows, CopyBatch.MaxRows, 1], sizes);
        AssertSame(rows, ReadAll(CopyText.Of(rows), 1, () => int.MaxValue));
    }

    // Rows of 32 bytes: the shifts put the end of the read at each byte of a row, of a length and of a count in turn.
    [Fact]
    public void Read_RowCutAtAnyByte_IsReadWhole()
    {
        byte[]?[][] rows =
        [
            .. Enumerable.Range(0, 12_000).Select(i => new byte[]?[] { CopyText.Int32(i), null, CopyText.Text($"value {i:00000000}") }),
        ];
        var bytes = CopyText.Of(rows);
        var row = CopyText.Row(rows[0]).Length;
        for (var shift = 0; shift <= row; shift++)
        {
            var reader = new CopyReader(new PiecesStream(bytes, () => Piece + shift), 3);
            var next = 0;
            while (reader.Read() is { } batch)
            {
                for (var i = 0; i < batch.Rows; i++, next++)
                {
                    Assert.True(
                        batch.Bytes.AsSpan(batch.Column(0)[i].Offset, 4).SequenceEqual(rows[next][0]),
                        $"row {next}, shift {shift}"
                    );
                    Assert.Equal(Field.Null, batch.Column(1)[i].Length);
                    Assert.True(
                        batch.Bytes.AsSpan(batch.Column(2)[i].Offset, batch.Column(2)[i].Length).SequenceEqual(rows[next][2]),
                        $"row {next}, shift {shift}"
                    );
                }
            }

            Assert.Equal(rows.Length, next);
            Assert.Equal(bytes.Length, reader.BytesRead);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_TrailerAtTheEdgeOfARead_EndsIt(int behind)
    {
        var rows = new byte[]?[][]
        {
            [new byte[Piece]],
            [
                [1],
            ],
        };
        var bytes = CopyText.Of(rows);

        AssertSame(rows, ReadAll(bytes, 1, () => bytes.Length - behind));
    }

    [Theory]
    [InlineData((512 << 10) - 25)]
    [InlineData(512 << 10)]
    [InlineData((512 << 10) + 1)]
    [InlineData(3_000_000)]
    public void Read_RowLargerThanTheBuffer_IsReadWhole(int size)
    {
        var large = new byte[size];
        new Random(size).NextBytes(large);
        byte[]?[][] rows =
        [
            [
                [1],
                large,
            ],
            [large, null],
            [
                [2],
                [3],
            ],
        ];

        AssertSame(rows, ReadAll(CopyText.Of(rows), 2, () => 100_000));
    }

    [Fact]
    public void Read_StreamCutAnywhere_IsAnErrorAndNeverAShortResult()
    {
        var bytes = CopyText.Of(
            [
                [1, 2],
                null,
                [0xFF, 0xFF],
            ],
            [null, [3], null]
        );
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];

            var e = Record.Exception(() => ReadAll(cut, 3, () => int.MaxValue));

            var expected = length < CopyText.Header.Length && length > 0 ? "an unknown header" : "it ends without its trailer";
            Assert.True(
                e is IOException && e.Message == $"the source's stream of rows is not binary COPY: {expected}",
                $"cut after {length} bytes: {e?.ToString() ?? "no error"}"
            );
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(0)]
    public void Read_OtherNumberOfFields_IsAnError(int fields)
    {
        var bytes = CopyText.Of(
            [
                [1],
                [2],
            ],
            new byte[]?[fields]
        );

        var e = Assert.Throws<IOException>(() => ReadAll(bytes, 2, () => int.MaxValue));

        Assert.Equal($"the source's stream of rows is not binary COPY: a row of {fields} fields where 2 were asked for", e.Message);
    }

    [Theory]
    [InlineData(0, 0x51)]
    [InlineData(7, 0x7F)]
    [InlineData(14, 0x01)]
    [InlineData(12, 0x01)]
    [InlineData(18, 0x04)]
    public void Read_OtherHeader_IsAnError(int position, byte value)
    {
        var bytes = CopyText.Of([
            [1],
        ]);
        bytes[position] = value;

        var e = Assert.Throws<IOException>(() => ReadAll(bytes, 1, () => int.MaxValue));

        Assert.Equal("the source's stream of rows is not binary COPY: an unknown header", e.Message);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    public void Read_LengthBelowThatOfNull_IsAnError(int length)
    {
        byte[] bytes = [.. CopyText.Header, .. CopyText.Int16(1), .. CopyText.Int32(length)];

        var e = Assert.Throws<IOException>(() => ReadAll(bytes, 1, () => int.MaxValue));

        Assert.Equal($"the source's stream of rows is not binary COPY: a field of {length} bytes", e.Message);
    }

    [Fact]
    public void Read_ServerFailsAfterRows_IsItsErrorAndNeverAShortResult()
    {
        var reader = new CopyReader(
            new FailingStream(
                CopyText.Of([
                    [1],
                ])[..^CopyText.Trailer.Length]
            ),
            1
        );

        Assert.Equal("40001", Assert.Throws<PostgresException>(() => reader.Read()).SqlState);
    }

    [Fact]
    public void Read_ServerFailsAfterTheTrailer_IsItsErrorAndNeverAResult()
    {
        var reader = new CopyReader(
            new FailingStream(
                CopyText.Of([
                    [1],
                ])
            ),
            1
        );

        Assert.Equal("40001", Assert.Throws<PostgresException>(() => reader.Read()).SqlState);
    }

    [Fact]
    public void Read_SomethingAfterTheTrailer_IsAnError()
    {
        var e = Assert.Throws<IOException>(() =>
            ReadAll(
                [
                    .. CopyText.Of([
                        [1],
                    ]),
                    0,
                ],
                1,
                () => int.MaxValue
            )
        );

        Assert.Equal("the source's stream of rows is not binary COPY: something follows its trailer", e.Message);
    }

    [Fact]
    public void Read_FieldLongerThanTheRest_IsAnError()
    {
        var e = Assert.Throws<IOException>(() =>
            ReadAll([.. CopyText.Header, .. CopyText.Int16(1), .. CopyText.Int32(9), 1, 2], 1, () => int.MaxValue)
        );

        Assert.Equal("the source's stream of rows is not binary COPY: it ends without its trailer", e.Message);
    }

    [Fact]
    public void Read_RandomRowsInRandomPieces_AreTheSame() =>
        RandomCases.Check(
            25,
            random =>
            {
                var columns = random.Next(1, 6);
                byte[]?[][] rows =
                [
                    .. Enumerable.Range(0, random.Next(3) == 0 ? random.Next(9000) : random.Next(20)).Select(_ => Row(columns, random)),
                ];
                var pieces = new Random(random.Next());
                var most = random.Next(2) == 0 ? 400_000 : 5000;

                var read = ReadAll(CopyText.Of(rows), columns, () => pieces.Next(1, most));

                AssertSame(rows, read);
            }
        );

    // xunit compares arrays value by value through interfaces, which takes seconds for megabytes.
    private static void AssertSame(byte[]?[][] expected, List<byte[]?[]> actual)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (var i = 0; i < expected.Length; i++)
        {
            for (var c = 0; c < expected[i].Length; c++)
            {
                Assert.True(
                    expected[i][c] is null
                        ? actual[i][c] is null
                        : actual[i][c].AsSpan().SequenceEqual(expected[i][c]) && actual[i][c] is not null,
                    $"row {i}, field {c}: expected {expected[i][c]?.Length ?? -1} bytes, found {actual[i][c]?.Length ?? -1}, or others"
                );
            }
        }
    }

    private static byte[]?[] Row(int columns, Random random) =>
        [
            .. Enumerable
                .Range(0, columns)
                .Select(_ =>
                {
                    if (random.Next(4) == 0)
                    {
                        return null;
                    }

                    var bytes = new byte[random.Next(2000) == 0 ? random.Next(900_000) : random.Next(30)];
                    random.NextBytes(bytes);
                    return bytes;
                }),
        ];

    private static List<byte[]?[]> ReadAll(byte[] bytes, int columns, Func<int> next)
    {
        var reader = new CopyReader(new PiecesStream(bytes, next), columns);
        var rows = new List<byte[]?[]>();
        while (reader.Read() is { } batch)
        {
            for (var i = 0; i < batch.Rows; i++)
            {
                rows.Add([
                    .. Enumerable
                        .Range(0, columns)
                        .Select(c =>
                        {
                            var field = batch.Column(c)[i];
                            return field.Length == Field.Null ? null : batch.Bytes.AsSpan(field.Offset, field.Length).ToArray();
                        }),
                ]);
            }
        }

        return rows;
    }

    /// <summary>A stream whose server gives up after its bytes.</summary>
    private sealed class FailingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, count) is var read and > 0
                ? read
                : throw new PostgresException("conflict with recovery", "ERROR", "ERROR", "40001");
    }
}
