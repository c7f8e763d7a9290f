namespace Pipeline; internal static class Program { private static void Main() { } }
