"""Uploading one large instance: Tessera's STOW against nginx DAV PUT, CPU-seconds per GB and peak anonymous memory.

Both are followed by their own durability: Tessera's answer comes after fsync of file and folders; nginx's PUT is followed
by an fsync of file and folder inside the timed span. BENCH_STORE_GB sets the size (5 by default, less when the disk is short)."""
import os
import shutil
import statistics
import subprocess
import threading
import time

from big_instance import write_instance
from rivals import median_spread, nginx, tessera, work_folder

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FRAME_BYTES = 61_440


class PeakMemory:
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


def curl(method, source, url, fields):
    command = ["curl", "-sSf", "-o", "/dev/null", "-X", method, "-T", str(source)]
    for field in fields:
        command += ["-H", field]
    subprocess.run([*command, url], check=True)


def store_tessera(server, source):
    curl("POST", source, server.url + "/dicom-web/studies",
         ["Content-Type: application/dicom", "Accept: application/dicom+json", "Expect:"])


def clean_tessera(server):
    subprocess.run(["curl", "-sSf", "-X", "DELETE", server.url + "/dicom-web/studies/2.25.11"], check=True)


def store_nginx(server, source):
    curl("PUT", source, server.url + "/put/file.dcm", ["Expect:"])
    for path in (server.put_folder / "file.dcm", server.put_folder):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def clean_nginx(server):
    (server.put_folder / "file.dcm").unlink()


def one(server, source, store, clean, size):
    with PeakMemory(server) as memory:
        cpu, start = server.cpu_seconds(), time.monotonic()
        store(server, source)
        wall, cpu = time.monotonic() - start, server.cpu_seconds() - cpu
    clean(server)
    time.sleep(1)
    return {"cpu": cpu / (size / 1e9), "wall": size / 1e6 / wall, "memory": memory.peak / 2**20}


def main():
    with work_folder("store") as folder:
        wanted = float(os.environ.get("BENCH_STORE_GB", "5"))
        possible = shutil.disk_usage(folder).free / 1e9 / 3.5
        gigabytes = min(wanted, possible)
        if gigabytes < wanted:
            print(f"the disk is short: {gigabytes:.1f} GB instead of {wanted:.1f}")
        source = folder / "source.dcm"
        write_instance(source, int(gigabytes * 1e9 / FRAME_BYTES), FRAME_BYTES, ("2.25.11", "2.25.12", "2.25.13"))
        size = source.stat().st_size
        figures = {"tessera": [], "nginx": []}
        with tessera(folder / "data") as ours, nginx(folder, folder / "nginx") as theirs:
            for _ in range(ROUNDS):
                figures["tessera"].append(one(ours, source, store_tessera, clean_tessera, size))
                figures["nginx"].append(one(theirs, source, store_nginx, clean_nginx, size))
        print(f"one upload of {size / 1e9:.2f} GB, {ROUNDS} rounds: median (lowest–highest)")
        for name, rounds in figures.items():
            print(f"  {name:8} CPU-s/GB {median_spread([r['cpu'] for r in rounds])}   MB/s {median_spread([r['wall'] for r in rounds])}"
                  f"   peak anonymous MiB {median_spread([r['memory'] for r in rounds])}")
        ratio = statistics.median(a["cpu"] / b["cpu"] for a, b in zip(figures["tessera"], figures["nginx"]))
        peak = max(r["memory"] for r in figures["tessera"])
        print(f"tessera / nginx: CPU × {ratio:.2f}; anonymous memory {peak:.0f} MiB, goal below 256: "
              f"{'holds' if peak < 256 else 'MISSED'}")


main()
