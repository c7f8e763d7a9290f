namespace Local.ImageApi; internal static class Program { private static void Main() { } }
