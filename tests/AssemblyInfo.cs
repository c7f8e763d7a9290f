[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
[assembly: Pipeline.Tests.Apps.ShowWarnings]
