"""STOW-RS as service-api.md §1 and its list of mirrored tests say."""
import base64
import gzip
import hashlib

import pytest
from pydicom.uid import generate_uid

import dicom_files as make
from dicomweb import JSON, MULTIPART_DICOM, StoreAnswer, assert_says_why, content_type, multipart, value

FAILED_VALIDATION, FOREIGN_STUDY, EXISTS = 43264, 43265, 45070


def post(server, prefix, body, content_type=MULTIPART_DICOM, path="/studies", **more):
    return server.post(prefix + path, body, content_type, **more)


def store_single(server, prefix, file, **more):
    return post(server, prefix, file.bytes, "application/dicom", **more)


def assert_stored(server, prefix, file):
    answer = server.get(prefix + file.path, "application/dicom; transfer-syntax=*")
    assert answer.status_code == 200 and answer.content == file.bytes


def assert_absent(server, prefix, file):
    assert server.get(prefix + file.path + "/metadata", JSON).status_code == 404


def test_a_single_part_is_stored_and_comes_back_byte_for_byte(server, prefix):
    file = make.native()
    response = store_single(server, prefix, file)
    assert response.status_code == 200
    answer = StoreAnswer(response)
    assert len(answer.stored) == 1 and answer.failed == [] and "00081190" not in answer.json
    item = answer.stored[0]
    assert (value(item, "00081150"), value(item, "00081155")) == (make.WSI, file.sop)
    assert value(item, "00081190") == f"{server.url}{prefix}{file.path}"
    assert_stored(server, prefix, file)


def test_preamble_and_trailing_elements_come_back_too(server, prefix):
    file = make.native()
    file.dataset.preamble = bytes(range(128))
    file.dataset.add_new(0xFFFCFFFC, "OB", b"\1\2\3\4")
    file = make.File(file.dataset)
    assert store_single(server, prefix, file).status_code == 200
    assert_stored(server, prefix, file)


def test_multipart_stores_every_part(server, prefix):
    files = [make.native(), make.jpeg(), make.without_pixels()]
    response = post(server, prefix, multipart(*(file.bytes for file in files)))
    assert response.status_code == 200
    assert StoreAnswer(response).stored_sops() == [file.sop for file in files]
    for file in files:
        assert_stored(server, prefix, file)


def test_v2_names_failed_attributes_even_when_there_are_none(server):
    item = StoreAnswer(store_single(server, "/v2", make.native())).stored[0]
    assert item["00741048"]["vr"] == "SQ" and not item["00741048"].get("Value")
    assert "00741048" not in StoreAnswer(store_single(server, "/v1", make.native())).stored[0]


def test_a_study_in_the_path_is_named_in_the_answer(server, prefix):
    file = make.native()
    response = store_single(server, prefix, file, path=file.study_path)
    assert response.status_code == 200
    assert value(StoreAnswer(response).json, "00081190") == f"{server.url}{prefix}{file.study_path}"


def test_an_empty_single_body_is_409(server, prefix):
    assert store_single(server, prefix, type("Empty", (), {"bytes": b""})).status_code == 409


def test_garbage_is_409_and_says_so(server, prefix):
    response = post(server, prefix, b"this is no DICOM file" * 100, "application/dicom")
    assert response.status_code == 409
    assert StoreAnswer(response).stored == [] and len(StoreAnswer(response).failed) == 1


@pytest.mark.parametrize("study", ["notauid", "1.2.", "1.2.a", "1" * 65])
def test_a_bad_study_uid_in_the_path_is_400(server, prefix, study):
    assert_says_why(post(server, prefix, make.native().bytes, "application/dicom", f"/studies/{study}"), 400)


@pytest.mark.parametrize("accept", ["application/dicom", "text/html", "image/*"])
def test_a_wrong_accept_is_406_and_stores_nothing(server, prefix, accept):
    file = make.native()
    assert_says_why(store_single(server, prefix, file, accept=accept), 406)
    assert_absent(server, prefix, file)


def test_no_accept_is_406_under_the_contract(server, contract):
    assert_says_why(store_single(server, contract, make.native(), accept=None), 406)


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "application/dicom+json"])
def test_any_accept_that_admits_json_is_answered_with_exactly_dicom_json(server, prefix, accept):
    response = store_single(server, prefix, make.native(), accept=accept)
    assert response.status_code == 200
    assert content_type(response) in (JSON, "application/json")
    if accept != "application/json":
        assert content_type(response) == JSON


@pytest.mark.parametrize("content", ["text/plain", "application/json", "multipart/mixed; boundary=x", ""])
def test_what_is_neither_dicom_nor_related_parts_is_415(server, prefix, content):
    assert_says_why(post(server, prefix, make.native().bytes, content), 415)


def test_multipart_without_a_boundary_is_415(server, prefix):
    assert_says_why(post(server, prefix, multipart(make.native().bytes), 'multipart/related; type="application/dicom"'),
                    415)


@pytest.mark.parametrize("root", ['"Application/DICOM"', "application/dicom", '"application/dicom; transfer-syntax=*"'])
@pytest.mark.parametrize("boundary", ["==a==", "----=_Part_1_(2.3)", '"a b?"'])
def test_types_and_boundaries_are_taken_as_clients_write_them(server, prefix, root, boundary):
    file = make.native()
    body = multipart(file.bytes, boundary=boundary.strip('"'))
    response = post(server, prefix, body, f"Multipart/Related; Type={root}; Boundary={boundary}")
    assert response.status_code == 200 and StoreAnswer(response).stored_sops() == [file.sop]


def test_a_parts_content_type_may_be_folded(server, prefix):
    file = make.native()
    body = multipart(("application/dicom;\r\n transfer-syntax=1.2.840.10008.1.2.1", file.bytes))
    assert StoreAnswer(post(server, prefix, body, MULTIPART_DICOM)).stored_sops() == [file.sop]


def test_a_compressed_body_is_415_and_says_so(server, prefix):
    response = server.post(f"{prefix}/studies", gzip.compress(make.native().bytes), headers={"Content-Encoding": "gzip"})
    assert_says_why(response, 415, "Content-Encoding", "gzip")


def test_parameters_on_single_part_are_415_under_the_contract(server, contract):
    response = post(server, contract, make.native().bytes, "application/dicom; transfer-syntax=1.2.840.10008.1.2.1")
    assert_says_why(response, 415)


def test_a_start_parameter_is_400(server, contract):
    response = post(server, contract, multipart(make.native().bytes), MULTIPART_DICOM + '; start="<1>"')
    assert_says_why(response, 400)


def test_multipart_of_no_parts_is_204(server, prefix):
    response = post(server, prefix, multipart())
    assert response.status_code == 204 and response.content == b""


def test_multipart_with_only_an_empty_part_is_409(server, prefix):
    assert post(server, prefix, multipart(b"")).status_code == 409


def test_multipart_without_any_boundary_inside_is_400(server, prefix):
    assert_says_why(post(server, prefix, b"there is no boundary here " * 10), 400)


def test_one_bad_part_among_good_ones_is_202(server, prefix):
    first, last = make.native(), make.jpeg()
    response = post(server, prefix, multipart(first.bytes, b"garbage" * 200, last.bytes))
    assert response.status_code == 202
    answer = StoreAnswer(response)
    assert answer.stored_sops() == [first.sop, last.sop] and len(answer.failed) == 1
    assert_stored(server, prefix, last)


def test_a_first_part_without_content_type_takes_the_root_type(server, prefix):
    file = make.native()
    assert post(server, prefix, multipart((None, file.bytes))).status_code == 200
    assert_stored(server, prefix, file)


def test_the_root_type_may_be_left_out_when_parts_have_one(server, prefix):
    file = make.native()
    assert post(server, prefix, multipart(file.bytes), "multipart/related; boundary=tessera-test-boundary").ok


def test_slim_begins_with_an_empty_line_and_quotes_its_boundary(server, prefix):
    file = make.native()
    boundary = "4f9f81a4-9d1e-4c61-a4fb-4be21b17b1a2"
    response = post(server, prefix, multipart(file.bytes, boundary=boundary, lead=b"\r\n"),
                    f'multipart/related; type="application/dicom"; boundary="{boundary}"', accept="*/*")
    assert response.status_code == 200
    assert_stored(server, prefix, file)


def test_all_of_another_study_is_409(server, prefix):
    files = [make.native(), make.native()]
    response = post(server, prefix, multipart(*(f.bytes for f in files)), path=f"/studies/{generate_uid()}")
    assert response.status_code == 409
    assert StoreAnswer(response).reasons() == [FOREIGN_STUDY, FOREIGN_STUDY]
    assert "00081190" not in StoreAnswer(response).json
    assert_absent(server, prefix, files[0])


def test_one_of_another_study_is_202(server, prefix):
    good, foreign = make.native(), make.native()
    response = post(server, prefix, multipart(foreign.bytes, good.bytes), path=good.study_path)
    assert response.status_code == 202
    answer = StoreAnswer(response)
    assert answer.stored_sops() == [good.sop] and answer.reasons() == [FOREIGN_STUDY]
    assert value(answer.failed[0], "00081155") == foreign.sop
    assert_absent(server, prefix, foreign)


def test_a_duplicate_inside_a_request_is_202(server, prefix):
    file = make.native()
    response = post(server, prefix, multipart(file.bytes, file.bytes))
    assert response.status_code == 202
    assert StoreAnswer(response).stored_sops() == [file.sop] and StoreAnswer(response).reasons() == [EXISTS]


def test_a_duplicate_of_what_is_stored_is_409_and_changes_nothing(server, prefix):
    file = make.native()
    assert store_single(server, prefix, file).status_code == 200
    other = make.native(frames=2, study=file.study, series=file.series, SOPInstanceUID=file.sop)
    response = store_single(server, prefix, other)
    assert response.status_code == 409
    failed = StoreAnswer(response).failed[0]
    assert value(failed, "00081197") == EXISTS
    assert (value(failed, "00081150"), value(failed, "00081155")) == (make.WSI, file.sop)
    assert_stored(server, prefix, file)


def test_a_study_uid_padded_with_a_space_is_the_same_study(server, prefix):
    file = make.native(study="1.2.3." + str(generate_uid())[-9:].lstrip("0."))
    assert store_single(server, prefix, file).status_code == 200
    padded = file.dataset
    padded.StudyInstanceUID = file.study + (" " if len(file.study) % 2 else "  ")
    response = store_single(server, prefix, make.File(padded))
    assert response.status_code == 409 and StoreAnswer(response).reasons() == [EXISTS]


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"])
def test_a_missing_required_uid_is_409(server, prefix, keyword):
    response = store_single(server, prefix, make.native(**{keyword: None}))
    assert response.status_code == 409 and StoreAnswer(response).reasons() == [FAILED_VALIDATION]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("uid", ["1.2.three", "1." + "2" * 64])
def test_a_bad_uid_is_409(server, prefix, uid):
    response = store_single(server, prefix, make.native(SeriesInstanceUID=uid))
    assert response.status_code == 409 and StoreAnswer(response).reasons() == [FAILED_VALIDATION]


def test_patient_id_must_be_there_under_the_contract_and_may_be_absent_otherwise(server):
    assert store_single(server, "/v1", make.native(PatientID=None)).status_code == 409
    assert store_single(server, "/v2", make.native(PatientID=None)).status_code == 409
    assert store_single(server, "/dicom-web", make.native(PatientID=None)).ok


def test_an_empty_patient_id_is_refused_by_v1_only(server):
    assert store_single(server, "/v1", make.native(PatientID="")).status_code == 409
    assert store_single(server, "/v2", make.native(PatientID="")).ok


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_control_characters_in_patient_id_are_409_under_the_contract(server, contract):
    response = store_single(server, contract, make.native(PatientID="AB\x01CD"))
    assert response.status_code == 409 and StoreAnswer(response).reasons() == [FAILED_VALIDATION]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_bad_indexed_value_is_409_in_v1_and_a_warning_in_v2(server):
    refused = store_single(server, "/v1", make.native(PatientBirthDate="notadate"))
    assert refused.status_code == 409 and StoreAnswer(refused).reasons() == [FAILED_VALIDATION]
    taken = store_single(server, "/v2", make.native(PatientBirthDate="notadate"))
    assert taken.status_code == 202
    item = StoreAnswer(taken).stored[0]
    assert value(item, "00081196") == 1
    comments = [value(failed, "00000902") for failed in item["00741048"]["Value"]]
    assert any("(0010,0030)" in comment for comment in comments), comments


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_null_padding_is_fine_in_v2(server):
    assert store_single(server, "/v2", make.native(PatientName="Doe^Jan\0")).status_code == 200


def test_implicit_vr_is_stored_with_warning_45063(server):
    for prefix, status in (("/v1", 200), ("/v2", 202)):
        file = make.implicit()
        response = store_single(server, prefix, file)
        assert response.status_code == status
        assert value(StoreAnswer(response).stored[0], "00081196") == 45063
        assert_stored(server, prefix, file)


def test_implicit_vr_is_stored_in_the_standard_profile(server):
    file = make.implicit()
    assert store_single(server, "/dicom-web", file).status_code in (200, 202)
    assert_stored(server, "/dicom-web", file)


def test_several_values_where_one_is_indexed_are_stored_with_a_warning_header(server, contract):
    response = store_single(server, contract, make.native(AccessionNumber=["A", "B"]))
    assert response.status_code == 200
    assert response.headers.get("Warning", "").startswith("299 ")


def test_a_large_instance_is_stored_by_every_way(server, prefix):
    large = [make.native(side_data=1024) for _ in range(3)]
    assert store_single(server, prefix, large[0]).status_code == 200
    assert post(server, prefix, multipart(large[1].bytes)).status_code == 200
    pieces = (large[2].bytes[at:at + 100_000] for at in range(0, len(large[2].bytes), 100_000))
    assert post(server, prefix, pieces, "application/dicom").status_code == 200, "chunked"
    for file in large:
        assert_stored(server, prefix, file)




def digest_of(content, algorithm="sha256"):
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


def digest_fields(content):
    return [{"Content-Digest": f"sha-256=:{digest_of(content)}:"}, {"Repr-Digest": f"sha-512=:{digest_of(content, 'sha512')}:"},
            {"Content-Digest": f"sha-512=:{digest_of(content, 'sha512')}:, sha-256=:{digest_of(content)}:"},
            {"Digest": f"SHA-256={digest_of(content)}"}]


@pytest.mark.parametrize("way", range(4))
def test_a_digest_that_holds_is_stored_and_one_that_does_not_is_400_and_stores_nothing(server, prefix, way):
    file, other = make.native(), make.native()
    refused = store_single(server, prefix, file, headers=digest_fields(other.bytes)[way])
    assert_says_why(refused, 400, list(digest_fields(b"")[way])[0], "sha-")
    assert_absent(server, prefix, file)
    assert store_single(server, prefix, file, headers=digest_fields(file.bytes)[way]).status_code == 200
    assert_stored(server, prefix, file)


def test_a_digest_of_a_multipart_body_that_does_not_hold_stores_no_part(server, prefix):
    files = [make.native(), make.jpeg()]
    body = multipart(*(file.bytes for file in files))
    refused = post(server, prefix, body, headers={"Content-Digest": f"sha-256=:{digest_of(body[:-1])}:"})
    assert_says_why(refused, 400, "Content-Digest")
    for file in files:
        assert_absent(server, prefix, file)
    answer = post(server, prefix, body, headers={"Content-Digest": f"sha-256=:{digest_of(body)}:"})
    assert answer.status_code == 200 and StoreAnswer(answer).stored_sops() == [file.sop for file in files]


def test_a_digest_of_a_part_is_that_parts(server, prefix):
    good, bad = make.native(), make.native()
    body = b"".join(
        f"--tessera-test-boundary\r\nContent-Type: application/dicom\r\nContent-Digest: sha-256=:{digest}:\r\n\r\n".encode()
        + file.bytes + b"\r\n" for file, digest in ((bad, digest_of(b"")), (good, digest_of(good.bytes))))
    response = post(server, prefix, body + b"--tessera-test-boundary--\r\n")
    assert response.status_code == 202
    answer = StoreAnswer(response)
    assert answer.stored_sops() == [good.sop] and answer.reasons() == [272]
    assert value(answer.failed[0], "00081155") == bad.sop and "Content-Digest" in value(answer.failed[0], "00000902")
    assert_absent(server, prefix, bad)


@pytest.mark.parametrize("field", [{"Content-Digest": "sha-256=abc"}, {"Digest": "SHA-256=:AA==:"}, {"Repr-Digest": "x"}])
def test_a_malformed_digest_is_400_and_one_of_another_algorithm_is_passed_over(server, prefix, field):
    assert_says_why(store_single(server, prefix, make.native(), headers=field), 400, list(field)[0])
    assert store_single(server, prefix, make.native(), headers={"Content-Digest": "md5=:AAAA:"}).status_code == 200


def test_more_parts_than_are_held_for_a_digest_of_the_body_are_400(server):
    body = multipart(*(make.without_pixels().bytes for _ in range(65)))
    response = post(server, "/v2", body, headers={"Content-Digest": f"sha-256=:{digest_of(body)}:"})
    assert_says_why(response, 400, "64 parts", "Content-Digest")


def test_the_same_bytes_again_are_409_and_the_text_says_that_they_are_the_same(server, prefix):
    file = make.native()
    server.store(file)
    failed = StoreAnswer(store_single(server, prefix, file)).failed[0]
    assert value(failed, "00081197") == EXISTS and "same bytes" in value(failed, "00000902")
    other = make.native(frames=2, study=file.study, series=file.series, SOPInstanceUID=file.sop)
    failed = StoreAnswer(store_single(server, prefix, other)).failed[0]
    assert value(failed, "00081197") == EXISTS and "other bytes" in value(failed, "00000902")
