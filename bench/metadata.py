"""Metadata of a study of 12 instances, as gzip: Tessera, which joins it from 12 sidecars, against nginx with the whole
answer as one file. Rounds are interleaved; CPU per request is the sturdiest figure.

Goal: server CPU per request at most 2 × nginx's."""
import io
import os
import statistics
import subprocess
import sys

from rivals import ROOT, median_spread, nginx, read_through, tessera, work_folder, wrk

sys.path.insert(0, str(ROOT / "test" / "e2e"))

INSTANCES, FRAMES = 12, 2_000
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
ACCEPT = "application/dicom+json"


def prepare(folder, server):
    """Stores the study (each instance with per-frame groups, as sparse levels have them); returns its path."""
    import pydicom
    import requests
    import dicom_files as make
    from pydicom.sequence import Sequence
    study, series = pydicom.uid.generate_uid(), pydicom.uid.generate_uid()
    for number in range(INSTANCES):
        dataset = make.rich(study=study, series=series, InstanceNumber=number + 1).dataset
        count = FRAMES >> number
        dataset.PerFrameFunctionalGroupsSequence = Sequence([make.frame_groups(index) for index in range(count)])
        body = io.BytesIO(make.File(dataset).bytes)
        answer = requests.post(server.url + "/dicom-web/studies", data=body, timeout=60,
                               headers={"Content-Type": "application/dicom", "Accept": ACCEPT})
        assert answer.status_code == 200, answer.text
    return f"/dicom-web/studies/{study}/metadata"


def save_answer(server, path, to):
    with open(to, "wb") as out:
        subprocess.run(["curl", "-sSf", "-H", f"Accept: {ACCEPT}", "-H", "Accept-Encoding: gzip", server.url + path],
                       stdout=out, check=True)
    read_through(to)
    return to.stat().st_size


def compare(ours, theirs, lists, connections):
    sides = {"tessera": ours, "nginx": theirs}
    rounds = {name: [] for name in sides}
    for turn in range(ROUNDS + 1):
        for name, server in sides.items():
            figures = wrk(server, lists[name], connections, SECONDS, ACCEPT, coding="gzip")
            if turn > 0:  # the first warms up
                rounds[name].append(figures)
    print(f"\n{connections} connections, {ROUNDS} rounds of {SECONDS} s: median (lowest–highest)")
    for name, figures in rounds.items():
        print(f"  {name:10}{median_spread([f['rps'] for f in figures]):>30} requests/s"
              f"{median_spread([f['cpu'] for f in figures]):>26} server CPU µs/request")
    ratios = [a["cpu"] / b["cpu"] for a, b in zip(rounds["tessera"], rounds["nginx"])]
    print(f"  tessera / nginx: cpu × {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
    return statistics.median(ratios)


def main():
    with work_folder("metadata") as folder, tessera(folder / "data") as ours:
        path = prepare(folder, ours)
        size = save_answer(ours, path, folder / "metadata.json.gz")
        print(f"{INSTANCES} instances, {size} bytes as gzip")
        lists = {"tessera": folder / "ours.txt", "nginx": folder / "theirs.txt"}
        lists["tessera"].write_text(path + "\n")
        lists["nginx"].write_text("/metadata.json.gz\n")
        with nginx(folder, folder / "nginx") as theirs:
            worst = {c: compare(ours, theirs, lists, c) for c in (1, 8)}
        print("\ngoal: CPU per request at most 2 × nginx's")
        for connections, ratio in worst.items():
            print(f"  {connections:>2} connections: {ratio:.2f} × {'holds' if ratio <= 2 else 'MISSED'}")


main()
