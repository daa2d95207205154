"""Uploads of large instances, one and eight at once: Tessera's STOW against nginx DAV PUT.

Each side ends in its own durability: Tessera answers after fsync of file and folders; nginx's PUT is followed by an fsync of
file and folder inside the timed span. One source file is sent under changing UIDs, and each side's output is deleted before
the next. Told: CPU-seconds per GB first, the wall ratio with its spread beside, peak anonymous memory. BENCH_STORE_GB sets
the size of one upload (5 by default; less, and it says so, when the disk is short)."""
import os
import shutil
import socket
import statistics
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from big_instance import header_bytes, write_instance
from rivals import PeakMemory, delete, median_spread, nginx, ratio_spread, tessera, touch_memory, work_folder

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FRAME_BYTES = 61_440
CPU_GOAL, MEMORY_GOAL = 0.6, 256


class Source:
    """One file on disk, sent with any UIDs: the header is made for each, the rest goes by sendfile."""

    def __init__(self, path, gigabytes):
        self.path, self.frames = path, int(gigabytes * 1e9 / FRAME_BYTES)
        write_instance(path, self.frames, FRAME_BYTES, self.uids(0))
        self.size, self.header = path.stat().st_size, len(header_bytes(self.frames, self.uids(0)))

    @staticmethod
    def uids(number):
        return tuple(f"2.25.{level}{number:04}" for level in (11, 12, 13))

    def send(self, method, url, fields, number):
        """Sends the whole instance and returns when the peer has answered with success."""
        header = header_bytes(self.frames, self.uids(number))
        assert len(header) == self.header
        place = urllib.parse.urlsplit(url)
        head = [f"{method} {place.path} HTTP/1.1", f"Host: {place.netloc}", f"Content-Length: {self.size}", "Connection: close"]
        with socket.create_connection((place.hostname, place.port)) as peer, open(self.path, "rb") as file:
            peer.sendall("\r\n".join([*head, *fields, "", ""]).encode() + header)
            peer.sendfile(file, self.header)
            answer = b""
            while data := peer.recv(65536):
                answer += data
        assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201", b"HTTP/1.1 204")), answer[:200]


def store_tessera(server, source, number):
    source.send("POST", server.url + "/dicom-web/studies", ["Content-Type: application/dicom", "Accept: application/dicom+json"],
                number)


def clean_tessera(server, number):
    delete(f"{server.url}/dicom-web/studies/{Source.uids(number)[0]}")


def store_nginx(server, source, number):
    source.send("PUT", f"{server.url}/put/{number}.dcm", [], number)
    for path in (server.put_folder / f"{number}.dcm", server.put_folder):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def clean_nginx(server, number):
    (server.put_folder / f"{number}.dcm").unlink()


def one_round(server, source, store, clean, at_once):
    numbers = range(1, at_once + 1)
    with PeakMemory(server) as memory, ThreadPoolExecutor(at_once) as pool:
        cpu, start = server.cpu_seconds(), time.monotonic()
        list(pool.map(lambda number: store(server, source, number), numbers))
        wall, cpu = time.monotonic() - start, server.cpu_seconds() - cpu
    for number in numbers:
        clean(server, number)
    os.sync()
    time.sleep(1)
    size = source.size * at_once
    return {"cpu": cpu / (size / 1e9), "wall": size / 1e6 / wall, "memory": memory.peak / 2**20}


def compare(ours, theirs, source, at_once):
    figures = {"tessera": [], "nginx": []}
    touch_memory(source.size * (at_once + 1))
    for _ in range(ROUNDS):
        figures["tessera"].append(one_round(ours, source, store_tessera, clean_tessera, at_once))
        figures["nginx"].append(one_round(theirs, source, store_nginx, clean_nginx, at_once))
    print(f"{at_once} upload(s) at once of {source.size / 1e9:.2f} GB each, {ROUNDS} rounds: median (lowest–highest)")
    for name, rounds in figures.items():
        print(f"  {name:8} CPU-s/GB {median_spread([r['cpu'] for r in rounds], 2)}   MB/s {median_spread([r['wall'] for r in rounds])}"
              f"   peak anonymous MiB {median_spread([r['memory'] for r in rounds])}")
    cpu = ratio_spread(figures["tessera"], figures["nginx"], "cpu")
    wall = ratio_spread(figures["tessera"], figures["nginx"], "wall")
    peak = max(r["memory"] for r in figures["tessera"])
    held = statistics.median(a["cpu"] / b["cpu"] for a, b in zip(figures["tessera"], figures["nginx"])) <= CPU_GOAL
    print(f"  tessera / nginx: CPU × {cpu}, goal {CPU_GOAL}: {'holds' if held else 'MISSED'}; MB/s × {wall}; "
          f"anonymous memory {peak:.0f} MiB, goal below {MEMORY_GOAL}: {'holds' if peak < MEMORY_GOAL else 'MISSED'}")


def fitting(folder, at_once, margin=1.15):
    """The size of one upload in GB: as wanted, or what the disk has room for beside the source."""
    wanted = float(os.environ.get("BENCH_STORE_GB", "5"))
    possible = shutil.disk_usage(folder).free / 1e9 / (at_once + 1) / margin
    if possible < wanted:
        print(f"the disk is short: {possible:.1f} GB an upload instead of {wanted:.1f} when {at_once} at once")
    return min(wanted, possible)


def main():
    with work_folder("store") as folder:
        with tessera(folder / "data") as ours, nginx(folder, folder / "nginx") as theirs:
            for at_once in (1, 8):
                path = folder / "source.dcm"
                compare(ours, theirs, Source(path, fitting(folder, at_once)), at_once)
                path.unlink()


main()
