using System.Globalization;
using Azure.Data.Tables;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>How far a running manifest has come. Its jobs are made, then sent to their lanes, then collected when they are done.</summary>
public sealed record ManifestProgress
{
    /// <summary>How many of its jobs exist: those of the first so many lines of the plan.</summary>
    public int Created { get; init; }

    /// <summary>Where in the plan the line of the next job begins, in bytes.</summary>
    public long PlanRead { get; init; }

    /// <summary>How many were sent to a lane, or, once the manifest was ended, ended unsent: the first so many.</summary>
    public int Sent { get; init; }

    /// <summary>What those cost that were sent: it is held for each of them now, or settled.</summary>
    public long SentCredits { get; init; }

    /// <summary>The places of those that were sent and not collected, in ascending order.</summary>
    public IReadOnlyList<int> Open { get; init; } = [];

    /// <summary>How many of those were being worked on when they were last looked at.</summary>
    public int Running { get; init; }

    public int Succeeded { get; init; }

    public int PartiallySucceeded { get; init; }

    public int Failed { get; init; }

    public int Canceled { get; init; }

    public int Expired { get; init; }

    /// <summary>Of the jobs that were collected, in credits.</summary>
    public long Captured { get; init; }

    /// <summary>Of the jobs that were collected, in credits.</summary>
    public long Released { get; init; }

    /// <summary>How long the file of results is.</summary>
    public long ResultsBytes { get; init; }

    /// <summary>How long the file of errors is.</summary>
    public long ErrorsBytes { get; init; }

    /// <summary>How often in a row nothing had changed.</summary>
    public int Quiet { get; init; }

    public int Collected => Succeeded + PartiallySucceeded + Failed + Canceled + Expired;

    /// <summary>With one more job that is done.</summary>
    public ManifestProgress With(Job job)
    {
        var next = this with
        {
            Captured = Captured + job.Credits.Captured,
            Released = Released + job.Credits.Released,
        };
        return job.Status switch
        {
            JobStatus.Succeeded => next with { Succeeded = Succeeded + 1 },
            JobStatus.PartiallySucceeded => next with { PartiallySucceeded = PartiallySucceeded + 1 },
            JobStatus.Failed => next with { Failed = Failed + 1 },
            JobStatus.Canceled => next with { Canceled = Canceled + 1 },
            JobStatus.Expired => next with { Expired = Expired + 1 },
            _ => throw new InvalidOperationException($"Job {job.Id} is open."),
        };
    }

    public void Write(TableEntity row)
    {
        row["Created"] = Created;
        row["PlanRead"] = PlanRead;
        row["Sent"] = Sent;
        row["SentCredits"] = SentCredits;
        row["Open"] = string.Join(' ', Open.Select(place => place.ToString(CultureInfo.InvariantCulture)));
        row["Running"] = Running;
        row["Succeeded"] = Succeeded;
        row["PartiallySucceeded"] = PartiallySucceeded;
        row["Failed"] = Failed;
        row["Canceled"] = Canceled;
        row["Expired"] = Expired;
        row["Captured"] = Captured;
        row["Released"] = Released;
        row["ResultsBytes"] = ResultsBytes;
        row["ErrorsBytes"] = ErrorsBytes;
        row["Quiet"] = Quiet;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static ManifestProgress FromRow(TableEntity row) => new()
    {
        Created = row.Required("Created", row.GetInt32),
        PlanRead = row.Required("PlanRead", row.GetInt64),
        Sent = row.Required("Sent", row.GetInt32),
        SentCredits = row.Required("SentCredits", row.GetInt64),
        Open = [.. row.Words("Open").Select(place => int.Parse(place, NumberStyles.None, CultureInfo.InvariantCulture))],
        Running = row.Required("Running", row.GetInt32),
        Succeeded = row.Required("Succeeded", row.GetInt32),
        PartiallySucceeded = row.Required("PartiallySucceeded", row.GetInt32),
        Failed = row.Required("Failed", row.GetInt32),
        Canceled = row.Required("Canceled", row.GetInt32),
        Expired = row.Required("Expired", row.GetInt32),
        Captured = row.Required("Captured", row.GetInt64),
        Released = row.Required("Released", row.GetInt64),
        ResultsBytes = row.Required("ResultsBytes", row.GetInt64),
        ErrorsBytes = row.Required("ErrorsBytes", row.GetInt64),
        Quiet = row.Required("Quiet", row.GetInt32),
    };
}
