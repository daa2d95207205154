"""304 and HEAD on every resource that can be read; gzip where it is welcome; headers of the contract."""
import gzip
import json

import pytest

import dicom_files as make
from dicomweb import JSON, assert_says_why, bodies, content_type, value
from raw_http import connect

OCTETS = "application/octet-stream; transfer-syntax=*"
IDENTITY = {"Accept-Encoding": "identity"}

# name: path below the instance's (or the service's, with a '!'), Accept
READABLE = {
    "study metadata": ("!{study}/metadata", JSON), "series metadata": ("!{series}/metadata", JSON),
    "instance metadata": ("/metadata", JSON),
    "instance": ("", "application/dicom; transfer-syntax=*"),
    "instance, multipart": ("", 'multipart/related; type="application/dicom"'),
    "frame": ("/frames/1", OCTETS), "frames": ("/frames/3,1", 'multipart/related; type="application/octet-stream"'),
    "frame, as image": ("/frames/1", "image/jpeg"),
    "bulk data": ("/bulkdata/00480105/0/00282000", "application/octet-stream"),
    "bulk data, multipart": ("/bulkdata/00480105/0/00282000", 'multipart/related; type="application/octet-stream"'),
    "studies": ("!/studies?PatientID=P-1", JSON), "series": ("!{study}/series", JSON),
    "instances": ("!{series}/instances", JSON),
}


@pytest.fixture(scope="module")
def file(server):
    made = make.rich()
    server.store(made)
    return made


@pytest.fixture(params=READABLE)
def resource(request, prefix, file):
    path, accept = READABLE[request.param]
    if path.startswith("!"):
        return prefix + path[1:].format(study=file.study_path, series=file.series_path), accept
    return prefix + file.path + path, accept


def test_a_match_is_304_with_the_fields_of_the_200_and_no_body(server, resource):
    path, accept = resource
    first = server.get(path, accept, IDENTITY)
    assert first.status_code == 200
    tag = first.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 2
    for asked in (tag, "W/" + tag, f'"other", {tag}', f'"a,b" , W/{tag}', "*"):
        again = server.get(path, accept, {"If-None-Match": asked, **IDENTITY})
        assert again.status_code == 304 and again.content == b"", asked
        assert "Content-Length" not in again.headers or again.headers["Content-Length"] == "0"
        for field in ("ETag", "Cache-Control", "Vary"):
            assert again.headers[field] == first.headers[field], field


def test_no_match_is_200(server, resource):
    path, accept = resource
    for asked in ('"other"', 'W/"other", "another"', "other", ""):
        response = server.get(path, accept, {"If-None-Match": asked, **IDENTITY})
        assert response.status_code == 200 and response.content, asked


def test_head_has_the_fields_of_get_and_no_body(server, resource):
    path, accept = resource
    get = server.get(path, accept, IDENTITY)
    head = server.request("HEAD", path, accept, IDENTITY)
    assert head.status_code == 200 and head.content == b""
    changing = {"Date", "X-Request-Id", "Content-Type"}  # the last: a boundary is new each time
    assert {name: text for name, text in head.headers.items() if name not in changing} == \
        {name: text for name, text in get.headers.items() if name not in changing}
    assert content_type(head).split("boundary")[0] == content_type(get).split("boundary")[0]
    if "Transfer-Encoding" not in get.headers:
        assert head.headers["Content-Length"] == str(len(get.content))
    unchanged = server.request("HEAD", path, accept, {"If-None-Match": get.headers["ETag"], **IDENTITY})
    assert unchanged.status_code == 304 and unchanged.headers["ETag"] == get.headers["ETag"]


def test_the_connection_goes_on_after_a_head(server, resource):
    path, accept = resource
    request = (f"HEAD {path} HTTP/1.1\r\nHost: {server.host}\r\nAccept: {accept}\r\n\r\n"
               f"GET /health/live HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\n\r\n")
    with connect(server) as connection:
        connection.sendall(request.encode())
        answer = b""
        while got := connection.recv(65536):
            answer += got
    first, rest = answer.split(b"\r\n\r\n", 1)
    assert first.startswith(b"HTTP/1.1 200 ") and rest.startswith(b"HTTP/1.1 200 "), answer[:300]
    assert rest.endswith(b"\r\n\r\nalive\n")


@pytest.mark.parametrize("path, status", [
    ("/studies/1.2.3/metadata", 404), ("/studies/x/metadata", 400), ("/studies?limit=0", 400), ("/nothing", 404),
    ("/studies?PatientID=nobody", 204)])
def test_head_of_what_cannot_be_had_has_the_status_of_get(server, prefix, path, status):
    response = server.request("HEAD", prefix + path, JSON)
    assert response.status_code == status and response.content == b""


class TestGzip:
    PATHS = ["{study}/metadata", "/studies?StudyInstanceUID={uid}", "{study}/series", "{series}/instances"]

    @pytest.fixture(params=PATHS)
    def path(self, request, prefix, file):
        return prefix + request.param.format(study=file.study_path, series=file.series_path, uid=file.study)

    def raw(self, server, path, accept_encoding):
        headers = {"Accept-Encoding": accept_encoding}
        response = server.request("GET", path, JSON, headers, stream=True)
        return response, response.raw.read(decode_content=False)

    @pytest.mark.parametrize("field", ["gzip", "gzip, deflate, br", "x-gzip;q=0.1", "*", "identity;q=0.5, gzip;q=0.6"])
    def test_it_is_used_where_it_is_welcome(self, server, path, field):
        plain, text = self.raw(server, path, "identity")
        response, packed = self.raw(server, path, field)
        assert response.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
        assert gzip.decompress(packed) == text and json.loads(text)
        assert "accept-encoding" in response.headers["Vary"].lower() and "accept-encoding" in plain.headers["Vary"].lower()

    @pytest.mark.parametrize("field", ["", "identity", "gzip;q=0", "br", "*;q=0", "gzip;q=0.2, identity;q=0.8", "gzip;q=x"])
    def test_it_is_not_used_where_it_is_not(self, server, path, field):
        response, text = self.raw(server, path, field)
        assert "Content-Encoding" not in response.headers and json.loads(text)

    def test_each_coding_has_a_strong_tag_of_its_own(self, server, path):
        plain, packed = (self.raw(server, path, field)[0] for field in ("identity", "gzip"))
        assert plain.headers["ETag"] != packed.headers["ETag"]
        for own, other, field in ((plain, packed, "identity"), (packed, plain, "gzip")):
            for tag, status in ((own.headers["ETag"], 304), (other.headers["ETag"], 200)):
                headers = {"Accept-Encoding": field, "If-None-Match": tag}
                assert server.get(path, JSON, headers).status_code == status


class TestSearchTag:
    def test_it_changes_with_the_answer_and_not_without(self, server, prefix):
        file = make.native(PatientID="tagged")
        server.store(file)
        path = f"{prefix}{file.study_path}/instances"
        before = server.get(path, JSON).headers["ETag"]
        server.store(make.native(PatientID="other"))
        assert server.get(path, JSON, {"If-None-Match": before}).status_code == 304
        server.store(make.native(study=file.study, PatientID="tagged"))
        after = server.get(path, JSON, {"If-None-Match": before})
        assert after.status_code == 200 and after.headers["ETag"] != before and len(after.json()) == 2


def test_frames_as_image_and_as_octets_have_tags_of_their_own(server, prefix, file):
    accepts = (OCTETS, "image/jpeg", 'multipart/related; type="image/jpeg"',
               'multipart/related; type="application/octet-stream"')
    tags = {server.get(f"{prefix}{file.path}/frames/1", accept).headers["ETag"] for accept in accepts}
    assert len(tags) == len(accepts)


class TestContractHeaders:
    @pytest.mark.parametrize("path, accept", [
        ("/studies", JSON), ("{instance}", "*/*"), ("{instance}/frames/1", "*/*"), ("{instance}/metadata", JSON),
        ("/studies/x/metadata", JSON), ("/nothing", "*/*"), ("/studies", "text/html")])
    def test_a_versioned_answer_says_which_versions_there_are(self, server, contract, file, path, accept):
        response = server.get(contract + path.format(instance=file.path), accept)
        assert response.headers["api-supported-versions"] == "1, 2"
        assert "api-deprecated-versions" not in response.headers

    def test_a_store_and_a_delete_say_it_too(self, server, contract):
        made = make.native()
        assert server.post(f"{contract}/studies", made.bytes).headers["api-supported-versions"] == "1, 2"
        assert server.delete(contract + made.path).headers["api-supported-versions"] == "1, 2"

    def test_the_standard_profile_has_no_versions(self, server, file):
        assert "api-supported-versions" not in server.get("/dicom-web/studies", JSON).headers

    @pytest.mark.parametrize("query", ["PatientID=%3Cscript%3E", "PatientID=%3cb", "PatientID=a<b", "x<y=1"])
    def test_markup_in_a_query_is_400_whatever_the_resource(self, server, contract, file, query):
        for path, accept in (("/studies", JSON), (file.path + "/metadata", JSON), (file.path + "/frames/1", "*/*"),
                             ("/nothing", "*/*")):
            assert_says_why(server.get(f"{contract}{path}?{query}", accept), 400, "<")

    def test_the_standard_profile_searches_for_it(self, server, file):
        assert server.get("/dicom-web/studies?PatientID=%3Cscript%3E", JSON).status_code == 204


class TestRequestOriginal:
    @pytest.mark.parametrize("asked", ["true", "false", "True", "FALSE"])
    def test_the_original_is_the_same_bytes_where_nothing_was_changed(self, server, prefix, file, asked):
        headers = {"msdicom-request-original": asked}
        assert bodies(server.get(prefix + file.path, "*/*", headers)) == [file.bytes]
        for path in (file.study_path, file.series_path, file.path):
            plain = server.get(f"{prefix}{path}/metadata", JSON)
            response = server.get(f"{prefix}{path}/metadata", JSON, headers)
            assert response.status_code == 200 and response.json() == plain.json()
            assert response.headers["ETag"] == plain.headers["ETag"]

    @pytest.mark.parametrize("asked", ["yes", "1", "original", ""])
    def test_a_value_that_is_no_boolean_is_400(self, server, prefix, file, asked):
        headers = {"msdicom-request-original": asked}
        for path in (file.path, file.study_path + "/metadata", file.series_path + "/metadata", file.path + "/metadata"):
            assert_says_why(server.get(prefix + path, "*/*", headers), 400, "msdicom-request-original")

    def test_frames_do_not_look_at_it(self, server, prefix, file):
        response = server.get(f"{prefix}{file.path}/frames/1", OCTETS, {"msdicom-request-original": "yes"})
        assert response.status_code == 200 and response.content == file.frames()[0]


def test_bulk_data_with_its_version_may_be_kept_for_good(server, prefix, file):
    metadata = server.get(f"{prefix}{file.path}/metadata", JSON).json()[0]
    uri = value(metadata, "00480105")["00282000"]["BulkDataURI"]
    first = server.get(uri, "application/octet-stream")
    assert "immutable" in first.headers["Cache-Control"]
    again = server.get(uri, "application/octet-stream", {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and "immutable" in again.headers["Cache-Control"]
    assert "immutable" not in server.get(uri.split("?")[0], "application/octet-stream").headers["Cache-Control"]
