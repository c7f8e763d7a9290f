using System.Net;
using System.Net.Sockets;

namespace Local.Up;

/// <summary>Ports of 127.0.0.1 that nobody listens on.</summary>
public static class FreePorts
{
    /// <summary>
    /// Below what Linux, macOS and Windows give out by themselves (from 32768, 49152 and 49152 on), so that between finding a port
    /// and using it no outgoing connection and no listener on port 0 gets it.
    /// </summary>
    private const int First = 12_000;
    private const int Last = 31_999;

    private static readonly Lock Turn = new();

    /// <summary>Where to look next; two programs begin at different places.</summary>
    private static int next = First + (int)((uint)Environment.ProcessId * 7919 % (Last - First));

    /// <summary>The first of <paramref name="count"/> free ports in a row. No port is given out twice until all were.</summary>
    public static int Find(int count = 1)
    {
        lock (Turn)
        {
            for (var tries = 0; tries < Last - First; tries++)
            {
                var first = next + count - 1 <= Last ? next : First;
                next = first + 1;
                if (Enumerable.Range(first, count).Any(IsTaken)) continue;
                next = first + count;
                return first;
            }
        }

        throw new InvalidOperationException($"No {count} free ports in a row on 127.0.0.1 from {First} to {Last}.");
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
