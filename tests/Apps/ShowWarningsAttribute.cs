using System.Collections.Concurrent;
using Local.Up;
using NUnit.Framework.Interfaces;

namespace Pipeline.Tests.Apps;

/// <summary>Shows with a test that failed what its apps warned of: what fails on some machines only is not explained otherwise.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ShowWarningsAttribute : Attribute, ITestAction
{
    private const int LinesMax = 50;

    /// <summary>By fixture. The app that a fixture's tests share stays here until the run ends, with 10,000 lines at most.</summary>
    private static readonly ConcurrentDictionary<string, ConcurrentBag<AppProcess>> Started = new();

    public ActionTargets Targets => ActionTargets.Test;

    private static string Fixture => TestContext.CurrentContext.Test.ClassName ?? "";

    /// <summary>Remembers an app of the test, or of the fixture, that runs now.</summary>
    public static AppProcess Watch(AppProcess app)
    {
        Started.GetOrAdd(Fixture, _ => []).Add(app);
        return app;
    }

    public void BeforeTest(ITest test)
    {
        // What the test will start is not there yet, and what its fixture started is known.
    }

    public void AfterTest(ITest test)
    {
        if (!Started.TryGetValue(Fixture, out var apps)) return;
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
            foreach (var app in apps) TestContext.Out.WriteLine(Warnings(app));
        Started[Fixture] = [.. apps.Where(app => !app.Ended.IsCompleted)];
    }

    private static string Warnings(AppProcess app) => string.Join(
        Environment.NewLine,
        app.Lines.Where(line => line.Contains("warn: ") || line.Contains("fail: ") || line.Contains("crit: ")).TakeLast(LinesMax)
            .Prepend($"Process {app.Id}, {app.Url}, its last warnings:"));
}
