"""A temporary place on loopback with Martlet and other mail programs in it, for the scripts beside this folder.

Everything a script starts is a child that is ended by its process id when the place closes. Needs root where a peer
drops to a user of its own (Postfix, Exim).
"""
import contextlib, glob, json, os, pwd, shutil, signal, socket, subprocess, sys, tempfile, time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARTLET = os.path.abspath(os.environ.get("MARTLET", f"{TOP}/.build/release/martlet"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(condition, seconds, what):
    """Polls another process, which has no way to call back."""
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(.05)


def answers(port):
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), 1) as s:
            s.settimeout(5)
            if s.recv(400).startswith(b"220"):
                s.sendall(b"QUIT\r\n")
                s.recv(400)
                return True
    return False


class Workplace:
    """Use as a context: children are stopped and files removed at its end, unless KEEP=1 is in the environment."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="martlet-")
        os.chmod(self.dir, 0o755)  # the peers' own users have to get through
        self.children, self.stops = [], []
        return self

    def __exit__(self, *_):
        for stop in reversed(self.stops):
            stop()
        for child in reversed(self.children):
            end(child)
        if os.environ.get("KEEP"):
            print(f"kept: {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def start(self, name, argv, **options):
        log = open(self.path(f"{name}.log"), "ab")
        child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=options.pop("stdout", log),
                                 stderr=log, start_new_session=True, **options)
        self.children.append(child)
        return child

    def log_tail(self, name, lines=40):
        with contextlib.suppress(OSError):
            return "".join(open(self.path(f"{name}.log"), errors="replace").readlines()[-lines:])
        return ""

    # Martlet

    def own_files(self):
        """Changes that put every file of a configuration into this place."""
        os.makedirs(self.path("spool"), exist_ok=True)
        return [f'store="sqlite:{self.path("queue.db")}"'] + [f"{k}={self.path(k)}" for k in ("spool", "accounts", "control", "drop")]

    def martlet_config(self, changes):
        """The default configuration with the keys named replaced."""
        default = subprocess.run([MARTLET, "config", "default"], capture_output=True, text=True, check=True).stdout
        target = self.path("martlet.yaml")
        subprocess.run([sys.executable, f"{TOP}/scripts/edit-config", "-", target, *changes], input=default, text=True,
                       check=True)
        return target

    def start_martlet(self, config, port, before=()):
        """Starts the service, as the last arguments of the program named by `before` where there is one."""
        child = self.start("martlet", [*before, MARTLET, "serve", "--config", config],
                           env=os.environ | {"SWIFT_BACKTRACE": "enable=no"})
        try:
            until(lambda: child.poll() is not None or answers(port), 60, "martlet's port")
            if child.poll() is not None:
                raise RuntimeError(f"martlet ended with status {child.returncode}")
        except Exception:
            sys.stderr.write(self.log_tail("martlet"))
            raise
        return child

    def martlet(self, config, *arguments, check=True):
        ran = subprocess.run([MARTLET, *arguments, "--config", config], capture_output=True, text=True)
        if check and ran.returncode:
            raise RuntimeError(f"martlet {' '.join(arguments)}: status {ran.returncode}: {ran.stderr.strip()}")
        return ran.stdout

    def queue(self, config):
        """What is queued, one dictionary for each message."""
        return [json.loads(line) for line in self.martlet(config, "queue", "list", "--format", "json").splitlines()]

    # Peers

    def start_sink(self, port):
        """Postfix's smtp-sink; every transaction becomes a file that begins with X-Mail-Args and X-Rcpt-Args."""
        os.makedirs(self.path("sink"), exist_ok=True)
        shutil.chown(self.path("sink"), "nobody")
        self.start("smtp-sink", [tool("smtp-sink"), "-u", "nobody", "-c", "-d", self.path("sink", "%s."),
                                 f"127.0.0.1:{port}", 256], stdout=subprocess.DEVNULL)
        until(lambda: answers(port), 20, "smtp-sink")

    def start_postfix(self, name, port, relay_port=None, domain=None):
        """A private Postfix: passes everything on to relay_port, or keeps mail for domain in Maildirs."""
        home = self.path(name)
        os.makedirs(f"{home}/data")
        shutil.chown(f"{home}/data", "postfix")
        os.makedirs(f"{home}/mail")
        shutil.chown(f"{home}/mail", "nobody")
        nobody = pwd.getpwnam("nobody")
        lines = ["compatibility_level = 3.6", f"queue_directory = {home}/spool", f"data_directory = {home}/data",
                 f"myhostname = {name}.example", "inet_interfaces = 127.0.0.1", "inet_protocols = ipv4",
                 "mynetworks = 127.0.0.0/8", "mydestination =", "alias_maps =", "local_recipient_maps =",
                 "smtpd_peername_lookup = no", "smtp_dns_support_level = disabled", "smtpd_relay_restrictions = permit_mynetworks, reject",
                 f"maillog_file = {home}/mail.log", f"maillog_file_prefixes = {self.dir}"]
        if relay_port:
            lines += [f"relayhost = [127.0.0.1]:{relay_port}", "smtp_tls_security_level = may"]
        else:
            lines += ["relayhost =", f"virtual_mailbox_domains = {domain}", f"virtual_mailbox_base = {home}/mail",
                      f"virtual_mailbox_maps = hash:{home}/boxes", f"virtual_uid_maps = static:{nobody.pw_uid}",
                      f"virtual_gid_maps = static:{nobody.pw_gid}"]
            self.write(f"{name}/boxes", f"box@{domain} box/\n")
        self.write(f"{name}/etc/main.cf", "\n".join(lines) + "\n")
        services = [f"127.0.0.1:{port} inet n - n - - smtpd", "postlog unix-dgram n - n - 1 postlogd"]
        # `virtual` writes as the mailbox's owner and therefore may not give its rights up first.
        services += [f"{n} unix {p} {'n' if n == 'virtual' else '-'} n {w} {m} {c}" for n, p, w, m, c in [
            ("cleanup", "n", "-", "0", "cleanup"), ("qmgr", "n", "300", "1", "qmgr"), ("rewrite", "-", "-", "-", "trivial-rewrite"),
            ("bounce", "-", "-", "0", "bounce"), ("defer", "-", "-", "0", "bounce"), ("trace", "-", "-", "0", "bounce"),
            ("verify", "-", "-", "1", "verify"), ("proxymap", "-", "-", "-", "proxymap"), ("smtp", "-", "-", "-", "smtp"),
            ("virtual", "-", "-", "-", "virtual"), ("error", "-", "-", "-", "error"), ("retry", "-", "-", "-", "error"),
            ("anvil", "-", "-", "1", "anvil"), ("scache", "-", "-", "1", "scache"), ("tlsmgr", "-", "1000?", "1", "tlsmgr")]]
        self.write(f"{name}/etc/master.cf", "\n".join(services) + "\n")
        os.makedirs(f"{home}/spool")
        if domain:
            subprocess.run([tool("postmap"), "-c", f"{home}/etc", f"hash:{home}/boxes"], check=True)
        subprocess.run([tool("postfix"), "-c", f"{home}/etc", "start"], check=True, capture_output=True)
        self.stops.append(lambda: subprocess.run([tool("postfix"), "-c", f"{home}/etc", "stop"], capture_output=True))
        until(lambda: answers(port), 30, name)

    def start_exim(self, name, port, relay_port=None):
        """An Exim of our own: passes everything on to relay_port, or keeps all mail in a Maildir."""
        exim = subprocess.run([f"{TOP}/scripts/peers"], capture_output=True, text=True, check=True).stdout.strip()
        home = self.path(name)
        for folder in ("spool", "log", "mail"):
            os.makedirs(f"{home}/{folder}")
            shutil.chown(f"{home}/{folder}", "nobody")
        if relay_port:
            router = "driver = manualroute\n  transport = out\n  route_list = * 127.0.0.1\n  self = send"
            transport = f"driver = smtp\n  port = {relay_port}\n  allow_localhost\n  tls_verify_hosts ="
        else:
            router = "driver = accept\n  transport = out"
            transport = (f"driver = appendfile\n  maildir_format\n  directory = {home}/mail/box\n  create_directory\n"
                         "  envelope_to_add\n  return_path_add\n  user = nobody")
        config = self.write(f"{name}/exim.conf", f"""exim_path = {exim}
exim_user = nobody
exim_group = nogroup
primary_hostname = {name}.example
spool_directory = {home}/spool
log_file_path = {home}/log/%s
pid_file_path = {home}/exim.pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
disable_ipv6 = true
rfc1413_query_timeout = 0s
host_lookup =
acl_smtp_rcpt = accept
acl_smtp_data = accept
tls_advertise_hosts =
begin routers
all:
  {router}
begin transports
out:
  {transport}
begin retry
* * F,1h,1m
""")
        self.start(name, [exim, "-C", config, "-bdf", "-q1m"])
        until(lambda: answers(port), 30, name)

    def kept_mail(self, folder):
        """The files of a Maildir, or of the sink's folder, as bytes."""
        found = glob.glob(self.path(folder, "new", "*")) or glob.glob(self.path(folder, "*"))
        return [open(f, "rb").read() for f in found if os.path.isfile(f)]


def tool(name):
    """Programs that Debian keeps in sbin, which is in few people's path."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin") or name


def end(child):
    for sig, wait in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
        if child.poll() is not None:
            return
        with contextlib.suppress(OSError):
            child.send_signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(wait)
