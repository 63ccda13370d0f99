using System.Text;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>A page that says one thing: what went wrong, how far something is, who one is.</summary>
internal static class Message
{
    /// <summary>The page.</summary>
    /// <param name="templates">The templates.</param>
    /// <param name="title">What it is about.</param>
    /// <param name="text">What it says.</param>
    /// <param name="isWaiting">Whether it comes again by itself.</param>
    /// <param name="percent">How far something is; null: nobody knows.</param>
    /// <param name="signInTo">Where signing in leads; null: it isn't about that.</param>
    public static byte[] Page(
        Templates templates,
        string title,
        string text,
        bool isWaiting = false,
        int? percent = null,
        string? signInTo = null
    ) =>
        Encoding.UTF8.GetBytes(
            templates.Render("message", new MessageModel(title, text, isWaiting, percent, signInTo, new WebPart(Assets.Links)))
        );

    /// <summary>A message as a sentence.</summary>
    public static string Sentence(string message) =>
        message.Length == 0 ? "" : char.ToUpperInvariant(message[0]) + message[1..].TrimEnd('.', '?') + (message.EndsWith('?') ? "?" : ".");

    /// <summary>Answers with a page.</summary>
    public static async Task WriteAsync(this HttpContext context, byte[] page, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = page.Length;
        await context.Response.Body.WriteAsync(page, context.RequestAborted);
    }

    /// <summary>Who sent this request.</summary>
    public static Reader Reader(this HttpContext context) =>
        context.ReaderOrNull() ?? throw new InvalidOperationException("nobody looked who asks");

    /// <summary>Who sent this request; null: that isn't known yet, or nobody who may.</summary>
    public static Reader? ReaderOrNull(this HttpContext context) => Web.Reader.Of(context.User);
}

/// <summary>What the template <c>message</c> can name.</summary>
internal sealed record MessageModel(string Title, string Text, bool IsWaiting, int? Percent, string? SignInTo, WebPart Web);
