"""Label, overview and thumbnail of an Aperio slide as instances of the series, judged by readers that are not ours:
OpenSlide, Pillow, pydicom, dciodvfy, dcentvfy. The slides are made here; the real one is CMU-1-Small-Region.

    TESSERA_BIN=build/release/tessera /usr/bin/python3 -m pytest test/e2e/test_associated.py
"""
import contextlib
import io
import sqlite3

import numpy
import pydicom
import pytest
from PIL import Image

from made_svs import Directory, MadeSvs, picture
from openslide_reader import associated_image
from test_convert import BINARY, CMU, PYRAMID_UID, check_series, check_valid, convert, frames, needs_cmu, run, volumes


NAMES = {"label": "label", "overview": "macro", "thumbnail": "thumbnail"}  # ours: Aperio's
BASELINE, NATIVE = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.1"


def write(folder, svs, name="made.svs"):
    path = folder / name
    path.write_bytes(svs.bytes())
    return path


def converted(slide, folder, *options):
    """Instances by the names of their files, and what was said."""
    said = convert(slide, folder, *options)
    assert said.stderr == ""
    check_valid(folder)
    check_series(folder)
    return {path.stem: pydicom.dcmread(path) for path in folder.rglob("*.dcm")}, said.stdout


def pixels(dataset):
    if dataset.file_meta.TransferSyntaxUID == NATIVE:
        assert len(dataset.PixelData) % 2 == 0
        return dataset.pixel_array
    [frame] = frames(dataset)
    return numpy.asarray(Image.open(io.BytesIO(frame)))


def check_attributes(sets):
    for name, dataset in sets.items():
        if name not in NAMES:
            continue
        assert dataset.NumberOfFrames == 1
        assert (dataset.Rows, dataset.Columns) == (dataset.TotalPixelMatrixRows, dataset.TotalPixelMatrixColumns)
        shows_label = name != "thumbnail"
        assert dataset.SpecimenLabelInImage == dataset.BurnedInAnnotation == ("YES" if shows_label else "NO")
        assert (PYRAMID_UID in dataset) != shows_label
        assert ("LabelText" in dataset and "BarcodeValue" in dataset) or not shows_label
        assert ("ImageComments" in dataset and "estimate" in dataset.ImageComments) == shows_label
        kind = {"label": ["ORIGINAL", "PRIMARY", "LABEL", "NONE"], "overview": ["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"],
                "thumbnail": ["DERIVED", "PRIMARY", "THUMBNAIL", "RESAMPLED"]}[name]
        assert list(dataset.ImageType) == kind
        assert "ObjectiveLensPower" in dataset.OpticalPathSequence[0] or shows_label


@needs_cmu
def test_cmu_s_label_macro_and_thumbnail_are_the_pixels_openslide_shows(tmp_path):
    sets, said = converted(CMU, tmp_path / "out")
    assert set(sets) == {"level-0", "label", "overview", "thumbnail"}
    assert ": 1 level, thumbnail, label, overview\n" in said
    check_attributes(sets)
    for name, theirs in NAMES.items():
        assert numpy.array_equal(pixels(sets[name]), associated_image(CMU, theirs)), name
    assert sets["label"].file_meta.TransferSyntaxUID == NATIVE and sets["label"].LossyImageCompression == "00"
    assert sets["label"].Rows * sets["label"].Columns * 3 % 2 == 1  # an odd length, and so a pad byte
    for name in ("overview", "thumbnail"):
        assert sets[name].file_meta.TransferSyntaxUID == BASELINE
        assert sets[name].LossyImageCompression == "01" and sets[name].LossyImageCompressionMethod == "ISO_10918_1"
    spacing = sets["thumbnail"].SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    assert [float(value) for value in spacing] == [pytest.approx(0.000499 * 2967 / 768), pytest.approx(0.000499 * 2220 / 574)]
    # The joined strips carry every byte of the strips' scans, none re-encoded.
    assert len(frames(sets["overview"])[0]) > 20000


def test_a_made_slide_s_images_are_the_pixels_openslide_shows(tmp_path):
    svs = MadeSvs()
    slide = write(tmp_path, svs)
    sets, _ = converted(slide, tmp_path / "out")
    assert set(sets) == {"level-0", "label", "overview", "thumbnail"}
    check_attributes(sets)
    for name, theirs in NAMES.items():
        assert numpy.array_equal(pixels(sets[name]), associated_image(slide, theirs)), name
    assert numpy.array_equal(pixels(sets["label"]), svs["label"].pixels)


@pytest.mark.parametrize("compression", [1, 5, 8, 32773])
@pytest.mark.parametrize("cut", [(7, None, 1), (7, None, 2), (100, None, 1), (16, 16, 1), (16, 32, 2)])
def test_a_label_of_any_lossless_compression_and_cut_is_its_pixels(compression, cut, tmp_path):
    height, width, predictor = cut
    if predictor == 2 and compression in (1, 32773):
        pytest.skip("TIFF has no predictor with this compression")
    svs = MadeSvs()
    label = Directory(picture(41, 37, 50), "Aperio Image Library v11.2.1\nlabel 41x37", compression, subfile=1)
    svs.directories["label"] = label.as_lossless(height, width, predictor)
    sets, _ = converted(write(tmp_path, svs), tmp_path / "out")
    assert numpy.array_equal(pixels(sets["label"]), label.pixels)
    assert sets["label"].LossyImageCompression == "00"


@pytest.mark.parametrize("photometric,options", [
    (2, {}), (2, {"abbreviated": False}), (6, {}), (6, {"subsampling": 1}), (6, {"abbreviated": False, "subsampling": 1})])
@pytest.mark.parametrize("rows", [8, 16, 64])
def test_a_macro_of_jpeg_strips_becomes_one_jpeg_of_the_same_pixels(photometric, options, rows, tmp_path):
    svs = MadeSvs()
    macro = Directory(picture(150, 51, 90), "Aperio Image Library v11.2.1\nmacro 150x51", 7, photometric, subfile=9)
    if photometric == 2 and not options.get("abbreviated", True):
        pytest.skip("a JFIF stream states YCbCr whatever tag 262 says; OpenSlide believes the tag")
    if photometric == 6:
        macro.tags[530] = [2, 1] if options.get("subsampling") else [1, 1]
    svs.directories["macro"] = macro.as_jpeg(rows, **options)
    slide = write(tmp_path, svs)
    sets, _ = converted(slide, tmp_path / "out")
    assert sets["overview"].file_meta.TransferSyntaxUID == BASELINE
    assert sets["overview"].PhotometricInterpretation == ("RGB" if photometric == 2 else "YBR_FULL_422")
    [frame] = frames(sets["overview"])
    for piece in macro.pieces:  # each strip's scan is in the frame as it was
        scan = piece[piece.rindex(b"\xff\xda") + 14 : -2]
        assert scan in frame
    assert numpy.array_equal(pixels(sets["overview"]), associated_image(slide, "macro"))


def test_a_macro_that_cannot_be_one_jpeg_is_decoded_and_said_to_be_lossy(tmp_path):
    svs = MadeSvs()
    macro = Directory(picture(150, 51, 90), "Aperio Image Library v11.2.1\nmacro 150x51", 7, subfile=9)
    svs.directories["macro"] = macro.as_jpeg(20)  # no whole MCUs
    slide = write(tmp_path, svs)
    sets, said = converted(slide, tmp_path / "out")
    overview = sets["overview"]
    assert overview.file_meta.TransferSyntaxUID == NATIVE
    assert overview.LossyImageCompression == "01" and overview.LossyImageCompressionMethod == "ISO_10918_1"
    ratio = 150 * 51 * 3 / sum(len(piece) for piece in macro.pieces)
    assert float(overview.LossyImageCompressionRatio) == pytest.approx(ratio, abs=0.01)
    assert "overview: JPEG decoded and stored uncompressed (strips of 20 rows are not whole MCUs of 8)" in said
    assert numpy.array_equal(pixels(overview), associated_image(slide, "macro"))


def test_a_macro_of_jpeg_tiles_is_decoded(tmp_path):
    svs = MadeSvs()
    macro = Directory(picture(150, 51, 90), "Aperio Image Library v11.2.1\nmacro 150x51", 7, subfile=9)
    svs.directories["macro"] = macro.as_jpeg(32, 64)
    sets, said = converted(write(tmp_path, svs), tmp_path / "out")
    assert "tiles side by side cannot be joined" in said
    assert abs(pixels(sets["overview"]).astype(int) - macro.pixels).mean() < 20


def test_what_is_not_wanted_is_left_out_and_the_rest_stays_the_same(tmp_path):
    slide = write(tmp_path, MadeSvs())
    whole, _ = converted(slide, tmp_path / "whole")
    for option, name in (("--no-label", "label"), ("--no-overview", "overview"), ("--no-thumbnail", "thumbnail")):
        some, said = converted(slide, tmp_path / name, option)
        assert set(some) == set(whole) - {name}
        assert f"left out: {name}, as asked" in said
        assert all(some[left].SOPInstanceUID == whole[left].SOPInstanceUID for left in some)
    bare, _ = converted(slide, tmp_path / "bare", "--no-label", "--no-overview", "--no-thumbnail")
    assert set(bare) == {"level-0"}


def test_a_thumbnail_of_a_level_s_size_is_left_out_and_said_to_be(tmp_path):
    svs = MadeSvs()
    twin = Directory(svs["level"].pixels, "Aperio Image Library v11.2.1\n200x150 -> 200x150 - ", 7)
    svs.directories["thumbnail"] = twin.as_jpeg(16)
    sets, said = converted(write(tmp_path, svs), tmp_path / "out")
    assert set(sets) == {"level-0", "label", "overview"}
    assert "left out: thumbnail, it has the size of directory 0 (200 x 150)" in said


def test_a_repeat_finds_every_instance_there(tmp_path):
    slide = write(tmp_path, MadeSvs())
    convert(slide, tmp_path / "a")
    convert(slide, tmp_path / "b")
    assert "0 instances written (0.0 MB), 4 there already" in convert(slide, tmp_path / "a").stdout
    files = {path.name: path.read_bytes() for path in (tmp_path / "a").rglob("*.dcm")}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "b").rglob("*.dcm")}


def test_an_import_catalogs_each_by_its_flavor_and_serves_its_pixels(empty_server, tmp_path):
    svs = MadeSvs()
    slide = write(tmp_path, svs)
    said = run(BINARY, "import", slide, "--server", empty_server.url + "/dicom-web").stdout
    assert "4 stored, 0 there already" in said and "1 level, thumbnail, label, overview" in said
    found = empty_server.get("/dicom-web/instances?includefield=all", accept="application/dicom+json").json()
    urls = {instance["00080008"]["Value"][2]: instance["00081190"]["Value"][0] for instance in found}
    assert set(urls) == {"VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL"}
    frame = empty_server.get(urls["LABEL"] + "/frames/1", accept="application/octet-stream; transfer-syntax=*")
    assert frame.status_code == 200 and svs["label"].pixels.tobytes() in frame.content
    frame = empty_server.get(urls["OVERVIEW"] + "/frames/1", accept="image/jpeg")
    assert frame.status_code == 200 and Image.open(io.BytesIO(frame.content)).size == (150, 51)
    with contextlib.closing(sqlite3.connect(empty_server.data / "catalog.sqlite")) as catalog:
        flavors = sorted(row[0] for row in catalog.execute("SELECT image_flavor FROM instances"))
    assert flavors == [1, 2, 3, 4]  # VOLUME, LABEL, OVERVIEW, THUMBNAIL (catalog/visibility.h)


def test_levels_keep_the_instance_uids_they_had_before_labels_came(tmp_path):
    """The UIDs and bytes that revision 1 gives; a change here must come with a new revision (convert/identity.h)."""
    slide = write(tmp_path, MadeSvs())
    sets, _ = converted(slide, tmp_path / "out")
    [(_, level)] = volumes(tmp_path / "out")
    assert level.SOPInstanceUID == sets["level-0"].SOPInstanceUID == LEVEL_UID


LEVEL_UID = "2.25.116244720192693544807390145782030029375"
