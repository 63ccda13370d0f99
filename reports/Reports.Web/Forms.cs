using Reports.Definitions;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>Forms of parameters, with what the data suggests.</summary>
internal sealed class Forms(WarehouseState state, TimeProvider time)
{
    /// <summary>The form of a report's page.</summary>
    /// <param name="given">What was asked.</param>
    /// <param name="resolved">What it is asked with; null: it can't be.</param>
    public async Task<FormPart> OfAsync(
        ReportDefinition report,
        IReadOnlyDictionary<string, string> given,
        IReadOnlyList<(ReportParameter Parameter, string Value)>? resolved,
        IReadOnlyCollection<ParameterFault> faults,
        CancellationToken token
    )
    {
        var bound = resolved is null ? report.Bind(new Dictionary<string, string>(), time) : report.Bind(resolved);
        var fields = new List<FormField>();
        // What nobody asked for doesn't take room; but what was given stays.
        foreach (var parameter in report.Parameters.Concat(report.Further.Where(f => given.ContainsKey(f.Name))))
        {
            var value =
                resolved?.FirstOrDefault(p => p.Parameter.Name == parameter.Name).Value
                ?? given.GetValueOrDefault(parameter.Name)
                ?? parameter.Resolve(parameter.Default, time)!;
            fields.Add(await FieldAsync(parameter, value, isRequired: true, bound, faults, token));
        }

        return Form("/reports/" + report.Name, fields, [.. report.Parameters, .. report.Further], given, faults);
    }

    /// <summary>The form of a page of several reports: an empty field leaves each of them what it has by itself.</summary>
    public async Task<FormPart> OfAsync(
        string address,
        IReadOnlyList<ReportParameter> shared,
        IReadOnlyDictionary<string, string> given,
        IReadOnlyCollection<ParameterFault> faults,
        CancellationToken token
    )
    {
        var bound = shared.ToDictionary(
            p => p.Name,
            string? (p) => p.ToClickHouse(p.Resolve(given.GetValueOrDefault(p.Name, p.Default), time) ?? p.Resolve(p.Default, time)!)
        );
        var fields = new List<FormField>();
        foreach (
            var parameter in shared.Where(p => given.ContainsKey(p.Name) || (p != ReportParameter.Compare && p != ReportParameter.Zone))
        )
        {
            var value = given.TryGetValue(parameter.Name, out var text) ? parameter.Resolve(text, time) ?? text : "";
            fields.Add(await FieldAsync(parameter, value, isRequired: false, bound, faults, token));
        }

        return Form(address, fields, shared, given, faults);
    }

    /// <summary>What can't be taken, as a sentence; empty: nothing.</summary>
    public static string Sentence(IReadOnlyCollection<ParameterFault> faults) =>
        Message.Sentence(string.Join("; ", faults.Select(f => f.Message)));

    private static FormPart Form(
        string address,
        IReadOnlyList<FormField> fields,
        IEnumerable<ReportParameter> parameters,
        IReadOnlyDictionary<string, string> given,
        IReadOnlyCollection<ParameterFault> faults
    ) => new(Assets.Links, fields, Sentence(faults)) { Action = address, Choices = PeriodChoices.Of(address, parameters, given) };

    private async Task<FormField> FieldAsync(
        ReportParameter parameter,
        string value,
        bool isRequired,
        IReadOnlyDictionary<string, string?> bound,
        IEnumerable<ParameterFault> faults,
        CancellationToken token
    )
    {
        var type = parameter.Type switch
        {
            "Date" => "date",
            "Int32" or "Int64" or "UInt32" or "Float64" => "number",
            _ => "text",
        };
        var expected = faults.FirstOrDefault(f => f.Parameter == parameter.Name)?.Expected;
        return new FormField(
            parameter.Name,
            parameter.Is,
            // A day or number that is none can't stand in its field.
            Value: expected is not null && type != "text" ? "" : value,
            Type: type,
            // An empty field isn't no.
            IsChoice: isRequired && parameter.Type == "Bool",
            IsTrue: value == "true",
            Step: parameter.Type == "Float64" ? "any" : null,
            // An empty text is a value; an empty day or number isn't.
            IsRequired: isRequired && type != "text",
            Fault: expected,
            Values: parameter == ReportParameter.Compare
                ? [ReportParameter.PeriodBefore, ReportParameter.YearBefore]
                : [.. (await state.SuggestionsAsync(parameter, bound, token)).Take(WarehouseState.MostValues)]
        );
    }
}
