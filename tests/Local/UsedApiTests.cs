using System.Reflection;
using Local.Up;

namespace Pipeline.Tests.Local;

/// <summary>
/// The app takes only what the lists of Microsoft's packages show: of the host's stand-in what is there on Azure, of the table client what
/// it has shown for long. The lists are asked, not the assemblies.
/// </summary>
public sealed class UsedApiTests
{
    private static readonly Dictionary<string, ApiType> Listed = ApiType.Listed();

    /// <summary>
    /// The table client, the project that stands in for the worker, and the others in <c>local/</c>, of which the app uses nothing at all.
    /// </summary>
    private static readonly string[] Assemblies =
    [
        "Azure.Data.Tables",
        .. Directory.EnumerateFiles(Checkout.PathTo("local"), "*.csproj", SearchOption.AllDirectories)
            .Select(project => Path.GetFileNameWithoutExtension(project)),
    ];

    private static readonly IReadOnlyList<UsedApi> Used = UsedApi.Of(typeof(Settings).Assembly, Assemblies);

    [Test]
    public void The_app_uses_only_what_the_lists_show() => Assert.That(NotIn(Listed), Is.Empty);

    [TestCase("Azure.Data.Tables: TableClient", null)]
    [TestCase("Azure.Data.Tables: TableEntity", "string PartitionKey { get; }", TestName = "A_property_that_is_read")]
    [TestCase("Azure.Data.Tables: TableEntity", "object this[string key] { set; }", TestName = "An_indexer_that_is_set")]
    [TestCase("Azure.Data.Tables: TableServiceClient", "virtual TableClient GetTableClient(string tableName)", TestName = "A_method")]
    [TestCase(
        "Azure.Data.Tables: TableTransactionAction",
        "ctor(TableTransactionActionType actionType, ITableEntity entity, ETag etag = default)",
        TestName = "A_constructor")]
    [TestCase("Microsoft.Azure.Functions.Worker: TimerInfo", null, TestName = "A_type_of_a_parameter")]
    [TestCase("Microsoft.Azure.Functions.Worker: HttpTriggerAttribute", "string Route { set; }", TestName = "A_property_of_an_attribute")]
    [TestCase("Microsoft.Azure.Functions.Worker: AuthorizationLevel", "Anonymous=0", TestName = "A_value_that_an_attribute_is_made_with")]
    [TestCase("Microsoft.Azure.Functions.Worker: BlobTriggerSource", "EventGrid=1", TestName = "A_value_of_an_attributes_property")]
    [TestCase("Microsoft.Azure.Functions.Worker.Middleware: IFunctionsWorkerMiddleware", null, TestName = "An_interface_of_a_class")]
    public void The_apps_use_is_read_whole(string type, string? member) => Assert.That(Used, Does.Contain(new UsedApi(type, member)));

    [Test]
    public void Whatever_the_lists_lost_of_what_the_app_uses_is_found()
    {
        Assert.Multiple(() =>
        {
            foreach (var used in Used) Assert.That(NotIn(Without(used)), Does.Contain(used));
        });
    }

    /// <summary>These tests know the stand-in's inner parts, which no package has.</summary>
    [Test]
    public void What_only_a_stand_in_has_is_found()
    {
        var foreign = UsedApi.Of(Assembly.GetExecutingAssembly(), Assemblies).Where(used => !used.IsIn(Listed)).Select(used => used.Type);

        Assert.That(foreign, Does.Contain("Local.FunctionsWorker: Schedule").And.Contain("Local.Up: Checkout"));
    }

    [Test]
    public void An_interface_that_the_app_implements_has_no_member_that_the_stand_in_lacks() => Assert.That(
        from type in typeof(Settings).Assembly.GetTypes()
        from implemented in type.GetInterfaces()
        where Assemblies.Contains(implemented.Assembly.GetName().Name)
        let printed = PrintedApi.Of(implemented)
        from missing in Listed[printed.Name].Members.Except(printed.Members)
        select $"{type.Name} lacks {missing} of {printed.Name}",
        Is.Empty);

    private static IEnumerable<UsedApi> NotIn(Dictionary<string, ApiType> lists) => Used.Where(used => !used.IsIn(lists));

    /// <summary>The lists without a type, or without a line of it.</summary>
    private static Dictionary<string, ApiType> Without(UsedApi used)
    {
        var lists = new Dictionary<string, ApiType>(Listed);
        if (used.Member is null) lists.Remove(used.Type);
        else if (lists.TryGetValue(used.Type, out var type))
            lists[used.Type] = type with { Members = [.. type.Members.Where(line => !used.IsIn(OneLine(type, line)))] };
        return lists;

        static Dictionary<string, ApiType> OneLine(ApiType type, string line) => new() { [type.Name] = type with { Members = [line] } };
    }
}
