using System.Buffers.Binary;
using System.Text;
using WarehouseSql.Native;
using Xunit;

namespace WarehouseSql.Tests;

/// <summary>The bytes of the Native format and the memory that they are made in.</summary>
public sealed class NativeTests
{
    [Theory]
    [InlineData(0u, "00")]
    [InlineData(1u, "01")]
    [InlineData(127u, "7F")]
    [InlineData(128u, "8001")]
    [InlineData(300u, "AC02")]
    [InlineData(16383u, "FF7F")]
    [InlineData(16384u, "808001")]
    [InlineData(uint.MaxValue, "FFFFFFFF0F")]
    public void WriteVarint_Value_IsLeb128(uint value, string expected)
    {
        var bytes = new byte[VarintBytes.MaxLength];

        var length = VarintBytes.Write(bytes, value);

        Assert.Equal(expected, Convert.ToHexString(bytes.AsSpan(0, length)));
    }

    [Fact]
    public async Task WriteBlock_TwoColumns_IsTheDocumentedLayout()
    {
        using var block = new NativeBlock([
            new NativeColumn("id", "Int32", nullable: false),
            new NativeColumn("né", "String", nullable: true),
        ]);
        AppendInt32(block.Columns[0], 1);
        AppendInt32(block.Columns[0], -2);
        AppendText(block.Columns[1], "ab");
        AppendText(block.Columns[1], null);
        block.Rows = 2;

        // 2 columns, 2 rows; name, type, values; name, type, NULL flags, values, of which the NULL one is empty.
        const string expected =
            "02"
            + "02"
            + "02"
            + "6964"
            + "05"
            + "496E743332"
            + "01000000"
            + "FEFFFFFF"
            + "03"
            + "6EC3A9"
            + "10"
            + "4E756C6C61626C6528537472696E6729"
            + "00"
            + "01"
            + "02"
            + "6162"
            + "00";
        Assert.Equal(expected, Convert.ToHexString(await BytesAsync(block)));
        Assert.Equal(8 + 2 + 4, block.Length);
    }

    [Fact]
    public async Task WriteBlock_NoRows_IsOnlyNamesAndTypes()
    {
        using var block = new NativeBlock([new NativeColumn("a", "Bool", nullable: true)]);

        var column = Assert.Single(NativeDecoder.Decode(await BytesAsync(block)));

        Assert.Equal(("a", "Nullable(Bool)", 0), (column.Name, column.Type, column.Values.Count));
    }

    [Fact]
    public async Task WriteBlock_ClearedAndFilledAgain_HoldsOnlyTheNewRows()
    {
        using var block = new NativeBlock([new NativeColumn("a", "String", nullable: true)]);
        AppendText(block.Columns[0], "old");
        block.Rows = 1;
        block.Clear();
        AppendText(block.Columns[0], "new");
        block.Rows++;

        Assert.Equal([Hex("new")], NativeDecoder.Decode(await BytesAsync(block))[0].Values);
    }

    [Fact]
    public void WriteBlock_RandomColumns_AreDecodedAlike() =>
        RandomCases.Check(
            20,
            random =>
            {
                var rows = random.Next(300);
                string[] types = ["Int32", "String"];
                using var block = new NativeBlock([
                    .. Enumerable
                        .Range(0, random.Next(1, 6))
                        .Select(i => new NativeColumn(new string('n', random.Next(200)) + i, types[random.Next(2)], random.Next(2) == 0)),
                ]);
                var expected = block.Columns.Select(c => Fill(c, rows, random)).ToList();
                block.Rows = rows;

                var decoded = NativeDecoder.Decode(BytesAsync(block).GetAwaiter().GetResult());

                Assert.Equal(block.Columns.Select(c => (c.Name, c.Type)), decoded.Select(c => (c.Name, c.Type)));
                Assert.Equal(expected, decoded.Select(c => c.Values));
            }
        );

    [Theory]
    [InlineData(NativeBlock.MaxRows - 1, 0, false)]
    [InlineData(NativeBlock.MaxRows, 0, true)]
    [InlineData(1, NativeBlock.MaxBytes - 1, false)]
    [InlineData(1, NativeBlock.MaxBytes, true)]
    public void IsFull_RowsOrBytes_WhicheverComesFirst(int rows, int bytes, bool full)
    {
        using var block = new NativeBlock([new NativeColumn("a", "String", nullable: false)]);
        block.Columns[0].Values.Take(bytes);
        block.Rows = rows;

        Assert.Equal(full, block.IsFull);
    }

    [Fact]
    public void TakeAndReturn_AnySizes_KeepWhatWasWritten() =>
        RandomCases.Check(
            20,
            random =>
            {
                using var buffer = new ColumnBuffer();
                var expected = new List<byte>();
                for (var i = 0; i < random.Next(60); i++)
                {
                    var bytes = new byte[random.Next(4) == 0 ? random.Next(200_000) : random.Next(20)];
                    random.NextBytes(bytes);
                    var unused = random.Next(8);
                    bytes.CopyTo(buffer.Take(bytes.Length + unused));
                    buffer.Return(unused);
                    expected.AddRange(bytes);
                }

                Assert.Equal(expected.Count, buffer.Length);
                Assert.True(buffer.Written.Span.SequenceEqual(expected.ToArray()));
                buffer.Clear();
                Assert.Equal(0, buffer.Written.Length);
            }
        );

    private static List<object?> Fill(NativeColumn column, int rows, Random random)
    {
        var values = new List<object?>();
        for (var i = 0; i < rows; i++)
        {
            var isNull = column.Nulls is not null && random.Next(3) == 0;
            if (column.Type.Contains("Int32", StringComparison.Ordinal))
            {
                int? value = isNull ? null : random.Next(int.MinValue, int.MaxValue);
                AppendInt32(column, value);
                values.Add(value);
            }
            else
            {
                var value = isNull ? null : new string('x', random.Next(random.Next(5) == 0 ? 40_000 : 200));
                AppendText(column, value);
                values.Add(value is null ? null : Hex(value));
            }
        }

        return values;
    }

    private static void AppendInt32(NativeColumn column, int? value)
    {
        column.Nulls?.Take(1).Fill(value is null ? (byte)1 : (byte)0);
        BinaryPrimitives.WriteInt32LittleEndian(column.Values.Take(4), value ?? 0);
    }

    private static void AppendText(NativeColumn column, string? value)
    {
        column.Nulls?.Take(1).Fill(value is null ? (byte)1 : (byte)0);
        var text = Encoding.UTF8.GetBytes(value ?? "");
        var span = column.Values.Take(text.Length + VarintBytes.MaxLength);
        var prefix = VarintBytes.Write(span, (uint)text.Length);
        text.CopyTo(span[prefix..]);
        column.Values.Return(VarintBytes.MaxLength - prefix);
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private static async Task<byte[]> BytesAsync(NativeBlock block)
    {
        using var memory = new MemoryStream();
        await block.WriteAsync(memory, TestContext.Current.CancellationToken);
        return memory.ToArray();
    }
}
