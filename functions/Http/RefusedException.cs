namespace Pipeline.Http;

/// <summary>A refusal from deeper than a function's own lines; <see cref="ProblemMiddleware"/> answers with its problem.</summary>
public sealed class RefusedException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
