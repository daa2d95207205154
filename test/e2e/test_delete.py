"""DELETE at three levels: gone at once, siblings stay."""
import pytest

import dicom_files as make
from dicomweb import JSON, assert_says_why


@pytest.fixture
def study(server):
    """Two instances in one series, and one in another."""
    first = make.native()
    files = [first, make.jpeg(study=first.study, series=first.series), make.native(study=first.study)]
    server.store(*files)
    return files


def is_there(server, prefix, file):
    status = server.get(f"{prefix}{file.path}/frames/1").status_code
    assert status == server.get(f"{prefix}{file.path}/metadata", JSON).status_code
    assert status == server.get(prefix + file.path).status_code
    assert status in (200, 404)
    return status == 200


def test_an_instance_is_deleted_and_its_siblings_stay(server, prefix, study):
    response = server.delete(prefix + study[0].path)
    assert response.status_code == 204 and response.content == b""
    assert [is_there(server, prefix, file) for file in study] == [False, True, True]
    assert_says_why(server.delete(prefix + study[0].path), 404)


def test_a_series_is_deleted_and_the_other_stays(server, prefix, study):
    assert server.delete(prefix + study[0].series_path).status_code == 204
    assert [is_there(server, prefix, file) for file in study] == [False, False, True]
    assert_says_why(server.delete(prefix + study[0].series_path), 404)


def test_a_study_is_deleted(server, prefix, study):
    assert server.delete(prefix + study[0].study_path).status_code == 204
    assert [is_there(server, prefix, file) for file in study] == [False, False, False]
    assert_says_why(server.delete(prefix + study[0].study_path), 404)
    assert server.get(f"{prefix}/studies?StudyInstanceUID={study[0].study}", JSON).status_code == 204


def test_parents_go_with_their_last_child(server, prefix, study):
    for file in study:
        assert server.delete(prefix + file.path).status_code == 204
    assert server.get(f"{prefix}/studies?StudyInstanceUID={study[0].study}", JSON).status_code == 204
    assert server.get(f"{prefix}/series?StudyInstanceUID={study[0].study}", JSON).status_code == 204


def test_what_was_deleted_may_be_stored_again_with_other_pixels(server, prefix, study):
    assert server.delete(prefix + study[0].path).status_code == 204
    other = make.native(frames=2, study=study[0].study, series=study[0].series, SOPInstanceUID=study[0].sop)
    server.store(other)
    assert server.get(prefix + other.path, "application/dicom; transfer-syntax=*").content == other.bytes


def test_a_bad_uid_is_400(server, prefix):
    assert_says_why(server.delete(prefix + "/studies/1.2.x"), 400, "1.2.x")


def test_a_series_of_another_study_is_404_and_stays(server, prefix, study):
    other = make.native()
    server.store(other)
    assert server.delete(f"{prefix}{other.study_path}/series/{study[0].series}").status_code == 404
    assert is_there(server, prefix, study[0])


def test_a_study_may_be_stored_into_while_its_last_instance_is_swept(server, prefix):
    first = make.without_pixels()
    for _ in range(60):  # the sweep removes folders that the next store is making
        file = make.without_pixels(study=first.study)
        server.store(file)
        assert server.delete(prefix + first.study_path).status_code == 204
