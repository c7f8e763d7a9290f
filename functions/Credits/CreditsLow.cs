using Pipeline.Events;

namespace Pipeline.Credits;

/// <summary>The event that fewer credits are available than the account's limit <c>credits_low</c>: once for each fall.</summary>
internal static class CreditsLow
{
    public static NewEvent Of(Books books) =>
        NewEvent.Of(EventTypes.CreditsLow, new Data("v1/credits", books.Balance.Available, books.Limits.CreditsLow ?? 0));

    private sealed record Data(string Url, long Available, long CreditsLow);
}
