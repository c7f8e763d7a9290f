namespace Local.Up; internal static class Program { private static void Main() { } }
