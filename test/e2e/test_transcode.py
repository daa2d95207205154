"""Pixels in another transfer syntax than they are stored in: single frames and whole instances, read back by pydicom,
Pillow (OpenJPEG) and DCMTK. Whole series and studies are here too, because their instances come so."""
import io
import subprocess

import numpy
import pydicom
import pytest
from PIL import Image

import dicom_files as make
from dicomweb import assert_says_why, bodies, content_type, parts_of

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
BASELINE, JLS, J2K, HTJ2K, JXL = (f"1.2.840.10008.1.2.4.{row}" for row in (50, 80, 90, 201, 111))
LOSSLESS = [EXPLICIT, JLS, J2K, HTJ2K]
MULTIPART = 'multipart/related; type="application/dicom"'


def whole(server, path, syntax, query=""):
    """The instance as one part in that syntax, as pydicom reads it."""
    answer = server.get(f"/dicom-web{path}{query}", f"application/dicom; transfer-syntax={syntax}")
    assert answer.status_code == 200, answer.text[:300]
    assert content_type(answer) == f"application/dicom; transfer-syntax={syntax}"
    dataset = pydicom.dcmread(io.BytesIO(answer.content))
    assert dataset.file_meta.TransferSyntaxUID == syntax
    return answer.content, dataset


def frames_of(dataset):
    """The frames as numpy arrays. Pillow decodes JPEG 2000 and HTJ2K, DCMTK JPEG-LS."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == JLS:
        dataset = through_dcmtk("dcmdjpls", dataset)
    elif syntax == HTJ2K:
        dataset.file_meta.TransferSyntaxUID = J2K  # OpenJPEG knows which it is
    count = int(dataset.get("NumberOfFrames", 1))
    pixels = dataset.pixel_array
    return list(pixels) if count > 1 else [pixels]


def through_dcmtk(tool, dataset, *options):
    written = io.BytesIO()
    dataset.save_as(written)
    done = subprocess.run([tool, *options, "-", "-"], input=written.getvalue(), capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr.decode()
    return pydicom.dcmread(io.BytesIO(done.stdout))


def as_rgb(jpeg):
    return numpy.array(Image.open(io.BytesIO(jpeg)).convert("RGB"))


def psnr(a, b):
    error = numpy.mean((a.astype(float) - b.astype(float)) ** 2)
    return 99 if error == 0 else 10 * numpy.log10(255 ** 2 / error)


@pytest.fixture(scope="module")
def files(server):
    made = {"jpeg": make.jpeg(frames=5), "one jpeg": make.jpeg(frames=1), "native": make.native(frames=4),
            "implicit": make.implicit(frames=3), "big endian": make.big_endian(), "deflated": make.deflated(),
            "bits": make.bits(), "rich": make.rich(), "floats": make.floats(), "document": make.document()}
    for file in made.values():
        server.store(file)
    return made


def pixels_of(file):
    if file.syntax == BASELINE:
        return [as_rgb(frame) for frame in file.frames()]
    dataset = pydicom.dcmread(io.BytesIO(file.bytes))
    pixels = dataset.pixel_array
    return list(pixels) if int(dataset.get("NumberOfFrames", 1)) > 1 else [pixels]


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("name", ["jpeg", "one jpeg", "native", "implicit", "big endian", "deflated", "rich"])
def test_an_instance_in_another_syntax_has_the_same_pixels(server, files, name, syntax):
    file = files[name]
    if file.syntax == syntax:
        pytest.skip("that is how it is stored")
    _, dataset = whole(server, file.path, syntax)
    wanted = pixels_of(file)
    photometric = dataset.PhotometricInterpretation
    got = frames_of(dataset)
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted):
        assert numpy.array_equal(a, b)
    if wanted[0].ndim == 3 and syntax in (J2K, HTJ2K):
        assert photometric == "YBR_RCT"
    elif file.syntax == BASELINE:
        assert photometric == "RGB"


@pytest.mark.parametrize("name", ["jpeg", "native", "implicit", "big endian", "rich", "document"])
def test_an_instance_in_another_syntax_has_the_same_header(server, files, name):
    file = files[name]
    syntax = EXPLICIT if file.syntax != EXPLICIT else J2K
    if name == "document" and file.syntax == EXPLICIT:
        pytest.skip("a document stored in explicit little endian has no other syntax")
    _, got = whole(server, file.path, syntax)
    was = pydicom.dcmread(io.BytesIO(file.bytes))
    changed = {"PixelData", "PhotometricInterpretation", "PlanarConfiguration", "ExtendedOffsetTable",
               "ExtendedOffsetTableLengths"}
    assert [e.tag for e in got if e.keyword not in changed] == [e.tag for e in was if e.keyword not in changed]
    if name == "big endian":  # pydicom leaves the words of an OW as they lie
        table = was.ModalityLUTSequence[0]
        table.LUTData = numpy.frombuffer(table.LUTData, ">u2").astype("<u2").tobytes()
    for element in was:
        if element.keyword not in changed:
            assert got[element.tag].value == element.value, element.keyword


def test_a_single_frame_is_that_of_the_instance(server, files):
    for name in ("jpeg", "native", "big endian"):
        file = files[name]
        for number, wanted in enumerate(pixels_of(file), 1):
            for syntax, media in ((EXPLICIT, "application/octet-stream"), (J2K, "image/jp2")):
                answer = server.get(f"/dicom-web{file.path}/frames/{number}", f"{media}; transfer-syntax={syntax}")
                assert answer.status_code == 200, answer.text[:300]
                if syntax == EXPLICIT:
                    assert answer.content == wanted.astype(wanted.dtype.newbyteorder("<")).tobytes()
                elif wanted.dtype.itemsize == 1:
                    assert numpy.array_equal(numpy.array(Image.open(io.BytesIO(answer.content))), wanted)


def test_many_frames_come_in_the_order_asked(server, files):
    file = files["jpeg"]
    answer = server.get(f"/dicom-web{file.path}/frames/3,1,3,5",
                        'multipart/related; type="application/octet-stream"; transfer-syntax=' + EXPLICIT)
    wanted = pixels_of(file)
    assert bodies(answer) == [wanted[i].tobytes() for i in (2, 0, 2, 4)]
    assert [head["content-location"].rsplit("/", 1)[1] for head, _ in parts_of(answer)] == ["3", "1", "3", "5"]


def test_octets_of_a_single_frame_are_plain_and_of_many_as_stored(server, files, prefix):
    one, many = files["one jpeg"], files["jpeg"]
    plain = server.get(f"{prefix}{one.path}/frames/1", "application/octet-stream")
    assert plain.content == pixels_of(one)[0].tobytes()
    assert content_type(plain) == f"application/octet-stream; transfer-syntax={EXPLICIT}"
    stored = server.get(f"{prefix}{many.path}/frames/1", "application/octet-stream")
    assert stored.content == many.frames()[0]
    for accept in ("application/octet-stream; transfer-syntax=*", "*/*", "image/jpeg"):
        assert bodies(server.get(f"{prefix}{one.path}/frames/1", accept)) == [one.frames()[0]]


def test_jpeg_is_made_only_with_a_quality_and_says_that_it_lost(server):
    smooth = make.native(frames=2, side_data=64).dataset
    rows, columns = numpy.indices((64, 64))
    smooth.PixelData = numpy.stack([rows * 2, columns * 2, rows + columns], 2).astype("u1").tobytes() * 2
    file = make.File(smooth)
    server.store(file)
    accept = f"image/jpeg; transfer-syntax={BASELINE}"
    assert_says_why(server.get(f"/dicom-web{file.path}/frames/1", accept), 406)
    assert_says_why(server.get(f"/dicom-web{file.path}/frames/1?quality=0", accept), 400)
    assert_says_why(server.get(f"/dicom-web{file.path}/frames/1?quality=many", accept), 400)
    sizes = []
    for quality in (50, 95):
        answer = server.get(f"/dicom-web{file.path}/frames/1?quality={quality}", accept)
        assert answer.status_code == 200 and content_type(answer) == accept
        sizes.append(len(answer.content))
    assert sizes[0] < sizes[1]
    _, dataset = whole(server, file.path, BASELINE, "?quality=95")
    assert dataset.LossyImageCompression == "01" and dataset.LossyImageCompressionMethod == "ISO_10918_1"
    assert float(dataset.LossyImageCompressionRatio) > 1
    assert dataset.PhotometricInterpretation == "YBR_FULL_422"
    frame = next(pydicom.encaps.generate_pixel_data_frame(dataset.PixelData, int(dataset.NumberOfFrames)))
    assert psnr(as_rgb(frame), pixels_of(file)[0]) > 40


def test_jpeg_as_jpeg_xl_gives_every_byte_back(server, empty_server, files):
    file = files["jpeg"]
    content, dataset = whole(server, file.path, JXL)
    assert dataset.PhotometricInterpretation == "YBR_FULL_422"
    assert empty_server.post("/dicom-web/studies", content, "application/dicom").status_code == 200
    for number, jpeg in enumerate(file.frames(), 1):
        back = empty_server.get(f"/dicom-web{file.path}/frames/{number}", f"image/jpeg; transfer-syntax={BASELINE}")
        assert back.status_code == 200, back.text[:300]
        assert back.content == jpeg or back.content.rstrip(b"\0") == jpeg.rstrip(b"\0")


@pytest.mark.parametrize("name, syntax", [("bits", J2K), ("floats", J2K), ("document", J2K), ("native", BIG),
                                          ("native", IMPLICIT), ("native", JXL), ("jpeg", "1.2.840.10008.1.2.4.91"),
                                          ("jpeg", "1.2.840.10008.1.2.5"), ("native", BASELINE)])
def test_what_cannot_be_had_is_406(server, files, prefix, name, syntax):
    file = files[name]
    assert_says_why(server.get(prefix + file.path, f"application/dicom; transfer-syntax={syntax}"), 406)


def test_an_instance_is_multipart_where_that_is_asked(server, files, prefix):
    file = files["native"]
    answer = server.get(prefix + file.path, f"{MULTIPART}; transfer-syntax={J2K}")
    [(head, body)] = parts_of(answer)
    assert head["content-type"] == f"application/dicom; transfer-syntax={J2K}"
    assert head["content-location"].endswith(file.path)
    assert pydicom.dcmread(io.BytesIO(body)).file_meta.TransferSyntaxUID == J2K


def test_a_broken_frame_spoils_itself_alone(server):
    file = make.jpeg(frames=3)
    frames = file.frames()
    broken = make.File(file.dataset)
    broken.bytes = file.bytes.replace(frames[1], frames[1][:200] + b"\xff" * 40 + frames[1][240:])
    assert broken.bytes != file.bytes
    server.store(broken)
    accept = f"application/octet-stream; transfer-syntax={EXPLICIT}"
    for number, status in ((1, 200), (2, 406), (3, 200)):
        answer = server.get(f"/dicom-web{file.path}/frames/{number}", accept)
        assert answer.status_code == status, answer.text[:200]
        if status == 406:
            assert "frame 2 of instance" in answer.text
    several = server.get(f"/dicom-web{file.path}/frames/1,2,3",
                         f'multipart/related; type="application/octet-stream"; transfer-syntax={EXPLICIT}')
    assert several.status_code == 406 and "frame 2 of instance" in several.text
    as_stored = server.get(f"/dicom-web{file.path}/frames/2", "application/octet-stream; transfer-syntax=*")
    assert as_stored.status_code == 200


def test_tags_tell_the_syntaxes_apart(server, files):
    path = f"/dicom-web{files['jpeg'].path}/frames/1"
    tags = {}
    for syntax, media in ((BASELINE, "image/jpeg"), (EXPLICIT, "application/octet-stream"), (J2K, "image/jp2")):
        accept = f"{media}; transfer-syntax={syntax}"
        tag = server.get(path, accept).headers["ETag"]
        assert server.get(path, accept, headers={"If-None-Match": tag}).status_code == 304
        tags[tag] = syntax
    assert len(tags) == 3


def test_a_series_and_a_study_come_instance_by_instance(server, prefix):
    files = [make.jpeg(frames=2)]
    study, series = files[0].dataset.StudyInstanceUID, files[0].dataset.SeriesInstanceUID
    files.append(make.native(frames=2, study=study, series=series))
    files.append(make.implicit(frames=1, study=study))
    for file in files:
        server.store(file)
    for path, wanted in ((files[0].series_path, files[:2]), (files[0].study_path, files)):
        for accept in (MULTIPART, f"{MULTIPART}; transfer-syntax=*", "*/*",
                       'multipart/related; transfer-syntax=*; type="application/dicom"'):
            answer = server.get(prefix + path, accept)
            assert answer.status_code == 200, answer.text[:300]
            parts = parts_of(answer)
            assert sorted(body for _, body in parts) == sorted(file.bytes for file in wanted)
            for head, body in parts:
                assert int(head["content-length"]) == len(body)
        tag = answer.headers["ETag"]
        assert server.get(prefix + path, "*/*", headers={"If-None-Match": tag}).status_code == 304
        for syntax in (EXPLICIT, J2K):
            answer = server.get(prefix + path, f"{MULTIPART}; transfer-syntax={syntax}")
            datasets = [pydicom.dcmread(io.BytesIO(body)) for _, body in parts_of(answer)]
            assert {dataset.file_meta.TransferSyntaxUID for dataset in datasets} == {syntax}
            assert {d.SOPInstanceUID for d in datasets} == {file.dataset.SOPInstanceUID for file in wanted}
        assert_says_why(server.get(prefix + path, "application/dicom"), 406)
        assert_says_why(server.get(prefix + path, f"{MULTIPART}; transfer-syntax={JXL}"), 406)
    assert_says_why(server.get(f"{prefix}/studies/1.2.3.4", MULTIPART), 404)
