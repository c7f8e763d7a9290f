namespace Local.ImageApi.Faults;

/// <summary>What befalls one call: at most one thing in place of its answer, and things that spoil a good answer.</summary>
internal sealed record CallFaults(Fault? InPlaceOfAnswer, bool Fewer, bool WrongSize, Fault? Url)
{
    /// <summary>Of several that exclude each other the first wins.</summary>
    public static CallFaults From(IReadOnlyCollection<Fault> faults) => new(
        First(faults, fault => fault < Fault.Fewer),
        faults.Contains(Fault.Fewer),
        faults.Contains(Fault.WrongSize),
        First(faults, fault => fault >= Fault.UrlNotFound));

    private static Fault? First(IEnumerable<Fault> faults, Predicate<Fault> match)
    {
        foreach (var fault in faults)
        {
            if (match(fault)) return fault;
        }

        return null;
    }
}
