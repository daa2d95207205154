"""Range requests (RFC 9110 §14) on what comes as one part: instance, bulk data, and a single frame."""
import pathlib
import re

import pytest

import dicom_files as make
from dicomweb import JSON, assert_says_why, content_type, parts_of, value

DICOM = "application/dicom; transfer-syntax=*"
OCTETS = "application/octet-stream; transfer-syntax=*"


class Resource:
    def __init__(self, path, accept, body):
        self.path, self.accept, self.body = path, accept, body

    def get(self, server, headers=None, method="GET"):
        return server.request(method, self.path, self.accept, headers)

    def range(self, server, text, headers=None):
        return self.get(server, {"Range": text, **(headers or {})})


@pytest.fixture(scope="module")
def file(server):
    made = make.rich()
    server.store(made)
    return made


@pytest.fixture(params=["instance", "bulkdata", "frame"])
def resource(request, server, prefix, file):
    if request.param == "instance":
        return Resource(prefix + file.path, DICOM, file.bytes)
    if request.param == "frame":
        return Resource(f"{prefix}{file.path}/frames/2", OCTETS, file.frames()[1])
    metadata = server.get(f"{prefix}{file.path}/metadata", JSON).json()[0]
    uri = value(metadata, "00480105")["00282000"]["BulkDataURI"]
    return Resource(uri, "application/octet-stream", file.dataset.OpticalPathSequence[0].ICCProfile)


def test_the_whole_says_that_ranges_are_served(server, resource):
    response = resource.get(server)
    assert response.status_code == 200 and response.content == resource.body
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("text, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=10-99", 10, 99), ("bytes=5-", 5, None), ("bytes=-7", -7, None),
    ("bytes=3-99999999999", 3, None), ("bytes=-99999999999", 0, None), ("bytes=2-4,9999999999-", 2, 4)])
def test_one_range_is_206_with_its_bytes(server, resource, text, first, last):
    size = len(resource.body)
    first = size + first if first < 0 else first
    last = size - 1 if last is None else last
    whole, response = resource.get(server), resource.range(server, text)
    assert response.status_code == 206
    assert response.content == resource.body[first:last + 1]
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
    assert response.headers["Content-Length"] == str(last + 1 - first)
    for field in ("ETag", "Content-Type", "Cache-Control", "Vary", "Accept-Ranges"):
        assert response.headers[field] == whole.headers[field], field


def test_pieces_put_together_are_the_whole(server, resource):
    step = max(1, len(resource.body) // 5)
    pieces = [resource.range(server, f"bytes={at}-{at + step - 1}") for at in range(0, len(resource.body), step)]
    assert all(piece.status_code == 206 for piece in pieces)
    assert b"".join(piece.content for piece in pieces) == resource.body


def test_several_ranges_are_multipart_in_the_asked_order(server, resource):
    whole, response = resource.get(server), resource.range(server, "bytes=20-29, 0-4, -3")
    assert response.status_code == 206 and response.headers["ETag"] == whole.headers["ETag"]
    kind, boundary = re.fullmatch(r"(multipart/byteranges); boundary=(\w+)", content_type(response)).groups()
    response.headers["Content-Type"] = f"multipart/related; boundary={boundary}"  # for the strict reader of parts
    parts = parts_of(response)
    size = len(resource.body)
    places = [(20, 29), (0, 4), (size - 3, size - 1)]
    assert [body for _, body in parts] == [resource.body[first:last + 1] for first, last in places]
    assert [head["content-range"] for head, _ in parts] == [f"bytes {first}-{last}/{size}" for first, last in places]
    assert {head["content-type"] for head, _ in parts} == {whole.headers["Content-Type"]}


@pytest.mark.parametrize("text", ["bytes={size}-", "bytes=99999999999-99999999999", "bytes=-0", "bytes={size}-,-0"])
def test_nothing_within_the_size_is_416_with_the_size(server, resource, text):
    response = resource.range(server, text.format(size=len(resource.body)))
    assert_says_why(response, 416, str(len(resource.body)))
    assert response.headers["Content-Range"] == f"bytes */{len(resource.body)}"


@pytest.mark.parametrize("text", [
    "bytes=5-4", "bytes=a-b", "bytes=", "bytes=-", "items=0-4", "bytes 0-4", "0-4",
    "bytes=0-,0-", "bytes=" + ",".join(f"{i}-{i}" for i in range(40))])
def test_what_is_no_range_or_costs_more_than_the_whole_gets_the_whole(server, resource, text):
    response = resource.range(server, text)
    assert response.status_code == 200 and response.content == resource.body
    assert "Content-Range" not in response.headers


def test_if_range_of_this_version_is_answered_in_part_of_another_in_whole(server, resource):
    tag = resource.get(server).headers["ETag"]
    response = resource.range(server, "bytes=1-2", {"If-Range": tag})
    assert response.status_code == 206 and response.content == resource.body[1:3]
    for other in ('"other"', "W/" + tag, "Wed, 21 Oct 2026 07:28:00 GMT"):
        response = resource.range(server, "bytes=1-2", {"If-Range": other})
        assert response.status_code == 200 and response.content == resource.body, other


def test_if_none_match_comes_first(server, resource):
    tag = resource.get(server).headers["ETag"]
    response = resource.range(server, "bytes=0-1", {"If-None-Match": tag})
    assert response.status_code == 304 and response.content == b""


def test_head_knows_no_ranges(server, resource):
    response = resource.get(server, {"Range": "bytes=0-1"}, "HEAD")
    assert response.status_code == 200 and response.headers["Content-Length"] == str(len(resource.body))


@pytest.mark.parametrize("tail, accept", [
    ("", 'multipart/related; type="application/dicom"'),
    ("/frames/1,2", 'multipart/related; type="application/octet-stream"'), ("/metadata", JSON)])
def test_what_is_not_one_part_comes_whole(server, prefix, file, tail, accept):
    response = server.get(prefix + file.path + tail, accept, {"Range": "bytes=0-3"})
    assert response.status_code == 200 and "Content-Range" not in response.headers


def test_a_frame_of_bits_can_be_cut_too(server, prefix):
    dataset = make.header(Modality="SEG", SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4")
    make.add_image_attributes(dataset, 3, "MONOCHROME2")
    dataset.SamplesPerPixel, dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 1, 1, 1, 0
    del dataset.PlanarConfiguration
    dataset.Rows, dataset.Columns = 9, 13  # 117 bits: the second frame begins inside a byte
    dataset.PixelData = bytes(range(44))
    dataset["PixelData"].VR = "OB"
    file = make.File(dataset)
    server.store(file)
    whole = server.get(f"{prefix}{file.path}/frames/2", OCTETS)
    assert whole.status_code == 200 and len(whole.content) == 15
    part = server.get(f"{prefix}{file.path}/frames/2", OCTETS, {"Range": "bytes=4-9"})
    assert part.status_code == 206 and part.content == whole.content[4:10]


def test_ranges_of_a_large_instance_cost_no_memory(start):
    server = start()
    file = make.native(side_data=2600)  # 60 MB
    server.store(file)
    before = anonymous_kib(server)
    for first in (1, 7_000_001, len(file.bytes) - 20_000_000):
        response = server.get("/v2" + file.path, DICOM, {"Range": f"bytes={first}-"})
        assert response.status_code == 206 and response.content == file.bytes[first:]
    response = server.get("/v2" + file.path, DICOM, {"Range": "bytes=30000000-,0-20000000"})
    assert response.status_code == 206 and len(response.content) > 50_000_000
    assert anonymous_kib(server) - before < 16 * 1024


def anonymous_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE).group(1))
