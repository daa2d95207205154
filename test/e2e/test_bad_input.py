"""What bad input gets (issue 2): a clear error, nothing visible, no file left behind, and the server lives."""
import struct
import time

import pytest

import dicom_files as make
from dicomweb import JSON, MULTIPART_DICOM, StoreAnswer, assert_says_why, multipart
from raw_http import connect, exchange, post_head, read_head, send_and_leave


def long_length(file):
    """Modality's length says 65,000 bytes."""
    at = file.bytes.index(b"\x08\x00\x60\x00CS")
    return file.bytes[:at + 6] + struct.pack("<H", 65000) + file.bytes[at + 8:]


def unknown_vr(file):
    at = file.bytes.index(b"\x08\x00\x60\x00CS")
    return file.bytes[:at + 4] + b"?!" + file.bytes[at + 6:]


NATIVE, JPEG = make.native(), make.jpeg()
BAD_FILES = {
    "text": b"This is not a DICOM file. " * 50,
    "zeros": bytes(5000),
    "a_jpeg": make.jpeg_frames(1)[0],
    "one_byte": b"x",
    "preamble_only": bytes(128) + b"DICM",
    "meta_only": NATIVE.bytes[:NATIVE.bytes.index(b"\x08\x00\x05\x00CS")],
    "cut_in_the_header": NATIVE.bytes[:600],
    "cut_in_native_pixels": NATIVE.bytes[:-10],
    "cut_in_a_fragment": JPEG.bytes[:-100],
    "cut_before_the_sequence_delimiter": JPEG.bytes[:-8],
    "length_beyond_the_end": long_length(make.without_pixels()),
    "unknown_vr": unknown_vr(NATIVE),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_damaged_file_is_409_and_leaves_nothing(empty_server, name):
    for prefix in ("/v1", "/v2", "/dicom-web"):
        response = empty_server.post(f"{prefix}/studies", BAD_FILES[name])
        assert response.status_code == 409, f"{prefix}: {response.status_code} {response.text[:200]}"
        answer = StoreAnswer(response)
        assert answer.stored == [] and answer.reasons()[0] in (272, 43264)
    assert empty_server.get("/dicom-web/instances", JSON).status_code == 204
    empty_server.wait_for_no_files()


def test_damaged_parts_leave_nothing_either(empty_server):
    response = empty_server.post("/v2/studies", multipart(*BAD_FILES.values()), MULTIPART_DICOM)
    assert response.status_code == 409
    assert len(StoreAnswer(response).failed) == len(BAD_FILES)
    empty_server.wait_for_no_files()


def half(file):
    return file.bytes[:len(file.bytes) // 2]


@pytest.mark.parametrize("kind", ["single", "single_chunked", "multipart", "multipart_in_boundary", "only_head"])
def test_a_half_sent_upload_leaves_nothing(empty_server, kind):
    large = make.native(side_data=1024)
    whole = multipart(large.bytes)
    requests = {
        "single": post_head(empty_server, "/v2/studies", "application/dicom", len(large.bytes)) + half(large),
        "single_chunked": post_head(empty_server, "/v2/studies", "application/dicom") +
                          b"%x\r\n" % len(half(large)) + half(large) + b"\r\n1000\r\nabc",
        "multipart": post_head(empty_server, "/v2/studies", MULTIPART_DICOM, len(whole)) + whole[:5_000_000],
        "multipart_in_boundary": post_head(empty_server, "/v2/studies", MULTIPART_DICOM, len(whole)) + whole[:-20],
        "only_head": post_head(empty_server, "/v2/studies", "application/dicom", len(large.bytes)),
    }
    send_and_leave(empty_server, requests[kind])
    empty_server.wait_for_no_files()
    assert empty_server.get("/dicom-web/instances", JSON).status_code == 204
    empty_server.store(large)
    assert empty_server.get("/v2" + large.path, "application/dicom; transfer-syntax=*").content == large.bytes


def test_a_client_that_leaves_during_an_answer_harms_nothing(empty_server):
    large = make.native(side_data=1024)
    empty_server.store(large)
    for _ in range(10):
        with connect(empty_server) as connection:
            connection.sendall(f"GET /v2{large.path} HTTP/1.1\r\nHost: x\r\nAccept: application/dicom; "
                               "transfer-syntax=*\r\n\r\n".encode())
            connection.recv(1000)
    assert empty_server.get("/v2" + large.path, "application/dicom; transfer-syntax=*").content == large.bytes


def test_multipart_without_its_end_is_refused_and_the_cut_part_is_not_stored(empty_server):
    first, cut = make.native(), make.native()
    body = multipart(first.bytes, cut.bytes)[:-40]
    response = empty_server.post("/v2/studies", body, MULTIPART_DICOM)
    assert response.status_code in (202, 400, 409)
    assert empty_server.get(f"/v2{cut.path}/metadata", JSON).status_code == 404


@pytest.mark.parametrize("path", ["/", "/v2/studies/1.2.3/series/1.2.3/instances/1.2.3/frames/1", "/v2/studies"])
def test_a_head_too_large_is_431(server, path):
    fields = "".join(f"X-Filler-{i}: {'y' * 1000}\r\n" for i in range(80))
    answer = exchange(server, f"GET {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 431 "), answer[:100]
    assert len(answer.partition(b"\r\n\r\n")[2]) > 8, "an error says why"


def test_a_target_too_long_is_refused(server):
    answer = exchange(server, f"GET /v2/studies?PatientID={'y' * 100_000} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer[:13] in (b"HTTP/1.1 414 ", b"HTTP/1.1 431 "), answer[:100]


@pytest.mark.parametrize("method, path, allowed", [
    ("PATCH", "/studies/1.2.3/metadata", "GET"), ("DELETE", "/studies", "GET"), ("POST", "/studies/1.2.3/metadata", "GET"),
    ("PATCH", "/studies", "POST"), ("DELETE", "/studies/1.2.3/series/1.2.3/instances/1.2.3/frames/1", "GET"),
    ("BREW", "/studies", "GET")])
def test_a_wrong_method_is_405_and_names_the_right_ones(server, prefix, method, path, allowed):
    response = server.request(method, prefix + path, "*/*")
    assert_says_why(response, 405)
    assert allowed in response.headers["Allow"].replace(" ", "").split(",")


@pytest.mark.parametrize("path", ["/v3/studies", "/studies", "/v2/nothing", "/v2/studies/1.2.3/nothing", "/v2", "/..%2f",
                                  "/v2/studies/1.2.3/series/1.2.3/instances/1.2.3/frames", "/dicom-web/../../etc/passwd"])
def test_an_unknown_path_is_404(server, path):
    assert_says_why(server.get(path), 404)


@pytest.mark.parametrize("path", ["/v2/studies/%zz/metadata", "/v2/studies/1.2%00/metadata", "/v2/studies/1.2%2f3/metadata",
                                  "/v2/studies?PatientID=%3Cscript", "/v2/studies?PatientID=%ff%fe"])
def test_a_path_or_query_that_cannot_be_meant_is_400(server, path):
    head = f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\nAccept: application/dicom+json\r\nConnection: close\r\n\r\n"
    answer = exchange(server, head.encode())
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]


@pytest.mark.parametrize("lines", [
    "Content-Length: ten", "Content-Length: -1", "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 99999999999999999999999", "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: gzip", "Broken line"])
def test_a_length_that_cannot_be_trusted_is_400(server, lines):
    head = (f"POST /v2/studies HTTP/1.1\r\nHost: {server.host}\r\nAccept: application/dicom+json\r\n"
            f"Content-Type: application/dicom\r\n{lines}\r\n\r\nhello")
    answer = exchange(server, head.encode())
    assert answer[:13] in (b"HTTP/1.1 400 ", b"HTTP/1.1 413 ", b"HTTP/1.1 501 "), answer[:200]
    assert server.get("/health/live").status_code == 200


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"\0" * 1000,
                                   b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_what_is_no_http_is_refused_and_harms_nothing(server, noise):
    answer = exchange(server, noise)
    assert answer == b"" or answer[:10] in (b"HTTP/1.1 4", b"HTTP/1.1 5"), answer[:100]
    assert server.get("/health/live").status_code == 200


def test_requests_sent_in_a_row_are_answered_in_order(server):
    with connect(server) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n"
                           b"Connection: close\r\n\r\n")
        answer = b""
        while got := connection.recv(65536):
            answer += got
    assert answer.index(b"HTTP/1.1 200") < answer.index(b"HTTP/1.1 404")


def test_continue_is_said_before_a_body_that_is_wanted(server):
    file = make.native()
    with connect(server) as connection:
        head = post_head(server, "/v2/studies", "application/dicom", len(file.bytes))
        connection.sendall(head[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert read_head(connection).startswith(b"HTTP/1.1 100 ")
        connection.sendall(file.bytes)
        assert read_head(connection).startswith(b"HTTP/1.1 200 ")


def test_a_stop_lets_an_upload_in_flight_finish(start):
    server = start()
    file = make.native(side_data=1024)
    with connect(server) as connection:
        connection.sendall(post_head(server, "/v2/studies", "application/dicom", len(file.bytes)) + half(file))
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.3)
        connection.sendall(file.bytes[len(half(file)):])
        assert read_head(connection).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(20) == 0


@pytest.mark.parametrize("request_bytes", [
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /hea", b"POST /v2/studies HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nabc"],
    ids=["answered and to be closed", "answered and kept", "a head begun", "an upload refused"])
def test_a_stop_does_not_wait_for_a_peer_that_is_owed_nothing(start, request_bytes):
    server = start()
    with connect(server) as connection:
        connection.sendall(request_bytes)
        if request_bytes.endswith((b"\r\n\r\n", b"abc")):
            assert read_head(connection).startswith(b"HTTP/1.1 ")
        time.sleep(0.2)
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(20) == 0
        assert time.monotonic() - began < 8
