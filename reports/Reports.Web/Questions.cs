using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;

namespace Reports.Web;

/// <summary>Makes a request's path and query into a report and its values: looked up and bound, never pasted into anything.</summary>
internal sealed class Questions(IReadOnlyDictionary<string, ReportDefinition> reports, ReportRunner runner, WarehouseState state)
{
    /// <summary>The bytes of a query, and of one value in it.</summary>
    public const int MostQuery = 16 << 10;

    /// <summary>What a request keeps the report under that it asks.</summary>
    public static readonly object Asked = new();

    /// <summary>The letters that one value may have.</summary>
    public const int MostValue = 4 << 10;

    /// <summary>The reports that a reader may see, by name.</summary>
    public IEnumerable<ReportDefinition> For(Reader reader) =>
        reports.Values.Where(r => reader.Role == Role.Analyst || r.Public is not null);

    /// <summary>Those among them whose name, title or question has all of some words.</summary>
    public IEnumerable<ReportDefinition> Find(Reader reader, string words) =>
        For(reader)
            .Where(r =>
                words
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .All(w => $"{r.Name} {r.Title} {r.Asks}".Contains(w, StringComparison.OrdinalIgnoreCase))
            );

    /// <summary>The report of that name.</summary>
    /// <exception cref="WebFault">There is none, or not for this reader: which of both stays untold.</exception>
    public ReportDefinition Report(Reader reader, string system, string name) => Report(reader, $"{system}/{name}");

    /// <summary>The report of that name, "system/report".</summary>
    /// <exception cref="WebFault">There is none, or not for this reader: which of both stays untold.</exception>
    public ReportDefinition Report(Reader reader, string name) =>
        reports.TryGetValue(name, out var report) && (reader.Role == Role.Analyst || report.Public is not null)
            ? report
            : throw new WebFault(
                404,
                "No such report",
                $"there is no report '{ParameterFault.Cut(name)}'{Closest.Of(ParameterFault.Cut(name), For(reader).Select(r => r.Name), "reports")}"
            );

    /// <summary>The values that a query gives, by parameter.</summary>
    /// <exception cref="WebFault">It is too long, or gives values to a reader who may give none.</exception>
    public static IReadOnlyDictionary<string, string> Given(
        Reader reader,
        ReportDefinition report,
        HttpRequest request,
        List<ParameterFault> faults
    )
    {
        CheckLength(request);
        if (reader.Role == Role.Public && request.Query.Count > 0)
        {
            throw AsItStands();
        }

        request.HttpContext.Items[Asked] = report;
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in request.Query)
        {
            var parameter = report.Find(name);
            if (parameter is null)
            {
                faults.Add(ParameterFault.Unknown(report.Name, name, report.Parameters));
            }
            else if (values.Count > 1 && !parameter.Type.StartsWith("Array(", StringComparison.Ordinal))
            {
                faults.Add(new ParameterFault(name, "one value", $"'{name}' is given {values.Count} times; expected one value"));
            }
            else
            {
                given.Add(name, string.Join(',', values.AsEnumerable()));
            }
        }

        return given;
    }

    /// <summary>
    /// Why a public reader may give no values: two answers for periods that differ by a day would tell what that day's few sites did.
    /// </summary>
    public static WebFault AsItStands() =>
        new(
            403,
            "As it stands only",
            "a public reader gets a report as it stands: leave the parameters out, or ask for an analyst's token"
        );

    /// <summary>Refuses a query that is too long.</summary>
    /// <exception cref="WebFault">It is.</exception>
    public static void CheckLength(HttpRequest request)
    {
        if (request.QueryString.Value is { Length: > MostQuery })
        {
            throw new WebFault(414, "The query is too long", $"expected at most {MostQuery} bytes after the question mark");
        }
    }

    /// <summary>What is to run; null where a value can't be taken, and <paramref name="faults"/> says why.</summary>
    /// <param name="zone">Whose days are meant where no zone is given; null: UTC's.</param>
    public async Task<ReportRun?> PrepareAsync(
        Reader reader,
        ReportDefinition report,
        IReadOnlyDictionary<string, string> given,
        List<ParameterFault> faults,
        TimeProvider time,
        CancellationToken token,
        TimeZoneInfo? zone = null
    )
    {
        foreach (var (name, value) in given)
        {
            if (report.Find(name) is { } parameter && await FaultAsync(parameter, value, time, token) is { } fault)
            {
                faults.Add(fault);
            }
        }

        if (faults.Count > 0)
        {
            return null;
        }

        var (isPublic, loads) = (reader.Role == Role.Public, await state.LoadsAsync(token));
        try
        {
            return runner.Prepare(isPublic ? report.ForPublic() : report, given, loads, zone: zone) with
            {
                PublicNote = isPublic ? report.Public!.Note : null,
            };
        }
        catch (ReportException e)
        {
            // Each value can be taken, but not all of them together.
            faults.Add(new ParameterFault(ReportParameter.Compare.Name, "another period", e.Message));
            return null;
        }
    }

    private async Task<ParameterFault?> FaultAsync(ReportParameter parameter, string value, TimeProvider time, CancellationToken token)
    {
        if (value.Length > MostValue)
        {
            return new ParameterFault(
                parameter.Name,
                $"at most {MostValue} letters",
                $"'{parameter.Name}': expected at most {MostValue} letters; found {value.Length}"
            );
        }

        if (parameter.Resolve(value, time) is not { } resolved)
        {
            return ParameterFault.Of(parameter, value);
        }

        if (
            state.Values(parameter, token) is { } asked
            && resolved != parameter.Default
            && await asked is var known
            && !known.Contains(resolved)
        )
        {
            return ParameterFault.NotAmong(parameter, value, known);
        }

        return null;
    }
}
