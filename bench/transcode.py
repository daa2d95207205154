"""One frame in another transfer syntax: Tessera against the bare codec calls (bench/bare_codecs.cc: the same codecs, one process,
nothing around them). What is between them is HTTP, the file, and the sandbox worker that decodes what came from outside.

Goal: the server's processor time, its workers' included, at most 1.3 x the bare one's."""
import io
import os
import statistics
import subprocess
import sys

import requests

from rivals import ROOT, median_spread, tessera, work_folder

sys.path.insert(0, str(ROOT / "test" / "e2e"))

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TURNS = int(os.environ.get("BENCH_TURNS", "40"))
SIDE = 512
BARE = ROOT / "build/release/bare_codecs"
JPEG, JPEG_2000, HTJ2K, JPEG_LS, NATIVE = (f"1.2.840.10008.1.2.{end}" for end in ("4.50", "4.90", "4.201", "4.80", "1"))
PAIRS = [("JPEG to explicit little endian", JPEG, NATIVE, "application/octet-stream"),
         ("JPEG to JPEG 2000", JPEG, JPEG_2000, "image/jp2"),
         ("JPEG to HTJ2K", JPEG, HTJ2K, "image/jphc"),
         ("JPEG to JPEG-LS", JPEG, JPEG_LS, "image/jls")]


def store_frame(server):
    """A tile of tissue-like noise, as a JPEG of 4:2:2; returns its path and codestream."""
    import dicom_files as make
    import numpy as np
    from PIL import Image, ImageFilter
    from pydicom.encaps import encapsulate
    noise = np.random.default_rng(5).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2)).save(out, "JPEG", quality=80, subsampling="4:2:2")
    dataset = make.jpeg(frames=1).dataset
    dataset.Rows = dataset.Columns = SIDE
    dataset.PixelData = encapsulate([out.getvalue()])
    file = make.File(dataset)
    answer = requests.post(server.url + "/dicom-web/studies", data=file.bytes, timeout=60,
                           headers={"Content-Type": "application/dicom", "Accept": "application/dicom+json"})
    answer.raise_for_status()
    return f"/dicom-web{file.path}/frames/1", out.getvalue(), dataset.PhotometricInterpretation


def served(server, path, syntax, media):
    session = requests.Session()
    accept = f'{media}; transfer-syntax={syntax}'
    ask = lambda: session.get(server.url + path, headers={"Accept": accept}, timeout=120)
    assert ask().status_code == 200, ask().text
    before = server.cpu_seconds()
    for _ in range(TURNS):
        ask().raise_for_status()
    return (server.cpu_seconds() - before) * 1e6 / TURNS


def bare(frame, source, target, photometric):
    out = subprocess.run([str(BARE), "transcode", source, target, str(SIDE), str(SIDE), "3", "8", photometric, str(TURNS), str(frame)],
                         check=True, capture_output=True, text=True).stdout
    return float(out)


def main():
    with work_folder("transcode") as folder, tessera(folder / "data") as ours:
        path, codestream, photometric = store_frame(ours)
        frame = folder / "frame.jpg"
        frame.write_bytes(codestream)
        worst = 0
        print(f"one frame of {SIDE} x {SIDE}, RGB, {ROUNDS} rounds of {TURNS}: processor, median (lowest–highest)")
        for name, source, target, media in PAIRS:
            ours_micros, bare_micros = [], []
            for _ in range(ROUNDS):
                ours_micros.append(served(ours, path, target, media))
                bare_micros.append(bare(frame, source, target, photometric))
            ratio = statistics.median(a / b for a, b in zip(ours_micros, bare_micros))
            worst = max(worst, ratio)
            print(f"  {name:32}{median_spread([m / 1000 for m in ours_micros], 2)} ms, bare {median_spread([m / 1000 for m in bare_micros], 2)} ms: "
                  f"{ratio:.2f} x, {statistics.median(a - b for a, b in zip(ours_micros, bare_micros)):.0f} us between")
        print(f"\ngoal: at most 1.3 x: {worst:.2f} x {'holds' if worst <= 1.3 else 'MISSED'}")


main()
