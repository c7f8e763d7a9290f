using System.Reflection;

namespace Pipeline.Tests.Local;

/// <summary>
/// The host's stand-in shows nothing that the packages it stands in for do not show: what compiles against it compiles on Azure.
/// </summary>
public sealed class StandInApiTests
{
    private static readonly Dictionary<string, ApiType> Listed = ApiType.Listed();

    [Test]
    public void The_stand_in_shows_only_what_the_real_packages_show()
    {
        var foreign = Assembly.Load("Local.FunctionsWorker").GetExportedTypes()
            .Where(type => type.Namespace?.StartsWith("Local.", StringComparison.Ordinal) is not true)
            .SelectMany(Foreign);

        Assert.That(foreign, Is.Empty);
    }

    [Test]
    public void The_lists_are_read_whole()
    {
        var credential = Listed["Azure.Data.Tables: TableSharedKeyCredential"];
        Assert.That(credential.Members, Is.EqualTo((string[])
        [
            "ctor(string accountName, string accountKey)", "string AccountName { get; }", "void SetAccountKey(string accountKey)",
        ]));
        Assert.That(Listed["Azure.Data.Tables: TableTransactionFailedException"].Base, Is.EqualTo("RequestFailedException"));
        Assert.That(Listed["Azure.Data.Tables: TableEntity"].Interfaces, Has.Length.EqualTo(5));
        Assert.That(Listed["Azure.Data.Tables: TableUpdateMode"].Members, Is.EqualTo((string[])["Merge=0", "Replace=1"]));
    }

    [Test]
    public void A_type_that_is_not_listed_is_foreign() =>
        Assert.That(Foreign(typeof(Sample)), Is.EqualTo((string[])["Pipeline.Tests.Local: Sample is not listed"]));

    [Test]
    public void What_a_sample_shows_is_printed_as_the_lists_have_it()
    {
        var listed = ApiType.Parse(SampleList.Split('\n')).ToDictionary(type => type.Name);
        Assert.That(Printed(), Is.EquivalentTo(listed.Keys));
        foreach (var type in Samples) Assert.That(PrintedApi.Of(type).ForeignTo(listed[PrintedApi.Of(type).Name]), Is.Empty);

        static IEnumerable<string> Printed() => Samples.Select(type => PrintedApi.Of(type).Name);
    }

    [TestCase("  void Changed(int number = 5)", "  void Changed(int count = 5)", TestName = "Another_parameter_name_is_foreign")]
    [TestCase("  void Changed(int number = 5)", "  void Changed(int number)", TestName = "Another_default_is_foreign")]
    [TestCase("  void Changed(int number = 5)", "  void Changed(long number = 5)", TestName = "Another_parameter_type_is_foreign")]
    [TestCase("  void Changed(int number = 5)", "  virtual void Changed(int number = 5)", TestName = "Another_modifier_is_foreign")]
    [TestCase("  string Name { get; set; }", "  string Name { get; }", TestName = "Another_accessor_is_foreign")]
    [TestCase("  protected ctor(params string[] names)\n", "", TestName = "A_member_too_many_is_foreign")]
    [TestCase(": class Sample : SampleBase, ", ": sealed class Sample : SampleBase, ", TestName = "Another_kind_is_foreign")]
    [TestCase(": class Sample : SampleBase, ", ": class Sample : ", TestName = "Another_base_is_foreign")]
    [TestCase(", IDisposable", "", TestName = "An_interface_too_many_is_foreign")]
    [TestCase("Two=2", "Two=3", TestName = "Another_value_is_foreign")]
    public void One_difference_is_found(string line, string changed)
    {
        var list = SampleList.Replace(line, changed, StringComparison.Ordinal);
        Assert.That(list, Is.Not.EqualTo(SampleList));

        var listed = ApiType.Parse(list.Split('\n')).ToDictionary(type => type.Name);
        Assert.That(Samples.SelectMany(type => PrintedApi.Of(type).ForeignTo(listed[PrintedApi.Of(type).Name])), Has.Exactly(1).Items);
    }

    private static IEnumerable<string> Foreign(Type type)
    {
        var printed = PrintedApi.Of(type);
        return Listed.TryGetValue(printed.Name, out var listed) ? printed.ForeignTo(listed) : [$"{printed.Name} is not listed"];
    }

    private static readonly Type[] Samples = [typeof(Sample), typeof(Sample.Number), typeof(SampleCall)];

    private const string SampleList = """
        # assembly Sample 1.0.0.0

        Pipeline.Tests.Local: class Sample : SampleBase, IDisposable
          protected ctor(params string[] names)
          static int Count { get; }
          string Name { get; set; }
          object this[string key] { get; }
          virtual Task<List<int?>> ReadAsync<T>(IDictionary<string, T> values, Sample.Number number = 2, CancellationToken cancel = default)
          static bool TryRead(string text, ref long value)
          void Changed(int number = 5)
          void Dispose()

        Pipeline.Tests.Local: enum Sample.Number
          One=1, Two=2

        Pipeline.Tests.Local: delegate SampleCall : ICloneable, ISerializable
          ctor(object object, IntPtr method)
          virtual IAsyncResult BeginInvoke(string text, AsyncCallback callback, object object)
          virtual void EndInvoke(IAsyncResult result)
          virtual void Invoke(string text)
        """;
}
