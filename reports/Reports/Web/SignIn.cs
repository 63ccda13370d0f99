using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>Signing in with a token, for people: their browser keeps it in a cookie that no script sees and no other site sends.</summary>
internal sealed class SignIn(Access access, Templates templates)
{
    /// <summary>Maps the addresses.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sign-in", (HttpContext context) => context.WriteAsync(Form(context, "Your token tells which reports you may see.")));
        routes.MapPost("/sign-in", AcceptAsync);
        routes.MapPost("/sign-out", (HttpContext context) =>
        {
            context.Response.Cookies.Delete(Access.Cookie);
            return Results.LocalRedirect("/sign-in");
        });
    }

    private async Task AcceptAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            throw new WebFault(415, "Not a form", "send the token as a form's field `token`, or with each request (Authorization: Bearer …)");
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false);
        var token = form["token"].ToString().Trim();
        if (access.ByToken(token) is null)
        {
            await context.WriteAsync(Form(context, "That token isn’t known here. Whoever runs this server gives one out."), 401).ConfigureAwait(false);
            return;
        }

        context.Response.Cookies.Append(Access.Cookie, token, new CookieOptions { HttpOnly = true, Secure = context.Request.IsHttps, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromDays(30) });
        context.Response.StatusCode = 303;
        context.Response.Headers.Location = To(context);
    }

    private byte[] Form(HttpContext context, string text) => Message.Page(templates, "Sign in", text, signInTo: "/sign-in?to=" + Uri.EscapeDataString(To(context)));

    // An address of this site, whatever the link says: "//elsewhere" is another site's.
    private static string To(HttpContext context) =>
        context.Request.Query["to"].ToString() is ['/', not ('/' or '\\'), ..] to && !to.Any(char.IsControl) ? to : "/";
}
