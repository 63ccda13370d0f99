using Reports.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class AddressesTests
{
    [Theory]
    [InlineData("team@example.org", "team@example.org")]
    [InlineData("Jane Doe <jane@example.org>", "jane@example.org")]
    [InlineData("Dr. Jané <jane@example.org>", "jane@example.org")]
    [InlineData("\"Doe, Jane\" <jane@example.org>", "jane@example.org")]
    [InlineData("<jane@example.org>", "jane@example.org")]
    [InlineData("o'neil+reports=x@sub.example.org", "o'neil+reports=x@sub.example.org")]
    [InlineData("root@localhost", "root@localhost")]
    [InlineData("ops@[10.0.0.5]", "ops@[10.0.0.5]")]
    [InlineData("Jürgen <jürgen@example.org>", "jürgen@example.org")]
    [InlineData("x@bücher.example", "x@bücher.example")]
    public void FaultsOf_Address_IsNoneAndItsReaderHasNoName(string text, string reader)
    {
        Assert.Empty(Addresses.FaultsOf([text]));
        Assert.Equal(reader, Addresses.WithoutName(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("<>")]
    [InlineData("nobody")]
    [InlineData("@example.org")]
    [InlineData("jane@")]
    [InlineData("jane@@example.org")]
    [InlineData("jane@example.org.")]
    [InlineData("jane@example..org")]
    [InlineData("jane.@example.org")]
    [InlineData(".jane@example.org")]
    [InlineData("Doe, Jane <jane@example.org>")]
    [InlineData("a@example.org, b@example.org")]
    [InlineData("a@example.org; b@example.org")]
    [InlineData("a@example.org b@example.org")]
    [InlineData("Sales Dept@example.org")]
    [InlineData("team: a@example.org;")]
    [InlineData("Jane <jane@example.org")]
    [InlineData("Jane jane@example.org>")]
    [InlineData("Jane <jane@example.org> too")]
    [InlineData("jane(home)@example.org")]
    [InlineData("\"jane\"@example.org")]
    [InlineData("<@relay.example:jane@example.org>")]
    [InlineData("jane@example.org\nBcc: eve@example.org")]
    [InlineData("jane@example.org\n")]
    [InlineData("\"Ja\r\nBcc: eve@example.org\r\nne\" <jane@example.org>")]
    [InlineData("ja\0ne@example.org")]
    [InlineData("jane@exa mple.org")]
    [InlineData("jane@ \u200b.example")]
    public void FaultsOf_NoAddress_IsOneLine(string? text)
    {
        var (address, fault) = Assert.Single(Addresses.FaultsOf([text]));

        Assert.Equal(text ?? "", address);
        Assert.StartsWith("expected an address such as team@example.org", fault, StringComparison.Ordinal);
        Assert.DoesNotContain(fault, char.IsControl);
        Assert.Throws<FormatException>(() => Addresses.Parse(text!));
    }

    [Fact]
    public void FaultsOf_Length_IsThatOfSmtp()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('d', 60), 3));

        Assert.Empty(Addresses.FaultsOf([$"{new string('x', 64)}@example.org", $"{new string('x', 64)}@{domain}.{new string('d', 6)}"]));
        Assert.Equal(
            4,
            Addresses
                .FaultsOf([
                    $"{new string('x', 65)}@example.org",
                    $"{new string('ü', 33)}@example.org",
                    $"{new string('x', 64)}@{domain}.{new string('d', 7)}",
                    "x@" + new string('d', 64) + ".org",
                ])
                .Count()
        );
        Assert.InRange(Assert.Single(Addresses.FaultsOf([new string('x', 10_000)])).Fault.Length, 100, 250);
    }

    [Fact]
    public void Parse_LettersThatNotEveryServerTakes_AreToldApart()
    {
        var address = Addresses.Parse("\"Bücher, Köln\" <x@bücher.example>");

        Assert.Equal(("Bücher, Köln", "xn--bcher-kva.example"), (address.Name, Addresses.DomainOf(address)));
        Assert.False(Addresses.NeedsUtf8(address));
        Assert.True(Addresses.NeedsUtf8(Addresses.Parse("jürgen@example.org")));
    }
}
