"""Whole instances: bytes in are bytes out."""
import pytest

import dicom_files as make
from dicomweb import assert_says_why, bodies, content_type, parts_of

SINGLE = ["application/dicom; transfer-syntax=*", 'application/dicom; transfer-syntax="*"', "application/dicom"]
PARTS = [
    'multipart/related; type="application/dicom"',
    'multipart/related; type="application/dicom"; transfer-syntax=*',
    "multipart/related; type=application/dicom; transfer-syntax=*",
    'multipart/related;type="application/dicom";transfer-syntax=*',
    'multipart/related; transfer-syntax=*; type="application/dicom"',
]


@pytest.fixture(scope="module", params=["jpeg", "native", "rich"])
def file(server, request):
    made = getattr(make, request.param)()
    server.store(made)
    return made


@pytest.mark.parametrize("accept", SINGLE)
def test_a_single_part_is_the_file(server, prefix, file, accept):
    response = server.get(prefix + file.path, accept)
    assert response.status_code == 200
    assert content_type(response).split(";")[0] == "application/dicom"
    assert response.content == file.bytes


@pytest.mark.parametrize("accept", PARTS)
def test_a_multipart_answer_holds_the_file(server, prefix, file, accept):
    response = server.get(prefix + file.path, accept)
    assert response.status_code == 200
    assert 'type="application/dicom"' in content_type(response)
    (head, body), = parts_of(response)
    assert body == file.bytes
    assert head["content-type"].split(";")[0] == "application/dicom"
    assert f"transfer-syntax={file.syntax}" in head["content-type"].replace('"', "")


def test_anything_accepted_gives_the_file(server, prefix, file):
    assert bodies(server.get(prefix + file.path, "*/*")) == [file.bytes]


def test_the_stored_syntax_by_name_is_given(server, prefix, file):
    response = server.get(prefix + file.path, f"application/dicom; transfer-syntax={file.syntax}")
    assert response.status_code == 200 and response.content == file.bytes


@pytest.mark.parametrize("accept", [
    "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.91", "image/jpeg", "text/plain",
    'multipart/related; type="image/jp2"'])
def test_what_cannot_be_had_is_406(server, prefix, file, accept):
    assert_says_why(server.get(prefix + file.path, accept), 406)


def test_an_unknown_instance_is_404_and_a_bad_uid_400(server, prefix, file):
    assert_says_why(server.get(f"{prefix}{file.series_path}/instances/1.2.3.4"), 404)
    assert_says_why(server.get(f"{prefix}{file.series_path}/instances/1.2.x"), 400, "1.2.x")


def test_every_url_prefix_serves_the_same_bytes(server, file):
    tags = {server.get(prefix + file.path, SINGLE[0]).content for prefix in ("/v1", "/v2", "/dicom-web")}
    assert tags == {file.bytes}
