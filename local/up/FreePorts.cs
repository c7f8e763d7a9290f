using System.Net;
using System.Net.Sockets;

namespace Local.Up;

/// <summary>Ports of 127.0.0.1 that nobody listens on.</summary>
public static class FreePorts
{
    /// <summary>How often to look for a run of free ports before giving up; each try fails only if a neighbour is taken.</summary>
    private const int TriesMax = 100;

    /// <summary>The first of <paramref name="count"/> free ports in a row.</summary>
    public static int Find(int count = 1)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var listeners = new List<TcpListener>();
            try
            {
                listeners.Add(Listen(0));
                var first = ((IPEndPoint)listeners[0].LocalEndpoint).Port;
                for (var next = 1; next < count; next++) listeners.Add(Listen(first + next));
                return first;
            }
            catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
            {
                // A neighbour is taken, or there is none; look elsewhere.
            }
            finally
            {
                foreach (var listener in listeners) listener.Dispose();
            }
        }

        throw new InvalidOperationException($"No {count} free ports in a row on 127.0.0.1.");
    }

    /// <summary>Whether someone listens on the port already.</summary>
    public static bool IsTaken(int port)
    {
        try
        {
            using var listener = Listen(port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }
}
