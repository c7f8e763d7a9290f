using System.Net;
using System.Net.Sockets;

namespace Local.Up;

/// <summary>Ports of 127.0.0.1 that nobody listens on.</summary>
public static class FreePorts
{
    // Below the ports that systems give to outgoing connections, from 32768 on: one of those could be taken again before it is used.
    private const int First = 15_000;
    private const int Last = 32_000;

    /// <summary>How often to look for a run of free ports before giving up; each try fails only if one of them is taken.</summary>
    private const int TriesMax = 100;

    // Each run of the program begins elsewhere, and no two callers in one run get the same.
    private static int next = Random.Shared.Next(Last - First);

    /// <summary>The first of <paramref name="count"/> free ports in a row, which no other caller in this process gets.</summary>
    public static int Find(int count = 1)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var first = First + (int)((uint)Interlocked.Add(ref next, count) % (Last - First - count));
            if (!Enumerable.Range(first, count).Any(IsTaken)) return first;
        }

        throw new InvalidOperationException($"No {count} free ports in a row on 127.0.0.1.");
    }

    /// <summary>Whether someone listens on the port already.</summary>
    public static bool IsTaken(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
