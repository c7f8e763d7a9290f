using Azure.Data.Tables;
using Pipeline.Accounts;

namespace Pipeline.Operator;

/// <summary>What is done to all accounts, one after the other.</summary>
internal static class EachAccount
{
    /// <param name="tables">Where they are listed.</param>
    /// <param name="work">Gives how many things it did.</param>
    /// <param name="failed">Told what is wrong with one, which must not keep the others from their turn.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>How many things were done in all.</returns>
    public static async Task<int> Run(
        TableServiceClient tables, Func<AccountId, Task<int>> work, Action<AccountId, Exception> failed, CancellationToken cancel)
    {
        var done = 0;
        await foreach (var account in AccountKeys.All(tables, cancel))
        {
            try
            {
                done += await work(account);
            }
            // The boundary of an account.
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                failed(account, e);
            }
        }

        return done;
    }
}
