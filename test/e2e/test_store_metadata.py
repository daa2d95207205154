"""STOW of metadata and bulk data (PS3.18 §10.5): DICOM JSON, then the values its BulkDataURIs name."""
import base64
import hashlib
import io
import json

import pydicom
import pytest
from pydicom.encaps import generate_pixel_data_frame

import dicom_files as make
from dicomweb import BOUNDARY, JSON, StoreAnswer, assert_same_attributes, assert_says_why, bodies, expected_json, value

MULTIPART_JSON = f'multipart/related; type="application/dicom+json"; boundary={BOUNDARY}'
OCTETS = "application/octet-stream"


def body(*parts):
    """parts: (content type, bytes, more fields)."""
    out = io.BytesIO()
    for content_type, content, fields in parts:
        out.write(f"--{BOUNDARY}\r\nContent-Type: {content_type}\r\n".encode())
        for name, text in fields.items():
            out.write(f"{name}: {text}\r\n".encode())
        out.write(b"\r\n" + content + b"\r\n")
    out.write(f"--{BOUNDARY}--\r\n".encode())
    return out.getvalue()


def metadata(*datasets):
    return (JSON, json.dumps(list(datasets)).encode(), {})


def at(location, content, content_type=OCTETS, **fields):
    return (content_type, content, {"Content-Location": location, **fields})


def split(file):
    """The attributes as JSON with values above 1 KiB by URI, and those values."""
    values = {}

    def keep(element):
        uri = f"bulk/{len(values)}"
        values[uri] = bytes(element.value)
        return uri

    dataset = pydicom.dcmread(io.BytesIO(file.bytes))
    attributes = dataset.to_json_dict(bulk_data_threshold=1025, bulk_data_element_handler=keep)
    return attributes, values


def store(server, prefix, *parts, path="/studies", method="POST", headers=None):
    return server.request(method, prefix + path, JSON, {"Content-Type": MULTIPART_JSON, **(headers or {})},
                          data=body(*parts))


def stored(server, prefix, file):
    answer = server.get(prefix + file.path, "application/dicom; transfer-syntax=*")
    assert answer.status_code == 200
    return pydicom.dcmread(io.BytesIO(answer.content))


@pytest.mark.parametrize("made", ["native", "floats", "annotations", "document", "without_pixels"])
def test_attributes_and_values_come_back_as_they_were_sent(server, prefix, made):
    file = getattr(make, made)()
    attributes, values = split(file)
    response = store(server, prefix, metadata(attributes), *(at(uri, content) for uri, content in values.items()))
    assert response.status_code in (200, 202), response.text
    assert StoreAnswer(response).stored_sops() == [file.sop]
    answered = server.get(prefix + file.path + "/metadata", JSON).json()[0]
    assert_same_attributes(answered, {tag: element for tag, element in expected_json(file).items() if tag[:4] != "7FE0"})
    got = stored(server, prefix, file)
    assert got.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    wanted = pydicom.dcmread(io.BytesIO(file.bytes))
    for keyword in ("PixelData", "FloatPixelData", "EncapsulatedDocument"):
        assert got.get(keyword) == wanted.get(keyword), keyword


def test_nested_values_and_icc_profiles_are_values_too(server, prefix):
    file = make.rich()
    attributes, values = split(file)
    frames = file.frames()
    uri = attributes["7FE00010"]["BulkDataURI"] if "BulkDataURI" in attributes["7FE00010"] else None
    values.pop(uri, None)
    attributes["7FE00010"] = {"vr": "OB", "BulkDataURI": "frames"}
    jpeg = "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50"
    response = store(server, prefix, metadata(attributes), *(at(uri, content) for uri, content in values.items()),
                     *(at("frames", frame, jpeg) for frame in frames))
    assert response.status_code in (200, 202), response.text
    got = stored(server, prefix, file)
    assert got.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.50"
    assert list(generate_pixel_data_frame(got.PixelData, len(frames))) == frames
    assert got.OpticalPathSequence[0].ICCProfile == file.dataset.OpticalPathSequence[0].ICCProfile
    for number, frame in enumerate(frames, 1):
        answer = server.get(f"{prefix}{file.path}/frames/{number}", "image/jpeg")
        assert answer.content.rstrip(b"\0") == frame.rstrip(b"\0")


def test_names_numbers_and_text_of_every_kind_are_written_as_dicom_has_them(server):
    file = make.without_pixels()
    attributes, _ = split(file)
    attributes.update({
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]},
        "00080061": {"vr": "CS", "Value": ["SM", None, "SR"]}, "00101030": {"vr": "DS", "Value": [61.123456789012345678]},
        "00280010": {"vr": "US", "Value": [65535]}, "00189073": {"vr": "FD", "Value": [1.5e-300]},
        "00280009": {"vr": "AT", "Value": ["00181063"]}, "00081199": {"vr": "SQ", "Value": [{}, None]},
        "00091001": {"vr": "UN", "InlineBinary": base64.b64encode(b"abc").decode()}})
    assert store(server, "/v2", metadata(attributes)).status_code in (200, 202)
    got = stored(server, "/v2", file)
    assert str(got.PatientName) == "Yamada^Tarou=山田^太郎" and got.SpecificCharacterSet == "ISO_IR 192"
    assert list(got[0x00080061].value) == ["SM", "", "SR"] and abs(float(got.PatientWeight) - 61.123456789) < 1e-6
    assert got.Rows == 65535 and got.AcquisitionDuration == 1.5e-300 and got.FrameIncrementPointer == 0x00181063
    assert len(got.ReferencedSOPSequence) == 2 and got[0x00091001].value == b"abc\0"


def test_several_instances_of_one_request_stand_or_fall_by_themselves(server, prefix):
    good, foreign, lacking = make.native(), make.native(), make.native()
    datasets, parts = [], []
    for number, file in enumerate((good, foreign, lacking)):
        attributes, values = split(file)
        for uri, content in values.items():
            attributes["7FE00010"]["BulkDataURI"] = f"{number}/{uri}"
            parts += [at(f"{number}/{uri}", content)] if file is not lacking else []
        datasets.append(attributes)
    lacking.study = good.study
    datasets[2]["0020000D"]["Value"] = [good.study]
    response = store(server, prefix, metadata(*datasets), *parts, path=good.study_path)
    assert response.status_code == 202, response.text
    answer = StoreAnswer(response)
    assert answer.stored_sops() == [good.sop] and answer.reasons() == [43265, 272]
    assert value(answer.failed[1], "00081155") == lacking.sop
    assert "(7FE0,0010)" in value(answer.failed[1], "00000902") and "2/bulk/0" in value(answer.failed[1], "00000902")
    assert stored(server, prefix, good).PixelData == good.dataset.PixelData


def test_put_replaces_and_post_does_not(server, prefix):
    file = make.native()
    server.store(file)
    attributes, values = split(file)
    attributes["00100010"] = {"vr": "PN", "Value": [{"Alphabetic": "New^Name"}]}
    parts = [metadata(attributes), *(at(uri, content) for uri, content in values.items())]
    refused = store(server, prefix, *parts)
    assert refused.status_code == 409 and StoreAnswer(refused).reasons() == [45070]
    assert store(server, prefix, *parts, method="PUT").status_code == 200
    assert str(stored(server, prefix, file).PatientName) == "New^Name"


@pytest.mark.parametrize("text, named", [
    (b"", "byte 0"), (b"[{]", "byte 2"), (b"{\"0020000D\":{\"vr\":\"UI\",\"Value\":[\"1\"]}} x", "behind the end"),
    (b"[{\"0020\":{\"vr\":\"UI\"}}]", "0020"), (b"[{\"00280010\":{\"vr\":\"US\",\"Value\":[65536]}}]", "(0028,0010)"),
    (b"[{\"00280010\":{\"vr\":\"US\",\"Value\":[\"x\"]}}]", "(0028,0010)"), (b"[{\"00280010\":{}}]", "(0028,0010)"),
    (b"[{\"00280010\":{\"vr\":\"XX\"}}]", "XX"), (b"[{\"00282000\":{\"vr\":\"OB\",\"InlineBinary\":\"!\"}}]", "(0028,2000)"),
    (b"[{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Other\":\"x\"}]}}]", "(0010,0010)"),
    (b"[{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"\xff\"]}}]", "UTF-8"), (b"[" * 1000, "byte"),
    (b"{\"00400275\":{\"vr\":\"SQ\",\"Value\":[" * 40 + b"{}" + b"]}}" * 40, "deep")])
def test_json_that_cannot_be_read_is_400_and_named(server, prefix, text, named):
    assert_says_why(store(server, prefix, (JSON, text, {})), 400, named)


def test_parts_that_belong_to_nothing_are_400_and_named(server, prefix):
    attributes, values = split(make.native())
    (uri, content), = values.items()
    assert_says_why(store(server, prefix, metadata(attributes), at("bulk/9", content)), 400, "bulk/9")
    assert_says_why(store(server, prefix, metadata(attributes), (OCTETS, content, {})), 400, "Content-Location")
    assert_says_why(store(server, prefix, at(uri, content), metadata(attributes)), 400)
    assert_says_why(store(server, prefix, metadata(attributes), at(uri, content), metadata(attributes)), 400, "before")


def test_frames_that_are_not_as_many_as_the_metadata_says_are_refused(server, prefix):
    file = make.jpeg(frames=3)
    attributes, _ = split(file)
    attributes["7FE00010"] = {"vr": "OB", "BulkDataURI": "frames"}
    jpeg = "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50"
    response = store(server, prefix, metadata(attributes), *(at("frames", frame, jpeg) for frame in file.frames()[:2]))
    assert response.status_code == 409 and "2 parts came for 3 frames" in value(StoreAnswer(response).failed[0], "00000902")


def test_a_digest_of_a_part_that_does_not_hold_fails_the_request(server, prefix):
    file = make.native()
    attributes, values = split(file)
    (uri, content), = values.items()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    refused = store(server, prefix, metadata(attributes), at(uri, content, **{"Content-Digest": f"sha-256=:{wrong}:"}))
    assert_says_why(refused, 400, "Content-Digest", "sha-256")
    assert store(server, prefix, metadata(attributes), at(uri, content, **{"Content-Digest": f"sha-256=:{digest}:"})).ok


def test_nothing_is_left_of_what_was_refused(empty_server):
    attributes, values = split(make.native())
    (uri, content), = values.items()
    attributes["0020000D"]["Value"] = ["1.2.x"]
    assert store(empty_server, "/v2", metadata(attributes), at(uri, content)).status_code == 409
    assert_says_why(store(empty_server, "/v2", metadata(attributes), at(uri, content), at("no", content)), 400)
    assert empty_server.files_left() == []


def test_a_large_value_goes_through_without_being_held(server):
    file = make.native(frames=16, side_data=1024)
    attributes, values = split(file)
    response = store(server, "/v2", metadata(attributes), *(at(uri, content) for uri, content in values.items()))
    assert response.status_code == 200
    assert stored(server, "/v2", file).PixelData == file.dataset.PixelData
    assert bodies(server.get(f"/v2{file.path}/frames/16", OCTETS + "; transfer-syntax=*"))[0] == file.frames()[15]
