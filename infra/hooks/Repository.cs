namespace Pipeline.Hooks;

/// <summary>Where the files of this checkout are, wherever azd was started.</summary>
internal static class Repository
{
    public static string PathTo(params string[] parts) => Path.Combine([Root(), .. parts]);

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "azure.yaml"))) return folder.FullName;
        }

        throw new HookFailedException($"No folder above {AppContext.BaseDirectory} holds azure.yaml: run this from a checkout.");
    }
}
