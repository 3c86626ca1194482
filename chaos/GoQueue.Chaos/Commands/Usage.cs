namespace GoQueue.Chaos.Commands;

/// <summary>What <c>--help</c> prints.</summary>
internal static class Usage
{
    public const string Text = """
        goqueue verify: start a real cluster, break it, and judge what its clients saw.

        usage: goqueue verify [OPTIONS]                  or: goqueue-chaos run [OPTIONS]
               goqueue verify check HISTORY              judge a history again, or one of another machine
               goqueue verify mutate HISTORY [OPTIONS]   damage a history in known ways; the checker must see each
               goqueue verify export HISTORY [OPTIONS]   for other checkers
               goqueue verify report HISTORY...          the page over one or several histories; --to FILE, default report.html
               goqueue verify list                       the faults, and what this machine lets us do

        A run is one or more trials. Each starts a cluster, lets clients work on it, makes faults happen and takes them back, waits for recovery, reads every partition
        from every replica, compares the files, and judges the whole history. The last line says valid, invalid or unknown; the exit code is 0, 1 or 2.

        What happens (several may be given; with none of them: one mixture of all faults)
          --faults A,B,...     each of these faults alone, a trial for each; `all` for every one that this machine allows, `none` for a trial without
          --pairs N            N pairs of faults that overlap, drawn
          --mixtures N         N trials in which faults of all kinds are drawn
          --soak               mixtures with fresh seeds until stopped
          --seconds N          length of each trial until the last fault ends; default 60
          --seed N             repeats the schedule of faults and the choices of the clients; drawn and printed without it

        The cluster
          --nodes N            3 to 9, default 3; faults that need more get more
          --plain              processes on loopback, killed and paused only: what there is without root
          --bin DIR            folder of goqueue-server; default: beside this program
          --server PROGRAM     what the nodes run instead of it (goqueue-chaos run only: make chaos-bugs)
          --attach A,B,...     HTTP addresses of all nodes of a running cluster, n1=http://host:8080,... Its data stay; a topic is made in it
          --hook DEED=COMMAND  with --attach, how to kill, start, pause, resume, cut or heal a node: --hook kill='ssh {node} pkill -9 goqueue-server'

        The clients
          --workloads A,B      of log, idempotent, offsets, register; default all
          --rate N             messages a second of all senders together; default 200
          --bytes N            of a message; default 200
          --topic NAME         default chaos
          --partitions N       default 3
          --replicas N         default 3; --min-isr N, default 2

        Results
          --out DIR            default goqueue-chaos/DATE; report.html over all trials, and a folder for each with history.jsonl, report.html and the logs of the nodes

        check: --json prints the verdict as JSON. export: --format jepsen (EDN as in jepsen.tests.kafka; default) or intervals (call and return of each register
        operation, JSON lines); --to FILE. mutate: --seed N, --to FILE for one damaged history; without it every kind is tried and a score printed.

        Namespaces, disks and processes of a run are its own and are taken away at its end, after Ctrl-C too; what a killed run left behind goes with the next one.
        """;
}
