using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MediaTypeHeaderValue = Microsoft.Net.Http.Headers.MediaTypeHeaderValue;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>Signing in with a token, for people: their browser keeps it in a cookie that no script sees, and that comes with links from elsewhere (a mail's) but not with another site's forms.</summary>
internal sealed class SignIn(Access access, Templates templates)
{
    /// <summary>Maps the addresses.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sign-in", (HttpContext context) => context.WriteAsync(Form(context, "Your token tells which reports you may see.")));
        routes.MapPost("/sign-in", AcceptAsync);
        routes.MapPost("/sign-out", (HttpContext context) =>
        {
            FromHereOnly(context.Request);
            context.Response.Cookies.Delete(Access.Cookie);
            return Results.LocalRedirect("/sign-in");
        });
    }

    private async Task AcceptAsync(HttpContext context)
    {
        FromHereOnly(context.Request);
        var token = (await FormOfAsync(context).ConfigureAwait(false))["token"].ToString().Trim();
        if (access.ByToken(token) is null)
        {
            await context.WriteAsync(Form(context, "That token isn’t known here. Whoever runs this server gives one out."), 401).ConfigureAwait(false);
            return;
        }

        context.Response.Cookies.Append(Access.Cookie, token, new CookieOptions { HttpOnly = true, Secure = context.Request.IsHttps, SameSite = SameSiteMode.Lax, MaxAge = TimeSpan.FromDays(30) });
        context.Response.StatusCode = 303;
        context.Response.Headers.Location = To(context);
    }

    private static async Task<IFormCollection> FormOfAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            throw new WebFault(415, "Not a form", "send the token as a form's field `token`, or with each request (Authorization: Bearer …)");
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false);
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
        var isHere = site.Length > 0 ? site is "same-origin" or "none"
            : origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
        if (!isHere)
        {
            throw new WebFault(403, "From another site", "this form was sent by a page of another site; use /sign-in here");
        }
    }

    private byte[] Form(HttpContext context, string text) => Message.Page(templates, "Sign in", text, signInTo: "/sign-in?to=" + Uri.EscapeDataString(To(context)));

    // An address of this site, whatever the link says: "//elsewhere" is another site's.
    private static string To(HttpContext context) =>
        context.Request.Query["to"].ToString() is ['/', not ('/' or '\\'), ..] to && !to.Any(char.IsControl) ? to : "/";
}
