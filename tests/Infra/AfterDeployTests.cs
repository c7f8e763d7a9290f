using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Local.Up;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Infra;

/// <summary>The hook after a deployment, against the app itself.</summary>
public sealed partial class AfterDeployTests
{
    /// <summary>The two commands that it may run; the first fails as often as the file beside it says.</summary>
    private const string Az =
        """
        case "$*" in
          "deployment group create --subscription sub --resource-group rg-trial --name pipeline-events --template-file $EVENTS \
        --parameters appName=func-trial topicName=evgt-trial --output none")
            [ "$(grep -c deployment "$CALLS")" -gt "$FAILURES" ] ;;
          "functionapp keys list --subscription sub --resource-group rg-trial --name func-trial --query functionKeys.default --output tsv")
            echo "$KEY" ;;
          *)
            echo "unexpected: az $*" >&2
            exit 64 ;;
        esac
        """;

    private App app = null!;

    [OneTimeSetUp]
    public async Task StartApp() => app = await App.Start();

    [OneTimeTearDown]
    public async Task StopApp() => await app.DisposeAsync();

    [Test]
    public async Task The_first_deployment_opens_the_first_account_and_the_next_leave_it_as_it_is()
    {
        using var hook = Hook("first");

        var first = await hook.Run("after-deploy");
        var second = await hook.Run("after-deploy");

        Assert.That(first.Code, Is.Zero, first.Printed);
        Assert.That(second.Code, Is.Zero, second.Printed);
        var key = ApiKey().Match(first.Printed).Value;
        Assert.That(await Available(key), Is.EqualTo(250));
        Assert.That(second.Printed, Does.Contain("'first' is there already").And.Not.Match(ApiKey()));
        Assert.That(await Keys("first"), Is.EqualTo(1));
        Assert.That(hook.Calls, Has.Length.EqualTo(4));
        Assert.That(string.Join(' ', hook.Calls), Does.Not.Contain(App.OperatorKey).And.Not.Contain(key));
    }

    [Test]
    public async Task A_subscription_that_the_host_is_not_ready_for_is_tried_again()
    {
        using var hook = Hook("patient");
        hook.Environment["FAILURES"] = "2";

        var (code, printed) = await hook.Run("after-deploy");

        Assert.That(code, Is.Zero, printed);
        Assert.That(hook.Calls.Count(call => call.StartsWith("az deployment", StringComparison.Ordinal)), Is.EqualTo(3));
    }

    [Test]
    public async Task Without_the_subscription_nothing_is_opened()
    {
        using var hook = Hook("unconnected");
        hook.Environment["FAILURES"] = "99";

        var (code, printed) = await hook.Run("after-deploy");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(printed, Does.Contain("az login"));
        Assert.That(await Keys("unconnected"), Is.Zero);
    }

    [Test]
    public async Task A_wrong_key_of_the_host_is_told_as_the_app_tells_it()
    {
        using var hook = Hook("refused");
        hook.Environment["KEY"] = "wrong";

        var (code, printed) = await hook.Run("after-deploy");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(printed, Does.Contain("'refused' could not be opened: 401"));
    }

    [Test]
    public async Task An_account_that_the_app_does_not_take_is_no_success()
    {
        using var hook = Hook("No Account");

        var (code, printed) = await hook.Run("after-deploy");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(printed, Does.Contain("/id"));
    }

    [Test]
    public async Task Nobody_needs_to_have_a_first_account()
    {
        using var hook = Hook("none");

        var (code, printed) = await hook.Run("after-deploy");

        Assert.That(code, Is.Zero, printed);
        Assert.That(hook.Calls, Has.Length.EqualTo(1));
        Assert.That(printed, Does.Not.Match(ApiKey()));
    }

    [Test]
    public async Task What_azd_does_not_know_yet_is_named()
    {
        using var hook = Hook("nowhere");
        hook.Environment["PIPELINE_TOPIC"] = "";

        var (code, printed) = await hook.Run("after-deploy");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(printed.TrimEnd(), Is.EqualTo(
            "PIPELINE_TOPIC is missing: after 'azd provision', azd hands it to its hooks: 'azd hooks run postdeploy'."));
        Assert.That(hook.Calls, Is.Empty);
    }

    private HookProcess Hook(string account)
    {
        var hook = new HookProcess();
        hook.Fake("az", Az);
        hook.Environment["PIPELINE_URL"] = app.Process.Url.AbsoluteUri;
        hook.Environment["FIRST_ACCOUNT"] = account;
        hook.Environment["FIRST_ACCOUNT_CREDITS"] = "250";
        hook.Environment["EVENTS"] = Checkout.PathTo("infra", "events.bicep");
        hook.Environment["KEY"] = App.OperatorKey;
        hook.Environment["FAILURES"] = "0";
        return hook;
    }

    private async Task<long> Available(string key)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        return JsonElement.Parse(await http.GetStringAsync(new Uri(app.Process.Url, "v1/credits"))).GetProperty("available").GetInt64();
    }

    private async Task<int> Keys(string account)
    {
        var answer = await app.Operator(HttpMethod.Get, $"v1/operator/accounts/{account}/keys");
        return answer.IsSuccessStatusCode
            ? JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("data").GetArrayLength()
            : 0;
    }

    [GeneratedRegex("nb_[A-Za-z0-9_]{20,}")]
    private static partial Regex ApiKey();
}
