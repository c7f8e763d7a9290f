using System.Text.Json;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Http;

public sealed class BindCancelTests
{
    [TestCase("v1/jobs?cancel=1")]
    [TestCase("v1/credits?CANCEL=true")]
    public async Task A_field_that_is_called_as_a_functions_parameter_is_refused_as_any_other(string path)
    {
        await using var app = await App.Start();
        var account = await app.NewAccount(10);

        var answer = await account.Get(path);

        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.That((int)answer.StatusCode, Is.EqualTo(400), problem.ToString());
        Assert.That(problem.GetProperty("code").GetString(), Is.EqualTo("unknown_field"));
    }
}
