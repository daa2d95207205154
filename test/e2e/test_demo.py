"""`tessera demo`, judged by readers that are not ours: OpenSlide, libvips, libtiff, Pillow and, after `tessera convert`,
dciodvfy."""
import math
import os
import signal
import subprocess
import time

import numpy
import pytest
from PIL import Image

from tessera_server import BINARY, plain_binary_only

Image.MAX_IMAGE_PIXELS = None
MIB = 1 << 20


def run(*command, check=True):
    return subprocess.run([str(part) for part in command], check=check, capture_output=True, text=True, timeout=300)


def demo(path, *options, check=True):
    return run(BINARY, "demo", "-o", path, *options, check=check)


def level(slide, page):
    """A level's pixels, decoded by libtiff through vips."""
    out = slide.with_suffix(f".{page}.png")
    run("vips", "tiffload", slide, out, "--page", page)
    return numpy.asarray(Image.open(out)).astype(float)


def psnr(a, b):
    return 10 * math.log10(255**2 / ((a - b) ** 2).mean())


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "demo.tif"
    demo(path, "--size", "3000x2201", "--seed", 5)
    return path


def test_openslide_and_vips_read_every_level(slide):
    properties = run("openslide-show-properties", slide).stdout
    assert "openslide.vendor: 'generic-tiff'" in properties
    assert "openslide.level-count: '4'" in properties
    assert "openslide.level[0].width: '3000'" in properties and "openslide.level[3].height: '276'" in properties
    for page, size in enumerate([(2201, 3000), (1101, 1500), (551, 750), (276, 375)]):
        assert level(slide, page).shape[:2] == size
    warnings = run("tiffinfo", slide).stderr
    assert warnings == ""


def test_openslide_shows_what_libtiff_decodes(slide):
    out = slide.with_suffix(".openslide.png")
    run("openslide-write-png", slide, 512, 512, 0, 700, 600, out)
    shown = numpy.asarray(Image.open(out))[:, :, :3].astype(float)
    assert psnr(shown, level(slide, 0)[512:1112, 512:1212]) > 35


def test_each_level_is_the_average_of_the_one_above_it(tmp_path):
    """At quality 100, so that little but the halving of colours stands between the two."""
    slide = tmp_path / "fine.tif"
    demo(slide, "--size", "3000x2201", "--seed", 5, "--quality", 100)
    for page in range(3):
        above = level(slide, page)
        h, w = above.shape[0] // 2, above.shape[1] // 2
        average = above[:2 * h, :2 * w].reshape(h, 2, w, 2, 3).mean(axis=(1, 3))
        got = psnr(average, level(slide, page + 1)[:h, :w])
        print(f"level {page + 1} against the average of level {page}: {got:.1f} dB")
        assert got > 42


def test_it_looks_like_tissue_on_glass_and_not_like_noise(slide):
    """Glass around, pink between, dark purple in places; and neighbours alike, which noise has not."""
    pixels = level(slide, 0)
    border = numpy.concatenate([pixels[:40].reshape(-1, 3), pixels[:, :40].reshape(-1, 3)])
    assert (border.min(axis=1) > 225).mean() > 0.98
    red, green, blue = (pixels[:, :, c] for c in range(3))
    pink = (red > 190) & (green < 190) & (blue > 160)
    purple = (red < 130) & (green < 120) & (blue > red)
    print(f"pink {pink.mean():.2f}, purple {purple.mean():.3f}")
    assert 0.15 < pink.mean() < 0.8 and 0.005 < purple.mean() < 0.3
    step = numpy.abs(numpy.diff(pixels, axis=1)).mean()
    assert step < 6, f"neighbouring pixels differ by {step:.1f} on average"


def test_it_converts_to_valid_dicom(slide, tmp_path):
    run(BINARY, "convert", slide, "-o", tmp_path)
    files = list(tmp_path.rglob("*.dcm"))
    assert len(files) == 4
    for file in files:
        verdict = run("dciodvfy", "-new", file, check=False)
        assert [line for line in verdict.stderr.splitlines() if line.startswith("Error")] == []


def test_the_same_arguments_give_the_same_bytes_on_any_number_of_threads(slide, tmp_path):
    again = tmp_path / "again.tif"
    demo(again, "--size", "3000x2201", "--seed", 5, "--threads", 5)
    assert again.read_bytes() == slide.read_bytes()


def test_spacing_tile_and_quality_are_as_asked(tmp_path):
    path = tmp_path / "a.tif"
    demo(path, "--size", "700x300", "--tile", 128, "--mpp", 0.5, "--quality", 40)
    info = run("tiffinfo", path).stdout
    assert "Tile Width: 128 Tile Length: 128" in info
    assert "Resolution: 20000, 20000 pixels/cm" in info
    assert "0.5 micrometres per pixel" in info
    fine = tmp_path / "fine.tif"
    demo(fine, "--size", "700x300", "--tile", 128, "--mpp", 0.5, "--quality", 95)
    assert fine.stat().st_size > 1.5 * path.stat().st_size


@pytest.mark.parametrize("options, words", [
    (["--size", "0x100"], "size 0x100"), (["--size", "3000000000x1"], "2147483648"), (["--size", "12"], "--size"),
    (["--size", "-1x5"], "--size"), (["--tile", "100"], "tile 100"), (["--mpp", "0"], "mpp 0"),
    (["--quality", "101"], "quality 101"), (["--mpp", "nan"], "mpp nan"), (["--size", "12"], "WIDTHxHEIGHT"),
    (["--threads", "100000"], "threads 100000"), (["--seed", "-1"], "--seed")])
def test_bad_options_are_named_and_leave_nothing(options, words, tmp_path):
    refused = demo(tmp_path / "a.tif", *options, check=False)
    assert refused.returncode == 2
    assert words in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_only_when_told_so(tmp_path):
    path = tmp_path / "a.tif"
    path.write_text("mine")
    refused = demo(path, "--size", "100x100", check=False)
    assert refused.returncode == 1 and "--force" in refused.stderr
    assert path.read_text() == "mine"
    demo(path, "--size", "100x100", "--force")
    assert path.read_bytes()[:4] == b"II\x2b\0"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_regular_file_is_never_replaced(tmp_path):
    """A rename over a device (/dev/null, as root) or a link would put a file in its place."""
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target.tif"
    os.mkfifo(pipe)
    target.write_text("mine")
    link.symlink_to(target)
    for path in (pipe, link, tmp_path):
        refused = demo(path, "--size", "100x100", "--force", check=False)
        assert refused.returncode == 2 and "no regular file" in refused.stderr, path
    assert pipe.is_fifo() and link.is_symlink() and target.read_text() == "mine"
    assert sorted(tmp_path.iterdir()) == [link, pipe, target]


def test_a_folder_that_is_not_there_is_said(tmp_path):
    refused = demo(tmp_path / "none" / "a.tif", "--size", "100x100", check=False)
    assert refused.returncode == 1 and "No such file or directory" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(number, tmp_path):
    process = subprocess.Popen([BINARY, "demo", "-o", tmp_path / "a.tif", "--size", "60000x60000"],
                               stderr=subprocess.PIPE, text=True)
    while not any(file.stat().st_size > MIB for file in tmp_path.iterdir()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in said
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)],
                                           check=False).returncode != 0:
        pytest.skip("a file system of a few megabytes cannot be mounted here (it takes root)")
    try:
        refused = demo(disk / "a.tif", "--size", "20000x20000", check=False)
        assert refused.returncode == 1
        assert "No space left on device" in refused.stderr and "no file was left" in refused.stderr
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def peak_memory(path, size):
    """The largest anonymous memory seen while a slide is made, in MiB."""
    process = subprocess.Popen([BINARY, "demo", "-o", path, "--size", size, "--threads", "2"],
                               stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as status:
                peak = max([peak] + [int(line.split()[1]) for line in status if line.startswith("RssAnon")])
        except ProcessLookupError:
            break
        time.sleep(0.02)
    assert process.wait() == 0
    return peak / 1024


@plain_binary_only
def test_memory_does_not_grow_with_the_size(tmp_path):
    small, large = peak_memory(tmp_path / "s.tif", "8000x8000"), peak_memory(tmp_path / "l.tif", "30000x30000")
    print(f"8000x8000: {small:.0f} MiB, 30000x30000: {large:.0f} MiB")
    assert large < 128
    assert large < 1.3 * small + 4
