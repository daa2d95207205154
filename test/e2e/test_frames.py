"""Frames: every Accept that a viewer sends (clients.md §1), against a JPEG and a native instance."""
import pytest

import dicom_files as make
from dicomweb import assert_says_why, bodies, content_type, parts_of

OCTETS, JPEG, JP2 = "application/octet-stream", "image/jpeg", "image/jp2"
EXPLICIT, BASELINE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
JLS, J2K, HTJ2K, JXL = (f"1.2.840.10008.1.2.4.{row}" for row in (80, 90, 201, 111))
MADE_TYPES = {EXPLICIT: OCTETS, JLS: "image/jls", J2K: JP2, HTJ2K: "image/jphc", JXL: "image/jxl"}

OHIF = ", ".join(
    f'multipart/related; type="{media}"; transfer-syntax={syntax}' for media, syntax in [
        ("image/jls", "1.2.840.10008.1.2.4.80"), ("image/jls", "1.2.840.10008.1.2.4.81"),
        ("image/jp2", "1.2.840.10008.1.2.4.90"), ("image/jp2", "1.2.840.10008.1.2.4.91"),
        ("image/jpx", "1.2.840.10008.1.2.4.92"), ("image/jpx", "1.2.840.10008.1.2.4.93"),
        (OCTETS, "*"), (JPEG, BASELINE)])


def typed(media, syntax=None):
    return f'multipart/related; type="{media}"' + (f"; transfer-syntax={syntax}" if syntax else "")


# Accept -> is it answered for what is stored (JPEG, native), or by which syntax that is made? Parts or a single body?
MANY, ONE = "multipart", "single"
ACCEPTS = {
    # dicom-microscopy-viewer, Slim, EZ-WSI
    typed(OCTETS, "*"): (True, True, MANY),
    # OHIF, microscopy mode and others
    OHIF: (True, True, MANY),
    "multipart/related; type=application/octet-stream; transfer-syntax=*": (True, True, MANY),
    'multipart/related; type="application/octet-stream"; transfer-syntax="*"': (True, True, MANY),
    # python dicomweb-client
    'multipart/related; type="*/*"': (True, True, MANY),
    typed(JPEG, BASELINE): (True, False, MANY),
    # wsidicom's probes: 406 is its no
    typed(JP2, "1.2.840.10008.1.2.4.91"): (False, False, MANY),
    typed(JP2, J2K): (J2K, J2K, MANY),
    typed("image/jls", "1.2.840.10008.1.2.4.81"): (False, False, MANY),
    typed("image/jls", JLS): (JLS, JLS, MANY),
    typed(JPEG, "1.2.840.10008.1.2.4.70"): (False, False, MANY),
    typed(JPEG, "1.2.840.10008.1.2.4.57"): (False, False, MANY),
    typed("image/dicom-rle", "1.2.840.10008.1.2.5"): (False, False, MANY),
    # EZ-WSI asks for raw pixels so
    typed(OCTETS, EXPLICIT): (EXPLICIT, True, MANY),
    "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1": (EXPLICIT, True, ONE),
    # the other syntaxes that are made, with and without their names; JPEG only with a quality
    "image/jls": (JLS, JLS, ONE),
    "image/jphc": (HTJ2K, HTJ2K, ONE),
    typed("image/jphc", HTJ2K): (HTJ2K, HTJ2K, MANY),
    typed("image/jphc", "1.2.840.10008.1.2.4.202"): (False, False, MANY),
    "image/jxl": (JXL, False, ONE),
    typed("image/jxl", JXL): (JXL, False, MANY),
    typed("image/jxl", "1.2.840.10008.1.2.4.110"): (False, False, MANY),
    "image/*; transfer-syntax=1.2.840.10008.1.2.4.80": (JLS, JLS, ONE),
    "image/dicom-rle": (False, False, ONE),
    # what is stored wins at any q; of what is made, the first by q
    "image/jls;q=0.5, image/jp2;q=0.9": (J2K, J2K, ONE),
    "image/jp2, image/jpeg;q=0.1": (True, J2K, ONE),
    # the contract's own, and Weasis' missing spaces
    "application/octet-stream; transfer-syntax=*": (True, True, ONE),
    'multipart/related;type="application/octet-stream";transfer-syntax=*': (True, True, MANY),
    "application/octet-stream": (True, True, ONE),
    typed(OCTETS): (True, True, MANY),
    "*/*": (True, True, None),
    "image/jpeg": (True, False, ONE),
    "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50": (True, False, ONE),
    "image/jp2": (J2K, J2K, ONE),
    # the transfer syntax within the quotes, a type in capitals, and types that are refused
    'multipart/related; type="application/octet-stream; transfer-syntax=*"': (True, True, MANY),
    'multipart/related; type="image/jpeg;transfer-syntax=1.2.840.10008.1.2.4.50"': (True, False, MANY),
    'multipart/related; type="image/jpeg;transfer-syntax=1.2.840.10008.1.2.4.70"': (False, False, MANY),
    'multipart/related; type="Image/JPEG"': (True, False, MANY),
    "application/octet-stream;q=0, */*": (False, False, MANY),
    "image/jpeg;q=0, image/*": (False, False, ONE),
    "text/html": (False, False, ONE),
    "application/dicom+json": (False, False, ONE),
    "image/jp2, application/octet-stream; transfer-syntax=*; q=0.5": (True, True, ONE),
    "text/html;q=1.0, multipart/related; type=\"application/octet-stream\"; transfer-syntax=*;q=0.1": (True, True, MANY),
}


@pytest.fixture(scope="module")
def jpeg(server):
    file = make.jpeg(frames=5)
    server.store(file)
    return file


@pytest.fixture(scope="module")
def native(server):
    file = make.native(frames=5)
    server.store(file)
    return file


def get(server, prefix, file, numbers, accept=typed(OCTETS, "*")):
    return server.get(f"{prefix}{file.path}/frames/{numbers}", accept)


def check_made(response, syntax, form, file):
    """Of the right kind; that the pixels are right is test_transcode.py's claim."""
    is_multipart = content_type(response).startswith("multipart/related")
    assert is_multipart == (form == MANY), content_type(response)
    kind = parts_of(response)[0][0]["content-type"] if is_multipart else content_type(response)
    assert kind == f"{MADE_TYPES[syntax]}; transfer-syntax={syntax}"
    assert bodies(response) != [file.frames()[1]]
    if is_multipart:
        head, body = parts_of(response)[0]
        assert head["content-location"].endswith(f"{file.path}/frames/2")
        assert int(head["content-length"]) == len(body)


@pytest.mark.parametrize("stored", ["jpeg", "native"])
@pytest.mark.parametrize("accept", ACCEPTS)
def test_every_accept_of_a_viewer(server, prefix, request, accept, stored):
    file = request.getfixturevalue(stored)
    jpeg_too, native_too, form = ACCEPTS[accept]
    response = get(server, prefix, file, 2, accept)
    answered = jpeg_too if stored == "jpeg" else native_too
    if not answered:
        assert_says_why(response, 406)
        return
    assert response.status_code == 200, response.text
    if answered is not True:
        check_made(response, answered, form, file)
        return
    assert bodies(response) == [file.frames()[1]]
    is_multipart = content_type(response).startswith("multipart/related")
    if form is not None:
        assert is_multipart == (form == MANY), content_type(response)
    kind = parts_of(response)[0][0]["content-type"] if is_multipart else content_type(response)
    media = kind.split(";")[0].strip()
    assert media in ([OCTETS, JPEG] if stored == "jpeg" else [OCTETS])
    if media == OCTETS:
        assert f"transfer-syntax={file.syntax}" in kind.replace('"', "")
    if accept in ("image/jpeg", typed(JPEG, BASELINE)):
        assert media == JPEG


@pytest.mark.parametrize("numbers", ["1", "1,2", "3,1,2", "5,4,3,2,1", "2%2C4", "2,2"])
def test_frames_come_in_the_order_asked(server, prefix, jpeg, native, numbers):
    for file in (jpeg, native):
        response = get(server, prefix, file, numbers)
        assert response.status_code == 200
        wanted = [file.frames()[int(n) - 1] for n in numbers.replace("%2C", ",").split(",")]
        assert [body for _, body in parts_of(response)] == wanted


def test_the_answer_names_type_and_boundary(server, prefix, jpeg):
    response = get(server, prefix, jpeg, 1)
    assert 'type="application/octet-stream"' in content_type(response)
    assert "boundary=" in content_type(response)


@pytest.mark.parametrize("file", [
    make.jpeg(frames=4, offsets="none"), make.jpeg(frames=4, offsets="extended"), make.jpeg(frames=4, fragments=2),
    make.jpeg(frames=1, offsets="none", fragments=3), make.jpeg(frames=1), make.implicit(frames=2),
    make.native(frames=1), make.rich()],
    ids=["no_table", "extended_table", "two_fragments", "one_frame_of_three_fragments", "one_frame", "implicit_vr",
         "one_native_frame", "per_frame_groups"])
def test_every_way_to_keep_frames_gives_what_pydicom_extracts(server, prefix, file):
    if server.get("/dicom-web" + file.path + "/metadata").status_code == 404:
        server.store(file)
    for number, frame in enumerate(file.frames(), 1):
        response = get(server, prefix, file, number, "application/octet-stream; transfer-syntax=*")
        assert response.status_code == 200 and response.content == frame
    everything = get(server, prefix, file, ",".join(str(n + 1) for n in range(len(file.frames()))))
    assert bodies(everything) == file.frames()


@pytest.mark.parametrize("numbers", ["6", "1,6", "4294967296"])
def test_a_frame_beyond_the_last_is_404(server, prefix, jpeg, native, numbers):
    assert_says_why(get(server, prefix, jpeg, numbers), 404)
    assert_says_why(get(server, prefix, native, numbers), 404)


@pytest.mark.parametrize("numbers", ["0", "-1", "1,0", "one", "1,,2", "1.5", "1,", "%31x"])
def test_what_is_no_frame_number_is_400(server, prefix, jpeg, numbers):
    assert_says_why(get(server, prefix, jpeg, numbers), 400)


def test_a_number_too_long_for_any_machine_is_refused(server, prefix, jpeg):
    assert get(server, prefix, jpeg, "9" * 40).status_code in (400, 404)


def test_one_body_for_many_frames_is_refused(server, jpeg, contract):
    assert_says_why(get(server, contract, jpeg, "1,2", "application/octet-stream; transfer-syntax=*"), 400)


def test_frames_of_what_is_not_there_are_404(server, prefix, jpeg):
    assert_says_why(get(server, prefix, make.native(), 1), 404)
    other_series = f"{prefix}{jpeg.study_path}/series/1.2.3/instances/{jpeg.sop}/frames/1"
    assert_says_why(server.get(other_series), 404)


def test_an_instance_without_pixels_has_no_frames(server, prefix):
    file = make.without_pixels()
    server.store(file)
    assert_says_why(get(server, prefix, file, 1), 404)


def test_a_bad_uid_is_400(server, prefix, jpeg):
    assert_says_why(server.get(f"{prefix}{jpeg.study_path}/series/x/instances/{jpeg.sop}/frames/1"), 400)


def test_a_frame_may_be_kept_but_must_be_asked_for_again(server, prefix, jpeg):
    first = get(server, prefix, jpeg, 1, "application/octet-stream; transfer-syntax=*")
    tag = first.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"')
    assert "must-revalidate" in first.headers["Cache-Control"] and "private" in first.headers["Cache-Control"]
    again = server.get(f"{prefix}{jpeg.path}/frames/1", "application/octet-stream; transfer-syntax=*",
                       {"If-None-Match": tag})
    assert again.status_code == 304 and again.content == b"" and again.headers["ETag"] == tag


def test_head_tells_the_length_and_sends_nothing(server, prefix, jpeg):
    response = server.request("HEAD", f"{prefix}{jpeg.path}/frames/2", "application/octet-stream; transfer-syntax=*")
    assert response.status_code == 200 and response.content == b""
    assert response.headers["Content-Length"] == str(len(jpeg.frames()[1]))
