using WarehouseSql.Definitions;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class SqlStatementsTests
{
    [Theory]
    [InlineData("SELECT 1", "SELECT 1")]
    [InlineData("SELECT 1; SELECT 2;", "SELECT 1|SELECT 2")]
    [InlineData("SELECT ';'; SELECT 2", "SELECT ';'|SELECT 2")]
    [InlineData("SELECT 'it''s;' AS a; SELECT 2", "SELECT 'it''s;' AS a|SELECT 2")]
    [InlineData(@"SELECT 'it\'s;' AS a; SELECT 2", @"SELECT 'it\'s;' AS a|SELECT 2")]
    [InlineData(@"SELECT '\\'; SELECT ';'", @"SELECT '\\'|SELECT ';'")]
    [InlineData("SELECT 1 AS \"a;b\"; SELECT 2 AS `c;d`", "SELECT 1 AS \"a;b\"|SELECT 2 AS `c;d`")]
    [InlineData("SELECT 1 -- one; two\n; SELECT 2", "SELECT 1 -- one; two|SELECT 2")]
    [InlineData("SELECT 1 /* one; 'two */; SELECT 2", "SELECT 1 /* one; 'two */|SELECT 2")]
    [InlineData("SELECT '-- no comment'; SELECT '/*'; SELECT 3", "SELECT '-- no comment'|SELECT '/*'|SELECT 3")]
    [InlineData("SELECT 6 - 5, 6 / 5; SELECT 2", "SELECT 6 - 5, 6 / 5|SELECT 2")]
    [InlineData("'quoted' IS NOT NULL; SELECT 2", "'quoted' IS NOT NULL|SELECT 2")]
    public void Split_Semicolons_EndStatementsOutsideOfQuotesAndComments(string script, string expected) =>
        Assert.Equal(expected.Split('|'), SqlStatements.Split(script).Select(s => s.Sql));

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t")]
    [InlineData(";;\n;")]
    [InlineData("-- only a comment")]
    [InlineData("/* one */ -- two\n;")]
    public void Split_NoStatement_IsEmpty(string script) => Assert.Empty(SqlStatements.Split(script));

    [Theory]
    [InlineData("SELECT 'open; SELECT 2")]
    [InlineData("SELECT 1 /* open; SELECT 2")]
    [InlineData(@"SELECT 'open\")]
    public void Split_UnclosedQuoteOrComment_IsOneStatement(string script) =>
        Assert.Equal(script, Assert.Single(SqlStatements.Split(script)).Sql);

    [Fact]
    public void Split_CommentBeforeAStatement_IsKeptAndTheLineIsTheStatements()
    {
        var statements = SqlStatements.Split("-- why; here\n\nSELECT 1;\n/* two\nlines */ SELECT\n2;\n\n'3'");

        Assert.Equal(
            [("-- why; here\n\nSELECT 1", 3), ("/* two\nlines */ SELECT\n2", 5), ("'3'", 8)],
            statements.Select(s => (s.Sql, s.Line))
        );
    }

    [Fact]
    public void Split_JoinedStatements_ComeBackWithTheirLines() =>
        RandomCases.Check(
            500,
            random =>
            {
                var pieces = Enumerable.Range(0, random.Next(6)).Select(_ => Statement(random)).ToList();
                var script = "";
                var lines = new List<int>();
                foreach (var piece in pieces)
                {
                    script += Blank(random);
                    lines.Add(script.Count(c => c == '\n') + 1);
                    script += piece + Blank(random) + ";";
                }

                var statements = SqlStatements.Split(script + Blank(random));

                Assert.Equal(pieces, statements.Select(s => s.Sql));
                Assert.Equal(lines, statements.Select(s => s.Line));
            }
        );

    // Begins and ends with a word, so that what is cut off around it is only white space.
    private static string Statement(Random random)
    {
        string[] parts =
        [
            " ",
            "\n",
            "a",
            "6-5",
            "6/5",
            "';'",
            "'it''s'",
            @"'\''",
            @"'\\'",
            "\"--;\"",
            "`/*;`",
            "-- ; ' \"\n",
            "/* ; ' \n -- */",
            "(1)",
        ];
        return "SELECT " + string.Concat(random.GetItems(parts, random.Next(12))) + " END";
    }

    private static string Blank(Random random) => string.Concat(random.GetItems(new[] { " ", "\n", "\r\n", "\t" }, random.Next(4)));
}
