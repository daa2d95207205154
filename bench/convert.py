"""Conversion of one pyramid: `tessera convert` against OrthancWSIDicomizer (tiles passed through) and against cp + fsync.

The slides are Tessera's own synthetic ones (BigTIFF, JPEG tiles of 256, every level), because a rival must be able to read
them too. Each side's output is deleted before the next. tessera and cp end in fsync of files and folder; the rival does not,
so its files are made durable inside its span as well. BENCH_CONVERT_SIZES sets the widths (16384 and 65536 pixels by default)."""
import os
import shutil
import statistics
import subprocess
import time

from rivals import BINARY, PeakMemory, Process, median_spread, ratio_spread, read_through, work_folder

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SIZES = [int(size) for size in os.environ.get("BENCH_CONVERT_SIZES", "16384,65536").split(",")]
RIVAL_GOAL, COPY_GOAL, MEMORY_GOAL = 10, 2, 128


def commands(slide, out):
    return {
        "tessera": [str(BINARY), "convert", str(slide), "-o", str(out)],
        "orthanc": ["OrthancWSIDicomizer", "--threads", str(os.cpu_count()), "--max-size", "0", "--folder", str(out), str(slide)],
        "cp": ["cp", str(slide), str(out)],
    }


def make_durable(folder):
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def one_run(name, slide, out):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    os.sync()
    start = time.monotonic()
    process = Process(commands(slide, out)[name])
    with PeakMemory(process) as memory:
        code = process.child.wait()
    assert code == 0, f"{name} ended with {code}"
    if name != "tessera":
        make_durable(out)
    wall = time.monotonic() - start
    assert any(out.rglob("*")), f"{name} wrote nothing"
    shutil.rmtree(out)
    return {"wall": wall, "memory": memory.peak / 2**20}


def compare(slide, width, out):
    figures = {name: [] for name in commands(slide, out)}
    for _ in range(ROUNDS):
        for name, rounds in figures.items():
            rounds.append(one_run(name, slide, out))
    print(f"a slide of {width:,} × {width:,} pixels, {slide.stat().st_size / 1e6:,.0f} MB, {ROUNDS} rounds: median (lowest–highest)")
    for name, rounds in figures.items():
        print(f"  {name:8} seconds {median_spread([r['wall'] for r in rounds], 2)}"
              f"   peak anonymous MiB {median_spread([r['memory'] for r in rounds])}")
    faster = statistics.median(a["wall"] / b["wall"] for a, b in zip(figures["orthanc"], figures["tessera"]))
    slower = statistics.median(a["wall"] / b["wall"] for a, b in zip(figures["tessera"], figures["cp"]))
    peak = max(r["memory"] for r in figures["tessera"])
    print(f"  orthanc / tessera: time × {ratio_spread(figures['orthanc'], figures['tessera'], 'wall')}, goal at least {RIVAL_GOAL}: "
          f"{'holds' if faster >= RIVAL_GOAL else 'MISSED'}; tessera / cp: time × "
          f"{ratio_spread(figures['tessera'], figures['cp'], 'wall')}, goal at most {COPY_GOAL}: "
          f"{'holds' if slower <= COPY_GOAL else 'MISSED'}; anonymous memory {peak:.0f} MiB, goal below {MEMORY_GOAL}: "
          f"{'holds' if peak < MEMORY_GOAL else 'MISSED'}")


def main():
    with work_folder("convert") as folder:
        for width in SIZES:
            slide = folder / f"demo-{width}.tif"
            subprocess.run([str(BINARY), "demo", "-o", str(slide), "--size", f"{width}x{width}"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            read_through(slide)
            compare(slide, width, folder / "out")
            slide.unlink()


main()
