#!/usr/bin/env python3
"""Throughput of SMTP servers side by side: generator -> server -> sink, on this machine, in one run.

  bench.py --servers postfix,martlet --mode relay --size 4096 --sessions 10 --seconds 5 --runs 5

A server is a script (../peers/NAME.sh, or a path) that understands
  start DIR PORT SINKPORT accept|relay   start the server, all its files under DIR; may stay in the foreground
  stop DIR                               stop it
  queued DIR                             print how many messages it still holds
accept: take responsibility durably, deliver nothing. relay: send everything to 127.0.0.1:SINKPORT.
The server "none" measures generator -> sink alone. Servers take turns (A B A B ..); the first is the base of the
ratios. Each turn waits for a quiet machine, starts from an empty spool, warms up, then measures.
Needs root: cgroups count the CPU of every process of a server, also of those that have exited."""
import argparse, fcntl, json, os, shutil, signal, socket, statistics, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.environ.get("MARTLET_BENCH_DIR", os.path.join(tempfile.gettempdir(), "martlet-bench"))
CPUACCT = "/sys/fs/cgroup/cpuacct"
CGROUPS = CPUACCT if os.path.isdir(CPUACCT) else "/sys/fs/cgroup"


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--servers", default="postfix,martlet")
    a.add_argument("--mode", choices=["accept", "relay"], default="relay")
    a.add_argument("--size", type=int, default=4096)
    a.add_argument("--rcpts", type=int, default=1)
    a.add_argument("--sessions", type=int, default=10)
    a.add_argument("--messages", type=int, default=5000)
    a.add_argument("--seconds", type=float, default=0,
                   help="size each run for about this long from the warm-up's rate, within 0.1 to 20 times --messages")
    a.add_argument("--runs", type=int, default=5)
    a.add_argument("--per-conn", type=int, default=0, help="messages per connection: 0 = as many as there are, 1 = one")
    a.add_argument("--gen", choices=["smtp-source", "load"], default="smtp-source")
    a.add_argument("--sink", choices=["sink", "smtp-sink"], default="sink")
    a.add_argument("--pipeline", action="store_true", help="with --gen load")
    a.add_argument("--gap", type=float, default=0,
                   help="ms between transactions of a session, with --gen load: latency at low load")
    a.add_argument("--idle", type=int, default=0, help="instead: memory before and with this many idle connections")
    a.add_argument("--port", type=int, default=0, help="the server's port, and the one above it the sink's (0: free ones)")
    a.add_argument("--max-other", type=float, default=.25,
                   help="repeat a run (up to 3 times, keep the quietest) while others used more CPU cores than this")
    a.add_argument("--quiet-wait", type=float, default=180, help="seconds to wait for a quiet machine before a turn")
    a.add_argument("--timeout", type=float, default=300)
    a.add_argument("--out", help="append one JSON line per run to this file")
    return a.parse_args()


def free_ports():
    """A free port whose successor is free too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            try:
                second.bind(("127.0.0.1", first.getsockname()[1] + 1))
            except OSError:
                continue
            return first.getsockname()[1]


def build_tools():
    """Compiles the generator and the sink when they are missing or older than their source."""
    os.makedirs(WORK, exist_ok=True)
    os.chmod(WORK, 0o755)  # the peers run as users of their own and have to get through
    for name in ("load", "sink"):
        source, program = f"{HERE}/{name}.c", f"{WORK}/{name}"
        if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(source):
            subprocess.run(["cc", "-O2", "-o", program, source], check=True)


class Group:
    """A cgroup: total CPU seconds and memory of whatever is started in it."""

    def __init__(self, name):
        self.path = f"{CGROUPS}/bench-{os.getpid()}-{name}"
        os.makedirs(self.path, exist_ok=True)

    def popen(self, argv, **options):
        def enter():
            with open(self.path + "/cgroup.procs", "w") as procs:
                procs.write(str(os.getpid()))
        return subprocess.Popen([str(x) for x in argv], preexec_fn=enter, start_new_session=True, **options)

    def cpu(self):
        if CGROUPS == CPUACCT:
            return int(open(self.path + "/cpuacct.usage").read()) / 1e9
        return int(open(self.path + "/cpu.stat").read().split()[1]) / 1e6

    def pids(self):
        return [int(p) for p in open(self.path + "/cgroup.procs").read().split()]

    def memory(self):
        """Sum of Pss, sum of Rss, in MiB."""
        pss = rss = 0
        for p in self.pids():
            try:
                for line in open(f"/proc/{p}/smaps_rollup"):
                    if line.startswith("Pss:"):
                        pss += int(line.split()[1])
                    elif line.startswith("Rss:"):
                        rss += int(line.split()[1])
            except OSError:
                pass  # the process ended in between
        return pss / 1024, rss / 1024

    def close(self):
        for sig in (signal.SIGTERM, signal.SIGKILL):
            for _ in range(30):
                if not self.pids():
                    break
                for p in self.pids():
                    try:
                        os.kill(p, sig)
                    except OSError:
                        pass
                time.sleep(.1)
        try:
            os.rmdir(self.path)
        except OSError:
            pass


def busy():
    """CPU seconds used by the whole machine."""
    f = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
    return (sum(f) - f[3] - f[4]) / os.sysconf("SC_CLK_TCK")


def wait_quiet(limit):
    end = time.time() + limit
    while time.time() < end:
        before = busy()
        time.sleep(.5)
        if (busy() - before) / .5 < .15:
            return
    print("warning: the machine did not become quiet", file=sys.stderr)


def wait_port(port, limit=20):
    end = time.time() + limit
    while time.time() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as s:
                s.settimeout(5)
                if s.recv(200).startswith(b"220"):
                    s.sendall(b"QUIT\r\n")
                    s.recv(200)
                    return
        except OSError:
            pass
        time.sleep(.05)
    sys.exit(f"nothing answers on port {port}")


class Bench:
    """One comparison: options, sink, and the turns of its servers."""

    def __init__(self, options):
        self.o = options
        self.sink_port = options.port + 1
        self.stat_file = f"/dev/shm/sink.{self.sink_port}"
        self.base = f"{WORK}/run"
        os.makedirs(self.base, exist_ok=True)
        self.what = {k: v for k, v in vars(options).items() if k in (
            "mode", "size", "rcpts", "sessions", "messages", "per_conn", "gen", "sink", "pipeline", "gap", "idle")}

    def sunk(self):
        """(messages, recipients) that the sink has received."""
        if self.o.sink == "smtp-sink":
            with open(self.stat_file, "rb") as f:
                f.seek(max(0, os.path.getsize(self.stat_file) - 200))
                tail = f.read().rsplit(b"mesg=", 1)
            return (int(tail[1].split(b"\r")[0].split(b" ")[0]) if len(tail) > 1 else 0), 0
        return struct.unpack("5Q", open(self.stat_file, "rb").read(40))[:2]

    def generator(self, messages, port):
        o = self.o
        if o.gen == "load":
            return ([f"{WORK}/load", "-s", o.sessions, "-m", messages, "-l", o.size, "-r", o.rcpts, "-k", o.per_conn]
                    + ["-P"] * o.pipeline + ["-g", o.gap, "127.0.0.1", port])
        return (["smtp-source", "-s", o.sessions, "-m", messages, "-l", o.size, "-r", o.rcpts,
                 "-f", "sender@load.example", "-t", "rcpt@dest.example", "-M", "load.example"]
                + ["-d"] * (o.per_conn == 0) + [f"127.0.0.1:{port}"])

    def probe(self):
        """Median latency of one 4 KiB append + fdatasync, us: what the disk gives just now."""
        times, fd = [], os.open(self.base + "/probe", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        for _ in range(100):
            before = time.perf_counter()
            os.write(fd, b"x" * 4096)
            os.fdatasync(fd)
            times.append(time.perf_counter() - before)
        os.close(fd)
        return statistics.median(times) * 1e6

    def start_sink(self, group):
        open(self.stat_file, "wb").close()
        if self.o.sink == "sink":
            group.popen([f"{WORK}/sink", "127.0.0.1", self.sink_port, self.stat_file])
        else:
            group.popen(["smtp-sink", "-c", "-u", "nobody", "-m", 2000, f"127.0.0.1:{self.sink_port}", 4096],
                        stdout=open(self.stat_file, "wb"))
        wait_port(self.sink_port)

    def idle(self, server, srv, gen, port):
        before = srv.memory()
        p = gen.popen([f"{WORK}/load", "-I", self.o.idle, "127.0.0.1", port],
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if p.stdout.readline() != b"ready\n":
            sys.exit(f"{server}: could not open {self.o.idle} connections")
        after = srv.memory()
        p.stdin.close()
        p.wait()
        per = [(b - a) * 1024 / self.o.idle for a, b in zip(before, after)]
        return {"idle": self.o.idle, "pss_before": before[0], "pss_with": after[0], "rss_before": before[1],
                "rss_with": after[1], "pss_kib_per_conn": per[0], "rss_kib_per_conn": per[1]}

    def send(self, server, n, port, srv, gen, queued, watch_memory):
        """Sends n messages; returns when they were accepted, when the last was through, peak memory, and what the generator said."""
        o = self.o
        end, start, peak, next_look = time.time() + o.timeout, self.sunk()[1], (0, 0), time.time() + .5
        p = gen.popen(self.generator(n, port), stdout=subprocess.PIPE)
        accepted = None
        while True:
            if accepted is None and p.poll() is not None:
                accepted = time.monotonic()
                if p.returncode:
                    sys.exit(f"{server}: the generator failed")
            if accepted is not None:
                if o.mode == "accept" and server != "none":
                    last = accepted
                    break
                if (self.sunk()[1] - start >= n * o.rcpts or o.sink == "smtp-sink") and queued() == 0:
                    last = time.monotonic()
                    break
            if time.time() > end:
                sys.exit(f"{server}: timed out, the sink has {self.sunk()}, the queue {queued()}")
            if watch_memory and time.time() > next_look:
                peak, next_look = max(peak, srv.memory()), time.time() + 1
            time.sleep(.005 if accepted is None else .02)
        return accepted, last, peak, p.stdout.read().decode()

    def turn(self, server):
        o = self.o
        script = server if "/" in server else f"{HERE}/../peers/{server}.sh"
        folder = f"{self.base}/{os.path.basename(server)}"
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        os.sync()
        wait_quiet(o.quiet_wait)
        groups = [Group(n) for n in ("server", "load", "sink")]
        srv, gen, snk = groups
        port = self.sink_port if server == "none" else o.port

        def queued():
            if server == "none":
                return 0
            return int(subprocess.run(["bash", script, "queued", folder], capture_output=True, text=True).stdout or 0)

        result = {"server": os.path.basename(server).removesuffix(".sh")}
        try:
            self.start_sink(snk)
            if server != "none":
                srv.popen(["bash", script, "start", folder, o.port, self.sink_port, o.mode],
                          stdout=open(folder + "/start.log", "w"), stderr=subprocess.STDOUT)
                try:
                    wait_port(port)
                except SystemExit:
                    sys.stderr.write(open(folder + "/start.log").read()[-2000:])
                    raise
                time.sleep(1)
            if o.idle:
                return result | self.idle(server, srv, gen, port)
            warm_n = max(50, o.messages // 20)
            before = time.monotonic()
            warm_rate = warm_n / (self.send(server, warm_n, port, srv, gen, queued, False)[1] - before)
            n = o.messages
            if o.seconds:
                n = int(min(max(warm_rate * o.seconds, o.messages / 10), o.messages * 20))
            result["probe_us"] = self.probe()
            cpu0, busy0, t0, sunk0 = [g.cpu() for g in groups], busy(), time.monotonic(), self.sunk()
            accepted, last, peak, text = self.send(server, n, port, srv, gen, queued, True)
            peak = max(peak, srv.memory())
            cpu1, busy1, sunk1 = [g.cpu() for g in groups], busy(), self.sunk()
            cpu = [y - x for x, y in zip(cpu0, cpu1)]
            if o.mode == "accept" and server != "none":
                held = queued()
                if held not in (0, n + warm_n):
                    print(f"note: {server} holds {held} of {n + warm_n} messages", file=sys.stderr)
            result |= {
                "n": n, "accept_s": accepted - t0, "total_s": last - t0, "rate": n / (last - t0),
                "accept_rate": n / (accepted - t0), "cpu_per_1000": cpu[0] * 1000 / n, "gen_cpu": cpu[1] * 1000 / n,
                "sink_cpu": cpu[2] * 1000 / n, "pss": peak[0], "rss": peak[1],
                "other_cpu": max(0, busy1 - busy0 - sum(cpu)) / (last - t0), "sink_msgs": sunk1[0] - sunk0[0]}
            if text.strip():
                result |= {k: float(v) for k, v in (f.split("=") for f in text.split())} | {"rate": result["rate"]}
            return result
        finally:
            if server != "none":
                subprocess.run(["bash", script, "stop", folder], capture_output=True)
            for g in groups:
                g.close()
            shutil.rmtree(folder, ignore_errors=True)

    def best_turn(self, server):
        """One turn, repeated while others used the machine; the quietest counts."""
        tries = []
        while len(tries) < (1 if self.o.idle else 4):
            tries.append(self.turn(server))
            if tries[-1].get("other_cpu", 0) <= self.o.max_other:
                break
        return min(tries, key=lambda r: r.get("other_cpu", 0)) | {"tries": len(tries)}


def shown(value):
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(names, runs, idle):
    def med(n, key):
        return statistics.median(r[key] for r in runs[n]) if all(key in r for r in runs[n]) else float("nan")
    base = names[0]
    if idle:
        print(f"\n{'server':<12}{'KiB Pss/conn':>14}{'KiB Rss/conn':>14}{'Pss MiB idle':>14}{'ratio':>8}")
        for n in names:
            print(f"{runs[n][0]['server']:<12}{med(n, 'pss_kib_per_conn'):14.1f}{med(n, 'rss_kib_per_conn'):14.1f}"
                  f"{med(n, 'pss_before'):14.1f}{med(n, 'pss_kib_per_conn') / med(base, 'pss_kib_per_conn'):8.2f}")
        return
    print(f"\n{'server':<10}{'msgs/s':>8}{'min-max':>14}{'accept/s':>10}{'cpu s/1000':>11}{'Pss MiB':>9}{'Rss MiB':>9}"
          f"{'p50 us':>8}{'p99 us':>8}{'dot p50':>9}{'dot p99':>9}{'ratio':>7}{'cpu ratio':>10}")
    for n in names:
        rates = [r["rate"] for r in runs[n]]
        print(f"{runs[n][0]['server']:<10}{med(n, 'rate'):8.0f}{f'{min(rates):.0f}-{max(rates):.0f}':>14}"
              f"{med(n, 'accept_rate'):10.0f}{med(n, 'cpu_per_1000'):11.3f}{med(n, 'pss'):9.1f}{med(n, 'rss'):9.1f}"
              f"{med(n, 'p50_us'):8.0f}{med(n, 'p99_us'):8.0f}{med(n, 'dot_p50_us'):9.0f}{med(n, 'dot_p99_us'):9.0f}"
              f"{med(n, 'rate') / med(base, 'rate'):7.2f}"
              f"{med(n, 'cpu_per_1000') / (med(base, 'cpu_per_1000') or float('nan')):10.3f}")


def main():
    o = arguments()
    if os.geteuid():
        sys.exit("bench: needs root, for cgroups and for the peers' own users: sudo make bench")
    o.port = o.port or free_ports()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that turn() stops what it started
    build_tools()
    bench, names, runs = Bench(o), o.servers.split(","), {}
    print("#", " ".join(f"{k}={v}" for k, v in bench.what.items()), flush=True)
    for i in range(o.runs):
        with open(f"{WORK}/lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a round is one stretch of time, also when two of these run
            for n in names:
                r = bench.best_turn(n)
                runs.setdefault(n, []).append(r)
                print(f"run {i + 1} " + " ".join(f"{k}={shown(v)}" for k, v in r.items()), flush=True)
                if o.out:
                    with open(o.out, "a") as out:
                        out.write(json.dumps(bench.what | r) + "\n")
    table(names, runs, o.idle)


main()
