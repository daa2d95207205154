"""Random tiles of about 60 KB over TLS: Tessera against nginx Range on the very same file, with the same certificate and
ciphers, on kept connections; then handshakes, in full and resumed. Rounds are interleaved; server CPU is the sturdiest figure.

Goal: server CPU per request at most nginx's."""
import os
import re
import statistics
import subprocess

from big_instance import write_instance
from rivals import median_spread, nginx, ratio_spread, read_through, tessera, work_folder, wrk

FRAMES, MEAN_BYTES = 4_000, 61_440
UIDS = ("2.25.31", "2.25.32", "2.25.33")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
ACCEPT = "application/octet-stream; transfer-syntax=*"


def make_pair(folder):
    pair = folder / "pair"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    f"{pair}.key", "-out", f"{pair}.pem", "-days", "30", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    return pair


def curl(pair, *arguments):
    return subprocess.run(["curl", "-sSf", "--cacert", f"{pair}.pem", *map(str, arguments)], check=True,
                          stdout=subprocess.PIPE).stdout


def prepare(folder, server, pair):
    """Uploads the instance; returns both sides' request lists, whose first lines ask for the same bytes."""
    source = folder / "source.dcm"
    places = write_instance(source, FRAMES, MEAN_BYTES, UIDS)
    curl(pair, "-T", source, "-X", "POST", "-H", "Content-Type: application/dicom", "-H", "Accept: application/dicom+json",
         server.url + "/dicom-web/studies")
    source.unlink()
    (stored,) = (folder / "data/blobs").rglob("*.dcm")
    read_through(stored)
    base = f"/dicom-web/studies/{UIDS[0]}/series/{UIDS[1]}/instances/{UIDS[2]}/frames/"
    name = "/" + str(stored.relative_to(folder))
    ours, theirs = folder / "ours.txt", folder / "theirs.txt"
    ours.write_text("".join(f"{base}{n + 1}\n" for n in range(FRAMES)))
    theirs.write_text("".join(f"{name}\t{o}-{o + n - 1}\n" for o, n in places))
    return ours, theirs, f"{base}1", (name, f"{places[0][0]}-{places[0][0] + places[0][1] - 1}")


def compare(ours, theirs, lists, connections):
    rounds = {"tessera": [], "nginx": []}
    for turn in range(ROUNDS + 1):
        for name, server, requests, accept in (("tessera", ours, lists[0], ACCEPT), ("nginx", theirs, lists[1], None)):
            figures = wrk(server, requests, connections, SECONDS, accept)
            if turn > 0:  # the first warms up
                rounds[name].append(figures)
    print(f"\n{connections} connections, {ROUNDS} rounds of {SECONDS} s: median (lowest–highest)")
    for name, figures in rounds.items():
        print(f"  {name:8} requests/s {median_spread([f['rps'] for f in figures])}, p99 µs "
              f"{median_spread([f['p99'] for f in figures])}, server CPU µs/request {median_spread([f['cpu'] for f in figures])}")
    for what in ("rps", "p99", "cpu"):
        print(f"  tessera / nginx: {what} × {ratio_spread(rounds['tessera'], rounds['nginx'], what)}")
    return statistics.median(a["cpu"] / b["cpu"] for a, b in zip(rounds["tessera"], rounds["nginx"]))


def handshakes(server, path, kind):
    """One round of openssl's own client: handshakes a second, and server CPU in µs for each with its small request."""
    before = server.cpu_seconds()
    out = subprocess.run(["openssl", "s_time", "-connect", server.url.removeprefix("https://"), "-tls1_2", f"-{kind}", "-www",
                          path, "-time", str(SECONDS)], capture_output=True, text=True, check=True).stdout
    cpu = server.cpu_seconds() - before
    count, seconds = map(int, re.findall(r"(\d+) connections in (\d+) real seconds", out)[-1])
    marks = out.count("r"), out.count("*")
    assert (marks[0] > marks[1]) == (kind == "reuse"), f"{kind}: {marks}"
    return {"rate": count / seconds, "cpu": cpu * 1e6 / count}


def compare_handshakes(ours, theirs, folder):
    (folder / "alive.txt").write_text("alive\n")
    for kind in ("new", "reuse"):
        rounds = {"tessera": [], "nginx": []}
        for _ in range(ROUNDS):
            rounds["tessera"].append(handshakes(ours, "/health/live", kind))
            rounds["nginx"].append(handshakes(theirs, "/alive.txt", kind))
        print(f"\nhandshakes ({kind}), TLS 1.2, one client after the other, {ROUNDS} rounds")
        for name, figures in rounds.items():
            print(f"  {name:8} a second {median_spread([f['rate'] for f in figures])}, server CPU µs each "
                  f"{median_spread([f['cpu'] for f in figures])}")
        for what in ("rate", "cpu"):
            print(f"  tessera / nginx: {what} × {ratio_spread(rounds['tessera'], rounds['nginx'], what)}")


def main():
    with work_folder("tls") as folder:
        pair = make_pair(folder)
        settings = {"TESSERA_TLS_CERTIFICATE": f"{pair}.pem", "TESSERA_TLS_KEY": f"{pair}.key"}
        with tessera(folder / "data", **settings) as ours, nginx(folder, folder / "nginx", pair) as theirs:
            *lists, tile, (name, bytes_) = prepare(folder, ours, pair)
            a = curl(pair, "-H", f"Accept: {ACCEPT}", ours.url + tile)
            b = curl(pair, "-r", bytes_, theirs.url + name)
            assert a and a == b, "both sides must answer the same bytes"
            ratios = {count: compare(ours, theirs, lists, count) for count in (1, 8, 64)}
            compare_handshakes(ours, theirs, folder)
    print("\ngoal: server CPU per tile at most nginx's")
    for count, ratio in ratios.items():
        print(f"  {count:>2} connections: {ratio:.2f} × {'holds' if ratio <= 1.0 else 'MISSED'}")


main()
