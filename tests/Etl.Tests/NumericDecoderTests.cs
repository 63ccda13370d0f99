using System.Globalization;
using System.Numerics;
using System.Text;
using Etl.Source;
using Xunit;

namespace Etl.Tests;

/// <summary>numeric, as exact text or as Decimal; what real servers make of the same values stands in the end-to-end tests.</summary>
public sealed class NumericDecoderTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("0.00")]
    [InlineData("-0.10")]
    [InlineData("10000")]
    [InlineData("9999.9999")]
    [InlineData("0.00000001")]
    [InlineData("100000000.00000")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public void Decode_WithoutLimits_IsTheExactText(string text) => Assert.Equal(["", text, text], Texts([null, text, text]));

    [Fact]
    public void Decode_RandomNumbers_AreTheExactText() =>
        RandomCases.Check(
            100,
            random =>
            {
                var texts = Enumerable.Range(0, 20).Select(_ => AnyText(random, random.Next(1, 60), random.Next(0, 40))).ToArray();

                Assert.Equal(texts, Texts(texts));
            }
        );

    [Fact]
    public void Decode_RandomDecimals_CountTheLastDecimal() =>
        RandomCases.Check(
            200,
            random =>
            {
                var precision = random.Next(1, DecimalDecoder.MostDigits + 1);
                var scale = random.Next(0, precision + 1);
                var texts = Enumerable
                    .Range(0, 20)
                    .Select(_ =>
                        precision == scale ? "0" + AnyText(random, 0, scale) : AnyText(random, random.Next(1, precision - scale + 1), scale)
                    )
                    .ToArray();

                Assert.Equal(
                    texts.Select(t => BigInteger.Parse(t.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)),
                    Decimals(precision, scale, texts)
                );
            }
        );

    [Theory]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")] // 2^64: the carry goes through all 64 bits
    [InlineData("-18446744073709551616")]
    public void Decode_DecimalAroundAPowerOfTwo_Carries(string text)
    {
        Assert.Equal([BigInteger.Parse(text, CultureInfo.InvariantCulture)], Decimals(38, 0, [text]));
        Assert.Equal([BigInteger.Parse(text, CultureInfo.InvariantCulture)], Decimals(76, 0, [text]));
    }

    [Theory]
    [InlineData("NaN", "NaN")]
    [InlineData("Infinity", "Infinity")]
    [InlineData("-Infinity", "-Infinity")]
    [InlineData("0.001", "a number of more than 2 decimals")]
    [InlineData("0.000000001", "a number of more than 2 decimals")]
    [InlineData("1000", "a number of more than 5 digits")]
    [InlineData("-100000000000000000000000000000000000000000000000000", "a number of more than 5 digits")]
    public void Decode_DecimalThatDoesNotFit_NamesTheRow(string text, string reason)
    {
        var e = Assert.Throws<ValueException>(() => Decimals(5, 2, ["999.99", text]));

        Assert.Equal((1, reason), (e.Row, e.Message));
    }

    [Theory]
    [InlineData("numeric")]
    [InlineData("numeric(10,2)")]
    [InlineData("bigint")]
    [InlineData("smallint")]
    [InlineData("boolean")]
    [InlineData("uuid")]
    [InlineData("date")]
    [InlineData("time without time zone")]
    [InlineData("timestamp with time zone")]
    public void Decode_FieldOfAnotherLength_NamesTheRow(string type)
    {
        // integer's four bytes, except where they would fit: a column that was retyped after it was described.
        var field = type == "date" ? CopyText.Int64(1) : CopyText.Int32(1);

        var e = Assert.Throws<ValueException>(() => Decode(type, [null, field]));

        Assert.Equal(1, e.Row);
        Assert.Contains("did the column's type change while it was read?", e.Message, StringComparison.Ordinal);
    }

    private static string AnyText(Random random, int whole, int decimals)
    {
        string Digits(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => random.Next(3) == 0 ? 0 : random.Next(10)));
        var number = Digits(whole).TrimStart('0');
        var text = (number.Length == 0 && whole > 0 ? "0" : number) + (decimals > 0 ? "." + Digits(decimals) : "");
        return random.Next(2) == 0 && whole > 0 && text.Any(c => c is > '0' and <= '9') ? "-" + text : text;
    }

    private static List<string> Texts(string?[] values)
    {
        var bytes = Decode("numeric", [.. values.Select(v => v is null ? null : CopyText.Numeric(v))]);
        List<string> texts = [];
        for (var i = 0; i < bytes.Length; )
        {
            var length = (int)bytes[i++];
            if (length > 127)
            {
                length += (bytes[i++] - 1) * 128;
            }

            texts.Add(Encoding.ASCII.GetString(bytes, i, length));
            i += length;
        }

        return texts;
    }

    private static List<BigInteger> Decimals(int precision, int scale, string[] values)
    {
        var bytes = Decode($"numeric({precision},{scale})", [.. values.Select(CopyText.Numeric)]);
        return [.. bytes.Chunk(bytes.Length / values.Length).Select(b => new BigInteger(b))];
    }

    private static byte[] Decode(string type, byte[]?[] values)
    {
        var column = SourceColumn.Of("c", type, nullable: true);
        using var target = column.NewColumn();
        var batch = Samples.Batch([.. values.Select(v => new[] { v })]);
        column.Decoder.Decode(batch.Bytes, batch.Column(0), target);
        return target.Values.Written.ToArray();
    }
}
