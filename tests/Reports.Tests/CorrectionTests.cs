using Reports.Mail;
using Xunit;

namespace Reports.Tests;

public sealed class CorrectionTests
{
    [Fact]
    public void Compare_Same_IsNothing() =>
        Assert.Empty(CorrectionMail.Compare(Figures(["a", "1"], ["b", "2"]), Figures(["a", "1"], ["b", "2"])));

    [Fact]
    public void Compare_OtherOrder_IsNothing() =>
        Assert.Empty(CorrectionMail.Compare(Figures(["a", "1"], ["b", "1"]), Figures(["b", "1"], ["a", "1"])));

    [Fact]
    public void Compare_ChangedGoneAndNew_TellsEach() =>
        Assert.Equal(
            [
                new ChangedFigure("a", "Sites", "1", "3"),
                new ChangedFigure("b", "", "Sites 2", ""),
                new ChangedFigure("c", "", "", "Sites 9"),
            ],
            CorrectionMail.Compare(Figures(["a", "1"], ["b", "2"]), Figures(["a", "3"], ["c", "9"]))
        );

    [Fact]
    public void Compare_RowsOfOneName_AreToldApartByTheirOrder() =>
        Assert.Equal(
            [new ChangedFigure("a (2)", "Sites", "2", "5")],
            CorrectionMail.Compare(Figures(["a", "1"], ["a", "2"]), Figures(["a", "1"], ["a", "5"]))
        );

    [Fact]
    public void Write_Figures_ReadBackTheSame()
    {
        var json = DigestFigures.Write([Figures(["ü <b>", "1"])]);

        Assert.Contains("ü <b>", json, StringComparison.Ordinal);
        Assert.Equal(json, DigestFigures.Write(DigestFigures.Read(json)));
    }

    private static ShownFigures Figures(params string[][] rows) =>
        new("fuel/x", new Dictionary<string, string>(), "", true, 10, ["Os", "Sites"], [false, true], rows);
}
