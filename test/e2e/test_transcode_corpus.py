"""The first frame of every image of the shared data folder in the other syntaxes, against decoders of others.

transcode_expected.tsv says what comes of each file: the decoder that explicit little endian is compared with, how it
compares, and which of the other lossless syntaxes were had, each of them the same pixels again.
  exact      every sample is the decoder's (and for other syntaxes: explicit little endian's, read back by Pillow or DCMTK)
  unread     it came, and nothing here reads it
  406        it cannot be had, and the answer says why
  off by     three times on purpose: Pillow takes a stream that is silent about its colours for YBR where the header says
             RGB, pydicom leaves the words of a big-endian OW turned, and shifts signed samples of an unsigned header;
  differs    once: dcmdjpls does not extend the signs of 14 bits in 16 (we read our own frame back exactly)
  N bytes    pydicom makes bytes of bits and doubles halved chroma, explicit little endian keeps both
Skipped, and said so, where the folder does not lie beside the project: test_transcode.py holds the cases by themselves.
"""
import csv
import io
import pathlib
import subprocess

import numpy
import pydicom
import pytest
import requests
from PIL import Image
from pydicom.encaps import generate_pixel_data_frame

from dicomweb import JSON, value
from tessera_server import ROOT

DATA = ROOT.parent / "shared" / "data"
FOLDERS = ["dicom-wsi", "dicom-other", "derived"]
EXPECTED = pathlib.Path(__file__).with_name("transcode_expected.tsv")
COLUMNS = ["file", "syntax", "decoder", "explicit", "jpeg-ls", "jpeg 2000", "htj2k"]
EXPLICIT, BASELINE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
JLS, J2K, HTJ2K = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"
OTHERS = {"jpeg-ls": (JLS, "image/jls"), "jpeg 2000": (J2K, "image/jp2"), "htj2k": (HTJ2K, "image/jphc")}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data beside the project: its images not tried")


def expected():
    with EXPECTED.open(newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines, delimiter="\t")}


def images():
    rows = expected() if DATA.is_dir() and EXPECTED.exists() else {}
    return sorted(rows)


def first_of(dataset):
    count = int(dataset.get("NumberOfFrames", 1) or 1)
    pixels = dataset.pixel_array
    return pixels[0] if count > 1 else pixels


def by_dcmtk(tool, dataset, *options):
    written = io.BytesIO()
    dataset.save_as(written)
    done = subprocess.run([tool, *options, "-", "-"], input=written.getvalue(), capture_output=True, timeout=60,
                          check=True)
    return first_of(pydicom.dcmread(io.BytesIO(done.stdout), force=True))


def by_pillow(dataset):
    """JPEG of 8 bits as RGB or grey, and JPEG 2000 of both kinds, with pydicom's care for signs."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == BASELINE:
        frame = next(generate_pixel_data_frame(dataset.PixelData, int(dataset.get("NumberOfFrames", 1) or 1)))
        image = Image.open(io.BytesIO(frame))
        return numpy.array(image.convert("RGB") if image.mode != "L" else image)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.91"
    return first_of(dataset)


def decoder_of(syntax):
    row = syntax.rsplit(".", 1)[1] if syntax.startswith("1.2.840.10008.1.2.4.") else ""
    if row in ("50", "90", "91", "201", "202", "203"):
        return "pillow", by_pillow
    if row in ("51", "53", "55", "57", "70"):
        return "dcmdjpeg", lambda dataset: by_dcmtk("dcmdjpeg", dataset, "+cn")
    if row in ("80", "81"):
        return "dcmdjpls", lambda dataset: by_dcmtk("dcmdjpls", dataset)
    return ("none", None) if row else ("pydicom", first_of)


def compare(ours, dataset, decode):
    if decode is None:
        return "unread"
    try:
        theirs = decode(dataset)
    except Exception:  # the many ways in which a decoder of others gives up
        return "unread"
    theirs = numpy.ascontiguousarray(theirs.astype(theirs.dtype.newbyteorder("<")))
    if len(ours) != theirs.nbytes:
        return f"{len(ours)} bytes, not {theirs.nbytes}"
    if ours == theirs.tobytes():
        return "exact"
    mine = numpy.frombuffer(ours, theirs.dtype).reshape(theirs.shape)
    return f"off by {numpy.abs(mine.astype('i8') - theirs.astype('i8')).max()}"


def read_back(coded, syntax, plain, dataset):
    """A codestream of ours by Pillow (8 bits) or DCMTK, against explicit little endian."""
    kind = numpy.dtype(f"{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}")
    wanted = numpy.frombuffer(plain, kind)
    if dataset.PhotometricInterpretation == "YBR_FULL_422" and dataset.file_meta.TransferSyntaxUID == EXPLICIT:
        return "unread"  # explicit little endian keeps its halved chroma
    if syntax == JLS:
        made = pydicom.Dataset()
        made.file_meta = pydicom.dataset.FileMetaDataset()
        made.file_meta.TransferSyntaxUID = JLS
        made.is_little_endian, made.is_implicit_VR = True, False
        for name in ("SOPClassUID", "SOPInstanceUID", "Rows", "Columns", "SamplesPerPixel", "BitsAllocated",
                     "BitsStored", "PixelRepresentation"):
            setattr(made, name, getattr(dataset, name))
        made.HighBit = made.BitsStored - 1
        made.PhotometricInterpretation = "RGB" if made.SamplesPerPixel == 3 else "MONOCHROME2"
        if made.SamplesPerPixel == 3:
            made.PlanarConfiguration = 0
        made.PixelData = pydicom.encaps.encapsulate([coded])
        made["PixelData"].is_undefined_length = True
        written = io.BytesIO()
        pydicom.dcmwrite(written, made, write_like_original=False)
        got = by_dcmtk("dcmdjpls", pydicom.dcmread(io.BytesIO(written.getvalue())))
    elif dataset.BitsAllocated == 8 and not dataset.PixelRepresentation:
        got = numpy.array(Image.open(io.BytesIO(coded)))
    else:
        return "unread"
    got = got.reshape(-1)
    return "exact" if got.size == wanted.size and numpy.array_equal(got.astype("i8"), wanted.astype("i8")) else "differs"


def outcome(server, session, name):
    """The row that transcode_expected.tsv should have; nothing for a file that is not stored or has no pixels."""
    content = (DATA / name).read_bytes()
    try:
        dataset = pydicom.dcmread(io.BytesIO(content), force=True)
    except Exception:
        return None
    if "PixelData" not in dataset:
        return None
    stored = session.post(server.url + "/dicom-web/studies", data=content, timeout=60,
                          headers={"Accept": JSON, "Content-Type": "application/dicom"})
    if stored.status_code not in (200, 202):
        return None
    url = value(stored.json()["00081199"]["Value"][0], "00081190")
    try:
        syntax = str(dataset.file_meta.TransferSyntaxUID)
        decoder, decode = decoder_of(syntax)
        row = {"file": name, "syntax": syntax, "decoder": decoder}
        plain = session.get(url + "/frames/1", timeout=60,
                            headers={"Accept": f"application/octet-stream; transfer-syntax={EXPLICIT}"})
        row["explicit"] = compare(plain.content, pydicom.dcmread(io.BytesIO(content), force=True), decode) \
            if plain.status_code == 200 else str(plain.status_code)
        for column, (other, media) in OTHERS.items():
            answer = session.get(url + "/frames/1", timeout=60, headers={"Accept": f"{media}; transfer-syntax={other}"})
            if answer.status_code != 200:
                row[column] = str(answer.status_code)
            elif other == syntax:
                row[column] = "stored"
            else:
                row[column] = read_back(answer.content, other, plain.content, dataset)
        return row
    finally:
        assert session.delete(url, timeout=60).status_code == 204


@pytest.fixture(scope="module")
def session():
    return requests.Session()


@pytest.mark.parametrize("name", images())
def test_the_first_frame_in_every_other_syntax(server, session, name):
    assert outcome(server, session, name) == expected()[name]


def test_every_image_of_the_folder_has_its_row():
    wanted = {str(path.relative_to(DATA)) for folder in FOLDERS for path in (DATA / folder).rglob("*") if path.is_file()}
    assert set(images()) <= wanted
    assert len(images()) > 150
