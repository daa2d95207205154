"""A picture of a whole slide, 1,024 pixels on its longer side: Tessera's /rendered against the bare decoding and scaling of the
frames it needs (bench/bare_codecs.cc: the same codec, one process, nothing around it). The slide has 25,000 x 25,000 pixels:
the level that suits has 1,563, as it would of 100,000.

Goal: the server's processor time, its workers' included, at most 1.5 x the bare one's."""
import os
import statistics
import subprocess

import requests

from rivals import BINARY, ROOT, median_spread, tessera, work_folder

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TURNS = int(os.environ.get("BENCH_TURNS", "30"))
SIZE = int(os.environ.get("BENCH_SLIDE", "25000"))
SIDE = 1024
BARE = ROOT / "build/release/bare_codecs"


def store_slide(folder, server):
    slide = folder / "slide.tif"
    subprocess.run([str(BINARY), "demo", "-o", str(slide), "--size", f"{SIZE}x{SIZE}"], check=True, capture_output=True)
    subprocess.run([str(BINARY), "import", str(slide), "--server", server.url], check=True, capture_output=True)
    levels = requests.get(server.url + "/dicom-web/instances?includefield=TotalPixelMatrixColumns&includefield=TotalPixelMatrixRows"
                          "&includefield=Columns", headers={"Accept": "application/dicom+json"}, timeout=60).json()
    value = lambda item, tag: item[tag]["Value"][0]
    found = sorted(((value(i, "00480006"), value(i, "00480007"), value(i, "00280011"),
                     f"/dicom-web/studies/{value(i, '0020000D')}/series/{value(i, '0020000E')}/instances/{value(i, '00080018')}")
                    for i in levels))
    return found[-1], next(level for level in found if level[0] >= SIDE)


def save_frames(folder, server, level):
    width, height, tile, path = level
    count = -(-width // tile) * -(-height // tile)
    files = []
    for number in range(1, count + 1):
        answer = requests.get(f"{server.url}{path}/frames/{number}", timeout=60,
                              headers={"Accept": "application/octet-stream; transfer-syntax=*"})
        answer.raise_for_status()
        files.append(folder / f"{number}.jpg")
        files[-1].write_bytes(answer.content)
    return files


def served(server, path):
    session = requests.Session()
    ask = lambda: session.get(f"{server.url}{path}/rendered?viewport={SIDE},{SIDE}", headers={"Accept": "image/jpeg"}, timeout=60)
    assert ask().status_code == 200
    before = server.cpu_seconds()
    for _ in range(TURNS):
        ask().raise_for_status()
    return (server.cpu_seconds() - before) * 1e6 / TURNS


def bare(level, files):
    width, height, tile, _ = level
    out = subprocess.run([str(BARE), "picture", str(-(-width // tile)), str(tile), str(width), str(height), str(SIDE), str(TURNS),
                          *map(str, files)], check=True, capture_output=True, text=True).stdout
    return float(out)


def main():
    with work_folder("render") as folder, tessera(folder / "data") as ours:
        largest, suited = store_slide(folder, ours)
        files = save_frames(folder, ours, suited)
        ours_micros, bare_micros = [], []
        for _ in range(ROUNDS):
            ours_micros.append(served(ours, largest[3]))
            bare_micros.append(bare(suited, files))
        ratio = statistics.median(a / b for a, b in zip(ours_micros, bare_micros))
        print(f"a slide of {SIZE:,} x {SIZE:,} pixels, a picture of {SIDE} from {len(files)} frames of {suited[0]:,} x {suited[1]:,}: "
              f"processor, {ROUNDS} rounds")
        print(f"  /rendered, JPEG     {median_spread([m / 1000 for m in ours_micros], 1)} ms")
        print(f"  decoded and scaled  {median_spread([m / 1000 for m in bare_micros], 1)} ms")
        print(f"\ngoal: at most 1.5 x: {ratio:.2f} x {'holds' if ratio <= 1.5 else 'MISSED'}")


main()
