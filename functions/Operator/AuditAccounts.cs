using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Telemetry;

namespace Pipeline.Operator;

/// <summary>
/// Proves the books of all accounts at night, without their images, so that nobody need ask to hear that something is wrong.
/// </summary>
public sealed partial class AuditAccounts(
    TableServiceClient tables, AuditAccount audit, Random random, TimeProvider time, ILogger<AuditAccounts> logger)
{
    /// <summary>The host ends an invocation after 15 min (<c>functionTimeout</c>).</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(13);

    [Function("AuditAccounts")]
    public async Task Run([TimerTrigger("0 57 2 * * *")] TimerInfo timer, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(TimeMax, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        var accounts = new List<AccountId>();
        await foreach (var account in AccountKeys.All(tables, cancel)) accounts.Add(account);

        // From another one on each night: if the time is not enough for all, each comes to its turn.
        var first = accounts.Count > 0 ? random.Next(accounts.Count) : 0;
        for (var looked = 0; looked < accounts.Count; looked++)
        {
            var account = accounts[(first + looked) % accounts.Count];
            try
            {
                await Audit(account, stop.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested && !cancel.IsCancellationRequested)
            {
                Meters.Audit("unread");
                Log.OutOfTime(logger, account.Value, looked, accounts.Count, TimeMax);
                return;
            }
            // The boundary of an account: what is wrong with one must not keep the others from their turn.
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                Meters.Audit("unread");
                Log.Unread(logger, account.Value, e);
            }
        }

        Log.Audited(logger, accounts.Count);
    }

    private async Task Audit(AccountId account, CancellationToken cancel)
    {
        var found = await audit.Run(account, from: null, withImages: false, cancel);
        Meters.Audit(found.IsRight ? "ok" : "wrong");
        foreach (var check in found.Checks.Where(check => !check.Ok)) Log.Wrong(logger, account.Value, check.Name, check.Detail);
    }

    private static partial class Log
    {
        [LoggerMessage(65, LogLevel.Information, "The books of all {Accounts} accounts were looked at.")]
        public static partial void Audited(ILogger logger, int accounts);

        [LoggerMessage(66, LogLevel.Critical,
            "{Account}: its books are wrong, by the check {Check}: {Detail}. GET /v1/operator/verify?account= tells all.")]
        public static partial void Wrong(ILogger logger, string account, string check, string detail);

        [LoggerMessage(67, LogLevel.Error, "{Account}: its books could not be verified; the next night tries again.")]
        public static partial void Unread(ILogger logger, string account, Exception e);

        [LoggerMessage(68, LogLevel.Warning,
            "{Account}: its books could not be verified within {Limit}, after {Looked} of {Accounts} accounts; the next night goes on.")]
        public static partial void OutOfTime(ILogger logger, string account, int looked, int accounts, TimeSpan limit);
    }
}
