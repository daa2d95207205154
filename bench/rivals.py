"""What every benchmark needs: servers as children (stopped by pid), their CPU and memory, wrk, and fair tables."""
import contextlib
import mmap
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
BINARY = pathlib.Path(os.environ.get("TESSERA_BIN", ROOT / "build/release/tessera"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A server: its pids, so that CPU is counted over all workers."""

    def __init__(self, command, environment=None, stdout=subprocess.DEVNULL):
        self.child = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True,
                                      env={**os.environ, **(environment or {})})

    def pids(self):
        found = [self.child.pid]
        for pid in found:
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):  # any thread may have started one
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    found += [int(p) for p in (task / "children").read_text().split()]
        return found

    def cpu_seconds(self):
        """Run time of every thread, in nanosecond steps, from the scheduler."""
        total = 0
        for pid in self.pids():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def anonymous_bytes(self):
        total = 0
        for pid in self.pids():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found = re.search(r"RssAnon:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
                total += int(found.group(1)) * 1024 if found else 0
        return total

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


@contextlib.contextmanager
def tessera(data, **settings):
    """Access lines are off, as nginx's are; everything else is as shipped. `settings`: environment variables."""
    environment = {"TESSERA_LOG_LEVEL": "warning", "TESSERA_LOG_ACCESS": "false", **settings}
    server = Process([str(BINARY), "serve", "--data", str(data), "--listen", "127.0.0.1:0"], environment,
                     stdout=subprocess.PIPE)
    try:
        line = server.child.stdout.readline().strip()
        server.url = line.removeprefix("tessera: listening on ")
        assert server.url.startswith("http"), f"no ready line: {line!r}"
        yield server
    finally:
        server.stop()


# The profile that Tessera has, in nginx's words.
NGINX_TLS = """ssl_certificate @PAIR@.pem; ssl_certificate_key @PAIR@.key; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
    ssl_prefer_server_ciphers off; ssl_ecdh_curve X25519:prime256v1:secp384r1; ssl_session_cache shared:bench:10m;
    ssl_session_timeout 1h;"""


@contextlib.contextmanager
def nginx(root, folder, pair=None):
    """`pair`: with TLS, by PAIR.pem and PAIR.key."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "put").mkdir(exist_ok=True)
    for path in (folder, folder / "put"):
        path.chmod(0o777)  # workers run as another user when started by root
    port = free_port()
    text = (BENCH / "nginx.conf.in").read_text()
    for name, value in {"@FOLDER@": folder, "@ROOT@": root, "@PORT@": port, "@SSL@": "ssl" if pair else "",
                        "@TLS@": NGINX_TLS.replace("@PAIR@", str(pair)) if pair else ""}.items():
        text = text.replace(name, str(value))
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(user + text)
    server = Process(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    server.url = f"{'https' if pair else 'http'}://127.0.0.1:{port}"
    server.put_folder = folder / "put"
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, (folder / "error.log").read_text()
                time.sleep(0.05)
        yield server
    finally:
        server.stop()


def wrk(server, request_list, connections, seconds, accept=None, pause=0, coding=None):
    """One round: requests/s, p99 in µs, server CPU in µs per request. `pause`: milliseconds before each request."""
    environment = {**os.environ, "BENCH_LIST": str(request_list), "BENCH_PAUSE": str(pause)}
    for name, value in (("BENCH_ACCEPT", accept), ("BENCH_CODING", coding)):
        environment.pop(name, None)
        if value:
            environment[name] = value
    before = server.cpu_seconds()
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(BENCH / "frames.lua"), server.url],
                         env=environment, capture_output=True, text=True, check=True).stdout
    cpu = server.cpu_seconds() - before
    requests, micros, bytes_, p99, bad = map(int, re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", out).groups())
    assert bad == 0, f"{bad} of {requests} requests failed at {server.url}"
    return {"rps": requests / (micros / 1e6), "p99": p99, "cpu": cpu * 1e6 / max(requests, 1), "bytes": bytes_ / requests}


class PeakMemory:
    """The most anonymous memory that a process had while the block ran, looked at every 20 ms."""

    def __init__(self, server):
        self.server, self.peak, self.stopping = server, 0, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.stopping.wait(0.02):
            self.peak = max(self.peak, self.server.anonymous_bytes())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


def median_spread(values, digits=1):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def ratio_spread(ours, theirs, key):
    """Round by round, so that a slow minute of the machine is in both sides of a ratio."""
    return median_spread([a[key] / b[key] for a, b in zip(ours, theirs)], 2)


def read_through(path):
    """Puts a file into the page cache, front to back in large reads (never WILLNEED: it scatters)."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def touch_memory(wanted):
    """Touches free memory once: on a virtual machine the first touch of a page costs fifty times the second."""
    free = int(re.search(r"MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text()).group(1)) * 1024
    with mmap.mmap(-1, max(min(wanted, free * 3 // 4), mmap.PAGESIZE)) as memory:
        for at in range(0, len(memory), mmap.PAGESIZE):
            memory[at] = 1


@contextlib.contextmanager
def work_folder(name):
    folder = ROOT / "build/bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def delete(url):
    with urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=600):
        pass


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()
