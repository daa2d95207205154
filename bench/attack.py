"""A well-behaved viewer's tiles while others misbehave: 2,000 slow heads, a flood of bad requests, readers that do not
read, malformed uploads. As on a real network the attackers have addresses of their own: 127.0.1.x, which limits hold for; the
viewer is 127.0.0.1. They would have processors of their own, too: here they run when nobody else wants to, so that what the
viewer waits for is the server, and their requests per second are told. The viewer is eight connections that ask for a tile
every 20 ms or so each, as three people do who pan. Rounds with and without attack are interleaved, on one server.

Goal: p99 of a tile under attack at most doubled."""
import contextlib
import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time

from big_instance import write_instance
from rivals import median_spread, tessera, work_folder, wrk

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "3"))
TILES, MEAN_BYTES = 2_000, 61_440
UIDS = ("2.25.11", "2.25.12", "2.25.13")
ACCEPT = "application/octet-stream; transfer-syntax=*"
SLOW, READERS, FLOODERS, UPLOADERS = 2_000, 100, 4, 4
CONNECTIONS, PAUSE = 8, 20


def open_from(port, last):
    connection = socket.socket()
    connection.settimeout(5)
    connection.bind((f"127.0.1.{last}", 0))
    connection.connect(("127.0.0.1", port))
    return connection


def repeat(port, last, request, stop, sent):
    """Sends it over and over, each time over a new connection."""
    while not stop.is_set():
        sent.append(time.monotonic())
        with contextlib.suppress(OSError), open_from(port, last) as connection:
            connection.sendall(request)
            while connection.recv(65536):
                pass


@contextlib.contextmanager
def attack(port, tile):
    """Slow heads and readers first, all of them there before the block runs; floods while it does. Yields when what was sent."""
    stop = threading.Event()
    sent = []
    with contextlib.ExitStack() as held:
        for n in range(SLOW):
            with contextlib.suppress(OSError):
                connection = held.enter_context(open_from(port, 1 + n % 20))
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: h\r\nX: y")
        for n in range(READERS):
            with contextlib.suppress(OSError):
                connection = held.enter_context(open_from(port, 30 + n % 4))
                connection.sendall(f"GET {tile} HTTP/1.1\r\nHost: h\r\nAccept: {ACCEPT}\r\n\r\n".encode() * 20)
        upload = (b"POST /dicom-web/studies HTTP/1.1\r\nHost: h\r\nContent-Type: application/dicom\r\nConnection: close\r\n"
                  b"Content-Length: 100000\r\n\r\n" + b"not DICOM " * 10_000)
        threads = [threading.Thread(target=repeat, args=(port, 40 + n, b"GET / HTTP/1.1\nbad\r\n\r\n", stop, sent))
                   for n in range(FLOODERS)]
        threads += [threading.Thread(target=repeat, args=(port, 50 + n, upload, stop, sent)) for n in range(UPLOADERS)]
        for thread in threads:
            thread.start()
        try:
            yield sent
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def attack_from_a_process_of_its_own(port, tile):
    """The attackers' Python is not to slow the measuring one."""
    child = subprocess.Popen([sys.executable, __file__, "--attack", str(port), tile], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline().strip() == "ready"
    return child


def attack_until_told(port, tile):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # threads inherit it
    with attack(port, tile) as sent:
        begun, before = time.monotonic(), len(sent)
        print("ready", flush=True)
        sys.stdin.readline()
        print((len(sent) - before) / (time.monotonic() - begun))


def measure(ours, request_list, tile):
    port = int(ours.url.rsplit(":", 1)[1])
    quiet, attacked = [], []
    for turn in range(ROUNDS + 1):
        calm = wrk(ours, request_list, CONNECTIONS, SECONDS, ACCEPT, PAUSE)
        child = attack_from_a_process_of_its_own(port, tile)
        try:
            time.sleep(0.5)
            hit = wrk(ours, request_list, CONNECTIONS, SECONDS, ACCEPT, PAUSE)
        finally:
            said, _ = child.communicate("stop\n", timeout=120)
        hit["attackers"] = float(said)
        if turn > 0:  # the first warms up
            quiet.append(calm)
            attacked.append(hit)
    return quiet, attacked


def main():
    if sys.argv[1:2] == ["--attack"]:
        attack_until_told(int(sys.argv[2]), sys.argv[3])
        return
    settings = {"TESSERA_LIMITS_EXEMPT_CLIENTS": "127.0.0.1"}
    with work_folder("attack") as folder, tessera(folder / "data", **settings) as ours:
        source = folder / "source.dcm"
        write_instance(source, TILES, MEAN_BYTES, UIDS)
        subprocess.run(["curl", "-sSf", "-o", "/dev/null", "-T", source, "-X", "POST", "-H",
                        "Content-Type: application/dicom", "-H", "Accept: application/dicom+json",
                        ours.url + "/dicom-web/studies"], check=True)
        base = f"/dicom-web/studies/{UIDS[0]}/series/{UIDS[1]}/instances/{UIDS[2]}/frames/"
        tiles = folder / "tiles.txt"
        tiles.write_text("".join(f"{base}{n + 1}\n" for n in range(TILES)))
        quiet, attacked = measure(ours, tiles, base + "1")
        ratios = [b["p99"] / a["p99"] for a, b in zip(quiet, attacked)]
        print(f"\n{CONNECTIONS} connections of a viewer, {ROUNDS} rounds of {SECONDS} s: median (lowest–highest)")
        for name, figures in {"alone": quiet, "under attack": attacked}.items():
            print(f"  {name:14}p99 µs {median_spread([f['p99'] for f in figures]):>30}   requests/s "
                  f"{median_spread([f['rps'] for f in figures]):>30}")
        print(f"  the attackers made {median_spread([f['attackers'] for f in attacked])} requests/s over connections of their own")
        ratio = statistics.median(ratios)
        print(f"\ngoal: p99 under attack at most 2 × that without: {ratio:.2f} × {'holds' if ratio <= 2 else 'MISSED'}")


main()
