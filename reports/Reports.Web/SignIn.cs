using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>Signing in with a token, for people: their browser keeps a session's name in a cookie that no script sees, and that comes with
/// links from elsewhere (a mail's) but not with another site's forms.</summary>
internal sealed class SignIn(WebOptions options, Templates templates)
{
    /// <summary>The limit on how often an address may try.</summary>
    public const string Attempts = "sign-in";

    /// <summary>Maps the addresses.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/sign-in", (HttpContext context) => context.WriteAsync(Form(context, "Your token tells which reports you may see.")))
            .AllowAnonymous();
        routes.MapPost("/sign-in", AcceptAsync).AllowAnonymous().RequireRateLimiting(Attempts);
        routes
            .MapPost(
                "/sign-out",
                async (HttpContext context) =>
                {
                    FromHereOnly(context.Request);
                    await context.SignOutAsync();
                    context.Response.Redirect("/sign-in");
                }
            )
            .AllowAnonymous();
    }

    private async Task AcceptAsync(HttpContext context)
    {
        FromHereOnly(context.Request);
        if (options.ReaderOf((await FormOfAsync(context))["token"].ToString().Trim()) is not { } reader)
        {
            await context.WriteAsync(Form(context, "That token isn’t known here. Whoever runs this server gives one out."), 401);
            return;
        }

        context.Items[AccessLog.SignedIn] = reader.Name;
        await context.SignInAsync(reader.Principal);
        context.Response.StatusCode = 303;
        context.Response.Headers.Location = To(context);
    }

    private static async Task<IFormCollection> FormOfAsync(HttpContext context)
    {
        if (
            !MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
        )
        {
            throw new WebFault(
                415,
                "Not a form",
                "send the token as a form's field `token`, or with each request (Authorization: Bearer …)"
            );
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            throw new WebFault(400, "Not a form", "the form can't be read; send its one field `token` (application/x-www-form-urlencoded)");
        }
    }

    // Else another site could sign its visitors in as somebody else, or out. Browsers say where a form comes from.
    private static void FromHereOnly(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        var isHere =
            site.Length > 0
                ? site is "same-origin" or "none"
                : origin.Length == 0
                    || (
                        Uri.TryCreate(origin, UriKind.Absolute, out var from)
                        && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
                    );
        if (!isHere)
        {
            throw new WebFault(403, "From another site", "this form was sent by a page of another site; use /sign-in here");
        }
    }

    private byte[] Form(HttpContext context, string text) =>
        Message.Page(templates, "Sign in", text, signInTo: "/sign-in?to=" + Uri.EscapeDataString(To(context)));

    // An address of this site, whatever the link says: "//elsewhere" is another site's.
    private static string To(HttpContext context) =>
        context.Request.Query["to"].ToString() is var to && RedirectHttpResult.IsLocalUrl(to) ? to : "/";
}
