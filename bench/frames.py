"""Random tiles of about 60 KB from an instance of over 1 GB: Tessera against nginx Range on the very same file, and against
nginx with the same payloads as 2,000 files. Rounds are interleaved; CPU per request is the sturdiest figure.

Goal: server CPU per request at most 1.05 × nginx's on the same file; first, middle and last frame cost the same."""
import os
import statistics
import subprocess

from big_instance import write_instance
from rivals import get, median_spread, nginx, read_through, tessera, work_folder, wrk

FRAMES, MEAN_BYTES, FILES = 20_000, 61_440, 2_000
UIDS = ("2.25.11", "2.25.12", "2.25.13")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
ACCEPT = "application/octet-stream; transfer-syntax=*"


def write_list(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def prepare(folder, server):
    """Uploads the instance; returns the stored file, the rivals' request lists and ours."""
    source = folder / "source.dcm"
    places = write_instance(source, FRAMES, MEAN_BYTES, UIDS)
    subprocess.run(["curl", "-sSf", "-o", "/dev/null", "-T", source, "-X", "POST", "-H", "Content-Type: application/dicom",
                    "-H", "Accept: application/dicom+json", server.url + "/dicom-web/studies"], check=True)
    source.unlink()
    (stored,) = (folder / "data/blobs").rglob("*.dcm")
    base = f"/dicom-web/studies/{UIDS[0]}/series/{UIDS[1]}/instances/{UIDS[2]}/frames/"
    files = folder / "files"
    files.mkdir()
    with open(stored, "rb") as file:
        for number in range(FILES):
            offset, length = places[number * (FRAMES // FILES)]
            file.seek(offset)
            (files / f"{number}.jpg").write_bytes(file.read(length))
    name = "/" + str(stored.relative_to(folder))
    lists = {
        "tessera": write_list(folder / "ours.txt", [f"{base}{n + 1}" for n in range(FRAMES)]),
        "same file": write_list(folder / "range.txt", [f"{name}\t{o}-{o + n - 1}" for o, n in places]),
        "2,000 files": write_list(folder / "files.txt", [f"/files/{n}.jpg" for n in range(FILES)]),
    }
    read_through(stored)
    for path in files.iterdir():
        read_through(path)
    return lists, base, name, places


def same_bytes(ours, theirs, base, name, places):
    """Both sides answer the same bytes, or the comparison means nothing."""
    import requests
    for number in (1, FRAMES // 2, FRAMES):
        offset, length = places[number - 1]
        a = requests.get(f"{ours.url}{base}{number}", headers={"Accept": ACCEPT}, timeout=30)
        b = requests.get(theirs.url + name, headers={"Range": f"bytes={offset}-{offset + length - 1}"}, timeout=30)
        assert a.status_code == 200 and b.status_code == 206 and a.content == b.content


def compare(ours, theirs, lists, connections):
    sides = {"tessera": (ours, ACCEPT), "same file": (theirs, None), "2,000 files": (theirs, None)}
    rounds = {name: [] for name in sides}
    for turn in range(ROUNDS + 1):
        for name, (server, accept) in sides.items():
            figures = wrk(server, lists[name], connections, SECONDS, accept)
            if turn > 0:  # the first warms up
                rounds[name].append(figures)
    print(f"\n{connections} connections, {ROUNDS} rounds of {SECONDS} s: median (lowest–highest)")
    print(f"  {'':14}{'requests/s':>34}{'p99 µs':>30}{'server CPU µs/request':>26}")
    for name, figures in rounds.items():
        print(f"  {name:14}" + f"{median_spread([f['rps'] for f in figures]):>34}"
              f"{median_spread([f['p99'] for f in figures]):>30}{median_spread([f['cpu'] for f in figures]):>26}")
    for rival in ("same file", "2,000 files"):
        for what in ("rps", "p99", "cpu"):
            ratios = [a[what] / b[what] for a, b in zip(rounds["tessera"], rounds[rival])]
            print(f"  tessera / nginx {rival}: {what} × {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
    ratios = [a["cpu"] / b["cpu"] for a, b in zip(rounds["tessera"], rounds["same file"])]
    return statistics.median(ratios)


def of_mean_length(places, first):
    """The frame from `first` on, among 500, whose length is nearest the mean: only the place is to differ."""
    numbers = range(first, first + 500)
    return min(numbers, key=lambda n: abs(places[n - 1][1] - MEAN_BYTES))


def places_cost_the_same(ours, folder, base, places):
    print("\none frame near the start, middle, end asked for again and again, 8 connections: server CPU µs/request")
    chosen = [of_mean_length(places, first) for first in (1, FRAMES // 2, FRAMES - 499)]
    lists = {n: write_list(folder / f"only-{n}.txt", [f"{base}{n}"]) for n in chosen}
    rounds = {n: [] for n in lists}
    for _ in range(5):
        for number, path in lists.items():
            rounds[number].append(wrk(ours, path, 8, 1, ACCEPT)["cpu"])
    for number, figures in rounds.items():
        print(f"  frame {number:>6} of {places[number - 1][1]} bytes: {median_spread(figures)}")


def main():
    with work_folder("frames") as folder, tessera(folder / "data") as ours:
        lists, base, name, places = prepare(folder, ours)
        with nginx(folder, folder / "nginx") as theirs:
            same_bytes(ours, theirs, base, name, places)
            worst = {c: compare(ours, theirs, lists, c) for c in (1, 8, 64)}
        places_cost_the_same(ours, folder, base, places)
        print("\ngoal: CPU per request at most 1.05 × nginx's on the same file")
        for connections, ratio in worst.items():
            print(f"  {connections:>2} connections: {ratio:.2f} × {'holds' if ratio <= 1.05 else 'MISSED'}")


main()
