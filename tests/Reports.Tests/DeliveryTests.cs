using Reports.Mail;
using Reports.Mail.Delivery;
using WarehouseSql.Runs;
using Xunit;

namespace Reports.Tests;

public sealed class DeliveryTests
{
    private static readonly DateTime Noon = new(2026, 3, 15, 12, 0, 0, DateTimeKind.Utc);
    private static readonly MailKey Key = new(MailKind.Digest, "weekly", Occurrence.Parse("2026-03-15T12:00:00Z"), "team@example.org");

    // Rows as "state attempt minutes-after-noon", and how the mail stands 20 minutes after noon.
    [Theory]
    [InlineData("Due", "planned - 0")]
    [InlineData("Due", "planned - 0", "claimed a 1")]
    [InlineData("Claimed", "planned - 0", "claimed a 18")]
    [InlineData("Due", "planned - 0", "claimed a 18", "withdrawn a 19")]
    [InlineData("Sending", "claimed a 18", "sending a 19")]
    [InlineData("Unclear", "claimed a 1", "sending a 2")]
    [InlineData("Unclear", "claimed a 18", "sending a 18", "unclear a 19")]
    [InlineData("Unclear", "sending a 1", "claimed b 17", "withdrawn b 18")]
    [InlineData("Sent", "claimed a 18", "sending a 18", "sent a 19")]
    [InlineData("Sent", "sending a 1", "unclear a 2", "sent hand 3")]
    [InlineData("Deferred", "claimed a 18", "sending a 18", "deferred a 19")]
    [InlineData("Refused", "claimed a 18", "refused a 19")]
    [InlineData("Skipped", "planned - 0", "skipped - 1")]
    [InlineData("Sent", "sent a 1", "skipped - 2")]
    [InlineData("Due", "sending a 1", "unclear a 2", "again hand 3 a")]
    [InlineData("Due", "sent a 1", "again hand 3 a")]
    [InlineData("Sent", "sent a 1", "again hand 3 a", "claimed b 4", "sending b 4", "sent b 5")]
    // The warehouse's clock was set back between.
    [InlineData("Sent", "sent b 1", "sent a 2", "again hand 3 a")]
    public void Of_Rows_StandsLikeThat(string expected, params string[] rows) => Assert.Equal(expected, Stand(rows).State.ToString());

    [Fact]
    public void Of_FailedThrice_PausesFourMinutes()
    {
        var standing = Stand("deferred a 1", "deferred b 3", "deferred c 10");

        Assert.Equal(Noon.AddMinutes(14), standing.Retry);
        Assert.True(standing.MayBegin(Noon.AddMinutes(14), byHand: false));
        Assert.False(standing.MayBegin(Noon.AddMinutes(13), byHand: false));
        Assert.True(standing.MayBegin(Noon.AddMinutes(11), byHand: true));
    }

    [Fact]
    public void Of_FailedAfterALongWait_IsFailingSinceTheFirstFailure() =>
        Assert.Equal(Noon.AddMinutes(18), Stand("planned - 0", "deferred a 18", "deferred b 19").Failing);

    [Fact]
    public void Of_FailedOften_PausesAnHourAtMost() =>
        Assert.Equal(Noon.AddMinutes(60), Stand([.. Enumerable.Range(0, 40).Select(i => $"deferred a{i} 0")]).Retry);

    [Fact]
    public void MessageId_SameMail_IsTheSame()
    {
        Assert.Equal(Key.MessageId("example.org"), (Key with { }).MessageId("example.org"));
        Assert.NotEqual(Key.Id, (Key with { Recipient = "other@example.org" }).Id);
        Assert.NotEqual(
            new MailKey(MailKind.Watch, "b", new Occurrence.Named(""), "").Id,
            new MailKey(MailKind.Watch, "", new Occurrence.Named("b"), "").Id
        );
    }

    [Theory]
    [InlineData("2026-03-15T12:00:00Z", typeof(Occurrence.Scheduled))]
    [InlineData("2026-03-15T12:00:00Z/12", typeof(Occurrence.Correction))]
    [InlineData("incident 3", typeof(Occurrence.Incident))]
    [InlineData("2026-03-15", typeof(Occurrence.Named))]
    [InlineData("incident three", typeof(Occurrence.Named))]
    [InlineData("2026-03-15T12:00:00Z/-1", typeof(Occurrence.Named))]
    [InlineData("0123456789abcdef", typeof(Occurrence.Named))]
    public void Occurrence_WhatTheLedgerHolds_IsReadAsItWasWritten(string text, Type kind)
    {
        var occurrence = Occurrence.Parse(text);

        Assert.IsType(kind, occurrence);
        Assert.Equal(text, occurrence.Text);
        Assert.Equal(occurrence, Occurrence.Parse(text));
    }

    [Theory]
    [InlineData(MailKind.AllClear, "all-clear")]
    [InlineData(MailKind.Digest, "digest")]
    [InlineData(MailState.Withdrawn, "withdrawn")]
    public void Name_OfAKindOrState_IsTheLedgers(Enum value, string name) => Assert.Equal(name, value.Name());

    private static MailStanding Stand(params string[] rows) =>
        MailStanding.Of(
            Key,
            [
                .. rows.Select(r => r.Split(' '))
                    .Select(r =>
                        LedgerRow.Of(Key, Enum.Parse<MailState>(r[0], ignoreCase: true), r.Length > 3 ? r[3] : "") with
                        {
                            Attempt = r[1],
                            At = Noon.AddMinutes(int.Parse(r[2], System.Globalization.CultureInfo.InvariantCulture)),
                        }
                    ),
            ],
            Noon.AddMinutes(20)
        );
}
