using Etl.Postgres;
using Npgsql;
using WarehouseSql.Tests;
using Xunit;

namespace Etl.Tests;

/// <summary>PostgreSQL's password file, read as its documentation says.</summary>
public sealed class PasswordFileTests
{
    [Theory]
    [InlineData("db.example:5432:fuel:reader:secret", "secret")]
    [InlineData("*:*:*:*:secret", "secret")]
    [InlineData("db.example:5433:fuel:reader:no\ndb.example:5432:*:reader:yes\n*:*:*:*:later", "yes")]
    [InlineData("other:5432:fuel:reader:no", null)]
    [InlineData("db.example:5433:fuel:reader:no", null)]
    [InlineData("db.example:5432:other:reader:no", null)]
    [InlineData("db.example:5432:fuel:other:no", null)]
    [InlineData("db.example:5432:fu*:reader:no", null)]
    [InlineData("#*:*:*:*:no", null)]
    [InlineData("", null)]
    [InlineData("\n\nnonsense\n*:*:*:no\n*:*:*:*:a:b\n*:*:*:*:yes", "yes")]
    [InlineData(@"*:*:*:*:a\:b\\c\d", @"a:b\cd")]
    [InlineData(@"*:*:*:*:*", "*")]
    [InlineData(@"*:*:*:*:", "")]
    [InlineData(@"*:*:*:*:end\", @"end\")]
    [InlineData(@"*:*:\*:*:no", null)]
    public void Find_LineThatFits_IsTheFirst(string lines, string? expected) =>
        Assert.Equal(expected, PasswordFile.Find(lines.Split('\n'), "db.example", 5432, "fuel", "reader"));

    [Theory]
    [InlineData(@"\:\:1:1:a\\b:c\:d:secret", "::1", @"a\b", "c:d")]
    [InlineData(@"*:1:\*:*:secret", "h", "*", "u")]
    public void Find_EscapedCharacters_AreThemselves(string line, string host, string database, string user) =>
        Assert.Equal("secret", PasswordFile.Find([line], host, 1, database, user));

    [Fact]
    public void PasswordOf_PasswordInTheConnectionString_GoesBeforeTheFile()
    {
        using var folder = new TempFolder();
        var options = new NpgsqlConnectionStringBuilder { Passfile = folder.Write("pgpass", "*:*:*:*:filed") };

        Assert.Equal("filed", PasswordFile.PasswordOf(options, "h", 1, "d", "u"));
        options.Password = "said";
        Assert.Equal("said", PasswordFile.PasswordOf(options, "h", 1, "d", "u"));
    }

    [Fact]
    public void PasswordOf_FileThatIsNotThere_SaysSo()
    {
        var options = new NpgsqlConnectionStringBuilder { Passfile = "/nowhere/pgpass" };

        Assert.Contains("/nowhere/pgpass", Assert.ThrowsAny<IOException>(() => PasswordFile.PasswordOf(options, "h", 1, "d", "u")).Message, StringComparison.Ordinal);
    }
}
