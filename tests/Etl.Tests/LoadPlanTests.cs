using Etl.Loading;
using Xunit;

namespace Etl.Tests;

public sealed class LoadPlanTests
{
    // What each load of each mode does. A row that changes here changes what is done with people's data.
    private const string Table = """
        mode     load        begins  first         window  source   compared  published         may lose  own losses  resumes
        append   incremental goes on               no      counted  no        Attach                      Before      no
        append   backfill    anew                  yes     held     yes       ReplaceAll        0         Never       yes
        append   verify      anew    loads the new yes     held     yes       Nothing                     Never       no
        append   heal        anew    loads the new yes     held     yes       ReplaceDifferent  1         Never       no
        append   accept      anew                  yes     any      yes       Attach                      Never       no
        snapshot incremental goes on               no      counted  no        Attach                      Before      no
        snapshot backfill    anew                  yes     held     yes       Attach                      After       yes
        snapshot verify      anew    loads the new yes     held     yes       Nothing                     After       no
        snapshot heal        anew    loads the new yes     held     yes       Attach                      After       no
        snapshot accept      anew                  yes     any      yes       Attach                      Never       no
        full     incremental anew                  no      counted  yes       ReplaceDifferent  1         Never       no
        full     backfill    —
        full     verify      anew    one snapshot  no      held     yes       Nothing                     Never       no
        full     heal        anew    one snapshot  no      held     yes       ReplaceDifferent  1         Never       no
        full     accept      anew                  no      any      yes       ReplaceDifferent  anything  Never       no
        """;

    [Fact]
    public void Of_EveryModeAndKind_IsThisTable()
    {
        var rows = from mode in Enum.GetValues<ExtractMode>() from kind in Enum.GetValues<LoadKind>() select RowOf(mode, kind);
        Assert.Equal(Table.Split('\n')[1..], rows);
    }

    [Fact]
    public void Of_Force_LetsAnythingGoAndADryRunPublishesNothing()
    {
        var extract = new ExtractDefinition();
        Assert.Null(LoadPlan.Of(extract, new LoadRequest(LoadKind.Heal, Force: true)).MayLose);
        var dry = LoadPlan.Of(extract, new LoadRequest(LoadKind.Backfill, DryRun: true));
        Assert.Equal((Publishing.Nothing, true), (dry.Publishes, dry.Resumes));
        Assert.Equal(LossCheck.Never, LoadPlan.Of(extract, new LoadRequest(LoadKind.Incremental, Overlaps: false)).ChecksLoss);
    }

    private static string RowOf(ExtractMode mode, LoadKind kind)
    {
        var name = $"{mode.ToString().ToLowerInvariant(), -8} {kind.ToString().ToLowerInvariant(), -11} ";
        if (LoadPlan.Of(mode, kind) is not { } plan)
        {
            return name + "—";
        }

        Assert.Equal(kind.ToString().ToLowerInvariant(), plan.Name);
        var first =
            plan.LoadsNewFirst ? "loads the new"
            : plan.HoldsSnapshot ? "one snapshot"
            : "";
        var source =
            plan.TakesAnySource ? "any"
            : plan.CountsSource ? "counted"
            : "held";
        var loses =
            !plan.Replaces ? ""
            : plan.MayLose is { } few ? few.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : "anything";
        return name
            + $"{(plan.GoesOn ? "goes on" : "anew"), -7} {first, -13} {(plan.TakesWindow ? "yes" : "no"), -7} {source, -8} {(plan.Compares ? "yes" : "no"), -9} {plan.Publishes, -17} {loses, -9} {plan.ChecksLoss, -11} {(plan.Resumes ? "yes" : "no")}";
    }
}
