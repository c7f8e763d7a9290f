using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using System.Text;
using Local.Up;

// Elsewhere it is UTF-8 anyway; there, arrows would come out as question marks.
if (OperatingSystem.IsWindows()) Console.OutputEncoding = Encoding.UTF8;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

var given = CommandLine.Create(options => RunUp.Run(options, stop.Token)).Parse(args);
if (given.Action is ParseErrorAction refusal) refusal.ShowHelp = false;

// Signals are ours: the library would end the process after 2 s, while the app still stops.
return await given.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });

void Stop(PosixSignalContext signal)
{
    // The second one ends us at once; the processes we started see that and end, too.
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
