"""`tessera convert` on real slides and libvips pyramids, judged by readers that are not ours: dciodvfy, dcentvfy,
pydicom, Pillow, libtiff and OpenSlide (through vips).

    TESSERA_BIN=build/release/tessera /usr/bin/python3 -m pytest test/e2e/test_convert.py
"""
import io
import os
import shutil
import signal
import struct
import subprocess
from pathlib import Path

import numpy
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import get_frame_offsets

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("TESSERA_BIN", ROOT / "build/release/tessera")).resolve()
DATA = ROOT.parent / "shared/data/wsi-source"
PYRAMID_UID = 0x00080019  # pydicom of Debian 12 has no name for it
CMU = DATA / "CMU-1-Small-Region.svs"

pytestmark = pytest.mark.skipif(not BINARY.exists(), reason=f"no binary at {BINARY}")
needs_cmu = pytest.mark.skipif(not CMU.exists(), reason="no ../shared/data")


def run(*command, check=True):
    return subprocess.run([str(part) for part in command], check=check, capture_output=True, text=True, timeout=300)


def convert(slide, folder, *options, check=True):
    return run(BINARY, "convert", slide, "-o", folder, *options, check=check)


# ---- the source, read independently -------------------------------------------------------------------------------


def tiff_directories(data):
    """Every directory of a TIFF or BigTIFF (SubIFDs follow their parent) as {tag: values or bytes}."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack(order + "H", data[2:4])[0] == 43
    word, width, entry = ("Q", 8, 20) if big else ("I", 4, 12)
    formats = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 12: 8, 13: 4, 16: 8, 18: 8}

    def number(at):
        return struct.unpack(order + word, data[at : at + width])[0]

    def read(at):
        count = struct.unpack(order + ("Q" if big else "H"), data[at : at + (8 if big else 2)])[0]
        at += 8 if big else 2
        tags = {}
        for _ in range(count):
            tag, kind = struct.unpack(order + "HH", data[at : at + 4])
            values = number(at + 4)
            length = sizes.get(kind, 1) * values
            where = at + 4 + width if length <= width else number(at + 4 + width)
            raw = data[where : where + length]
            tags[tag] = struct.unpack(order + str(values) + formats[kind], raw) if kind in formats else raw
            at += entry
        return tags, number(at)

    found = []
    at = number(8 if big else 4)
    while at:
        tags, at = read(at)
        found.append(tags)
        found += [read(sub)[0] for sub in tags.get(330, ())]
    return found


def source_levels(slide):
    """Tiled directories, largest first: (width, height, list of tile bytes)."""
    data = slide.read_bytes()
    levels = []
    for tags in tiff_directories(data):
        if 324 in tags:
            tiles = [data[o : o + n] for o, n in zip(tags[324], tags[325])]
            levels.append((tags[256][0], tags[257][0], tiles))
    return sorted(levels, key=lambda level: -level[0] * level[1])


def pixels(slide, folder, *load):
    """A level decoded by vips (libtiff or OpenSlide) as an array."""
    out = folder / "level.png"
    run("vips", load[0], slide, out, *load[1:])
    array = numpy.asarray(Image.open(out))
    return array[:, :, :3] if array.ndim == 3 else array


# ---- the result ---------------------------------------------------------------------------------------------------


def instances(folder):
    """The converted instances, largest first, as (path, data set)."""
    found = [(path, pydicom.dcmread(path)) for path in sorted(folder.rglob("*.dcm"))]
    return sorted(found, key=lambda pair: -pair[1].TotalPixelMatrixColumns)


def volumes(folder):
    return [pair for pair in instances(folder) if pair[1].ImageType[2] == "VOLUME"]


def frames(dataset):
    """Frames by a walk of the items, checked against the Basic Offset Table."""
    stream = pydicom.filebase.DicomBytesIO(dataset.PixelData)
    stream.is_little_endian = True
    _, table = get_frame_offsets(stream)
    data = dataset.PixelData
    start = 8 + struct.unpack("<I", data[4:8])[0]
    at, offsets, found = start, [], []
    while data[at : at + 4] == b"\xfe\xff\x00\xe0":
        length = struct.unpack("<I", data[at + 4 : at + 8])[0]
        offsets.append(at - start)
        found.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    assert offsets == list(table)
    return found


def errors_of(text):
    return [line for line in text.splitlines() if line.startswith("Error")]


def check_valid(folder):
    paths = [path for path, _ in instances(folder)]
    assert paths
    for path in paths:
        verdict = run("dciodvfy", "-new", path, check=False)
        print(path.name, verdict.stderr, sep="\n")
        assert "VLWholeSlideMicroscopyImage" in verdict.stderr + verdict.stdout
        assert errors_of(verdict.stderr + verdict.stdout) == []
    verdict = run("dcentvfy", *paths, check=False)
    assert errors_of(verdict.stderr + verdict.stdout) == []


def check_series(folder):
    sets = [dataset for _, dataset in instances(folder)]
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "ContainerIdentifier"):
        assert len({getattr(dataset, keyword, dataset.get(keyword)) for dataset in sets}) == 1, keyword
    assert len({dataset.SOPInstanceUID for dataset in sets}) == len(sets)
    assert len({dataset.InstanceNumber for dataset in sets}) == len(sets)
    pyramid = [dataset for dataset in sets if dataset.ImageType[2] in ("VOLUME", "THUMBNAIL")]
    assert len({(d.TotalPixelMatrixColumns, d.TotalPixelMatrixRows) for d in pyramid}) == len(pyramid)
    assert len({dataset[PYRAMID_UID].value for dataset in sets if dataset.ImageType[2] == "VOLUME"}) == 1
    for dataset in sets:
        shared = dataset.SharedFunctionalGroupsSequence[0]
        assert list(dataset.ImageType) == list(shared.WholeSlideMicroscopyImageFrameTypeSequence[0].FrameType)
        assert dataset.DimensionOrganizationType == "TILED_FULL"
        extent = dataset.TotalPixelMatrixColumns * float(shared.PixelMeasuresSequence[0].PixelSpacing[1])
        assert extent == pytest.approx(dataset.ImagedVolumeWidth, rel=0.01)
        if dataset.SamplesPerPixel == 3:
            assert dataset.OpticalPathSequence[0].ICCProfile[12:16] == b"scnr"
    levels = [dataset for _, dataset in volumes(folder)]
    assert list(levels[0].ImageType) == ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    assert all(list(d.ImageType) == ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"] for d in levels[1:])


def check_codestreams(slide, folder):
    """Every frame is a prefix and the TIFF tile's own bytes, SOI apart."""
    source, result = source_levels(slide), volumes(folder)
    assert len(source) == len(result)
    for (width, height, tiles), (_, dataset) in zip(source, result):
        assert (width, height) == (dataset.TotalPixelMatrixColumns, dataset.TotalPixelMatrixRows)
        got = frames(dataset)
        assert len(got) == len(tiles) == dataset.NumberOfFrames
        for frame, tile in zip(got, tiles):
            whole = frame[:-1] if frame.endswith(b"\xff\xd9\0") and not tile.endswith(b"\0") else frame
            assert whole.startswith(b"\xff\xd8") and whole.endswith(tile[2:])
            assert whole[: len(whole) - len(tile) + 2].count(b"Adobe") <= 1
            assert whole.count(b"\xff\xee\x00\x0eAdobe") == (1 if dataset.PhotometricInterpretation == "RGB" else 0)


def largest_difference(dataset, level):
    """The frames decoded by Pillow against the level's own pixels; padding beyond the matrix is not compared."""
    columns = -(-dataset.TotalPixelMatrixColumns // dataset.Columns)
    worst = 0
    for number, frame in enumerate(frames(dataset)):
        image = Image.open(io.BytesIO(frame))
        assert image.size == (dataset.Columns, dataset.Rows)
        x, y = number % columns * dataset.Columns, number // columns * dataset.Rows
        want = level[y : y + dataset.Rows, x : x + dataset.Columns].astype(int)
        have = numpy.asarray(image)[: want.shape[0], : want.shape[1]].astype(int)
        worst = max(worst, int(abs(have - want).max()))
    return worst


@pytest.fixture(params=["ycbcr", "rgb", "bigtiff", "subifd"])
def pyramid(request, tmp_path):
    """CMU-1-Small-Region made into a pyramid by libvips."""
    if not CMU.exists():
        pytest.skip("no ../shared/data")
    extra = {"ycbcr": [], "rgb": ["--rgbjpeg"], "bigtiff": ["--bigtiff"], "subifd": ["--subifd"]}[request.param]
    slide = tmp_path / "pyramid.tif"
    run("vips", "tiffsave", CMU, slide, "--tile", "--pyramid", "--compression", "jpeg", "--tile-width", 256,
        "--tile-height", 256, "--xres", 2000, "--yres", 2000, "--resunit", "cm", *extra)
    return slide, request.param


def test_a_pyramid_becomes_a_valid_series_of_untouched_tiles(pyramid, tmp_path):
    slide, kind = pyramid
    convert(slide, tmp_path / "out")
    check_valid(tmp_path / "out")
    check_series(tmp_path / "out")
    check_codestreams(slide, tmp_path / "out")
    sets = [dataset for _, dataset in instances(tmp_path / "out")]
    assert {d.PhotometricInterpretation for d in sets} == {"RGB" if kind == "rgb" else "YBR_FULL_422"}
    assert [float(d.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing[0]) for d in sets] == [
        pytest.approx(0.0005 * 2**i) for i in range(len(sets))
    ]
    for index, dataset in enumerate(sets):
        if kind == "subifd":
            load = ["tiffload"] + (["--subifd", index - 1] if index else [])
        else:
            load = ["tiffload", "--page", index]
        worst = largest_difference(dataset, pixels(slide, tmp_path, *load))
        print(kind, "level", index, "largest difference", worst)
        assert worst == 0


def test_a_pyramid_down_to_one_pixel_is_valid(tmp_path):
    picture, slide = tmp_path / "noise.v", tmp_path / "noise.tif"
    run("vips", "gaussnoise", picture, 256, 256)
    run("vips", "tiffsave", picture, slide, "--tile", "--pyramid", "--depth", "onepixel", "--compression", "jpeg",
        "--tile-width", 256, "--tile-height", 256)
    convert(slide, tmp_path / "out", "--mpp", "0.5")
    check_valid(tmp_path / "out")
    last = volumes(tmp_path / "out")[-1][1]
    assert (last.TotalPixelMatrixColumns, last.TotalPixelMatrixRows) == (1, 1)
    assert 0 < float(last.LossyImageCompressionRatio) < 0.01


@needs_cmu
def test_an_aperio_slide_decodes_to_the_pixels_openslide_shows(tmp_path):
    convert(CMU, tmp_path / "out")
    check_valid(tmp_path / "out")
    check_series(tmp_path / "out")
    check_codestreams(CMU, tmp_path / "out")
    [(_, dataset)] = volumes(tmp_path / "out")
    assert dataset.PhotometricInterpretation == "RGB"
    assert dataset.AcquisitionDateTime == "20091229095915"
    assert dataset.DeviceSerialNumber == "CPAPERIOCS"
    spacing = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    assert [float(value) for value in spacing] == [0.000499, 0.000499]
    assert float(dataset.OpticalPathSequence[0].ObjectiveLensPower) == 20
    assert largest_difference(dataset, pixels(CMU, tmp_path, "openslideload")) == 0


@needs_cmu
def test_a_repeat_writes_nothing_and_a_fresh_one_writes_the_same_bytes(tmp_path):
    convert(CMU, tmp_path / "a")
    before = {path.relative_to(tmp_path / "a"): path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*.dcm")}
    convert(CMU, tmp_path / "a")
    convert(CMU, tmp_path / "b")
    assert before == {p.relative_to(tmp_path / "a"): p.stat().st_mtime_ns for p in (tmp_path / "a").rglob("*.dcm")}
    for name in before:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_ctrl_c_leaves_no_file_and_a_kill_none_that_the_next_run_leaves(tmp_path):
    slide, out = tmp_path / "slide.tif", tmp_path / "out"
    run(BINARY, "demo", "-o", slide, "--size", "9000x7000", "--tile", 64, "--quality", 100)
    left = set()
    for how in [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]:
        for _ in range(40):  # until one is met while it writes
            process = subprocess.Popen([BINARY, "convert", slide, "-o", out], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            while process.poll() is None and not list(out.rglob("*.part")):
                pass
            process.send_signal(how)
            code = process.wait(60)
            if code != 0:
                break
            shutil.rmtree(out)
        left = [path for path in out.rglob("*") if path.is_file()]
        assert code == (-9 if how == signal.SIGKILL else 130)
        assert all(path.name.endswith(".part") for path in left)
        assert how == signal.SIGKILL or not list(out.iterdir())
    assert left, "nothing was killed in the middle"
    convert(slide, out)
    assert not list(out.rglob(".*"))
    check_valid(out)


@needs_cmu
def test_a_slide_without_spacing_asks_for_it_and_takes_it(tmp_path):
    slide = tmp_path / "plain.tif"
    run("vips", "tiffsave", CMU, slide, "--tile", "--pyramid", "--compression", "jpeg", "--xres", 1, "--yres", 1)
    refused = convert(slide, tmp_path / "out", check=False)
    assert refused.returncode != 0
    assert "--mpp" in refused.stderr + refused.stdout
    assert not list((tmp_path / "out").rglob("*.dcm"))
    convert(slide, tmp_path / "out", "--mpp", "0.25")
    check_valid(tmp_path / "out")
    spacing = instances(tmp_path / "out")[0][1].SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    assert [float(value) for value in spacing] == [0.00025, 0.00025]


@needs_cmu
@pytest.mark.parametrize("share", [0.2, 0.7, 0.95])
def test_a_truncated_slide_names_the_file_and_leaves_none(share, tmp_path):
    slide = tmp_path / "cut.svs"
    data = CMU.read_bytes()
    slide.write_bytes(data[: int(len(data) * share)])
    refused = convert(slide, tmp_path / "out", check=False)
    assert refused.returncode != 0
    assert "cut.svs" in refused.stderr + refused.stdout and "directory" in refused.stderr + refused.stdout
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []
