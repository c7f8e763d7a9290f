using Pipeline.Accounts;

namespace Pipeline.Credits;

/// <summary>Storage or other processes stood in the way at every try; the same decision may be taken again later.</summary>
public sealed class LedgerBusyException(AccountId account, int tries)
    : Exception($"Account {account} could not be written at any of {tries} tries.");
