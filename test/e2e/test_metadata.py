"""Metadata at three levels: PS3.18 F as pydicom writes it, the ETag, and bulk data by its URI."""
import pytest

import dicom_files as make
from dicomweb import (JSON, assert_same_attributes, assert_says_why, bodies, content_type, expected_json, parts_of,
                      value)


def level_paths(file):
    return [file.study_path, file.series_path, file.path]


def metadata(server, prefix, path, accept=JSON, headers=None):
    return server.get(f"{prefix}{path}/metadata", accept, headers)


@pytest.mark.parametrize("made", ["rich", "native", "implicit", "jpeg", "without_pixels"])
def test_an_instance_is_what_pydicom_reads(server, prefix, made):
    file = getattr(make, made)()
    server.store(file)
    for path in level_paths(file):
        response = metadata(server, prefix, path)
        assert response.status_code == 200 and content_type(response) == JSON
        (instance,) = response.json()
        assert_same_attributes(instance, expected_json(file))
        assert not [tag for tag in instance if tag.startswith("0002")], "file meta information is no part of it"


def test_numbers_are_json_numbers(server, prefix):
    file = make.jpeg()
    server.store(file)
    instance = metadata(server, prefix, file.path).json()[0]
    assert instance["00280008"] == {"vr": "IS", "Value": [3]}
    assert instance["00101030"]["Value"] == [61.5]
    assert isinstance(instance["00280010"]["Value"][0], int)


def test_each_level_holds_all_of_its_instances_and_no_others(server, prefix):
    first = make.native()
    same_series = make.native(study=first.study, series=first.series)
    same_study = make.native(study=first.study)
    server.store(first, same_series, same_study, make.native())

    def sops(path):
        return {value(instance, "00080018") for instance in metadata(server, prefix, path).json()}

    assert sops(first.study_path) == {first.sop, same_series.sop, same_study.sop}
    assert sops(first.series_path) == {first.sop, same_series.sop}
    assert sops(same_series.path) == {same_series.sop}


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/dicom+json, application/json",
                                    "application/*", "text/html;q=0.9, application/dicom+json;q=0.1"])
def test_any_accept_that_admits_json_is_answered(server, prefix, accept):
    file = make.native()
    server.store(file)
    response = metadata(server, prefix, file.series_path, accept)
    assert response.status_code == 200 and len(response.json()) == 1
    assert content_type(response).split(";")[0] in (JSON, "application/json")


@pytest.mark.parametrize("accept", ["text/html", "application/dicom", "application/dicom+json;q=0",
                                    "application/dicom+json;q=0, */*", "application/*, application/dicom+json;q=0"])
def test_an_accept_without_json_is_406(server, prefix, accept):
    file = make.native()
    server.store(file)
    assert_says_why(metadata(server, prefix, file.path, accept), 406)


def test_what_is_not_there_is_404_and_a_bad_uid_400(server, prefix):
    for path in level_paths(make.native()):
        assert_says_why(metadata(server, prefix, path), 404)
    assert_says_why(metadata(server, prefix, "/studies/1.2.x"), 400, "1.2.x")
    assert_says_why(metadata(server, prefix, "/studies/1.2/series/" + "1" * 65), 400)


class TestETag:
    def tags(self, server, prefix, file):
        return [metadata(server, prefix, path).headers["ETag"] for path in level_paths(file)]

    def test_it_is_strong_and_stays_while_nothing_changes(self, server, prefix):
        file = make.native()
        server.store(file)
        tags = self.tags(server, prefix, file)
        assert all(tag.startswith('"') and tag.endswith('"') and len(tag) > 2 for tag in tags)
        server.store(make.native())
        assert self.tags(server, prefix, file) == tags

    def test_a_match_is_304_with_the_tag_and_no_body(self, server, prefix):
        file = make.native()
        server.store(file)
        for path in level_paths(file):
            tag = metadata(server, prefix, path).headers["ETag"]
            for asked in (tag, f'"other", {tag}', f"W/{tag}", "*"):
                response = metadata(server, prefix, path, headers={"If-None-Match": asked})
                assert response.status_code == 304 and response.content == b"", asked
                assert response.headers["ETag"] == tag

    def test_a_mismatch_is_200_with_the_tag(self, server, prefix):
        file = make.native()
        server.store(file)
        for path in level_paths(file):
            tag = metadata(server, prefix, path).headers["ETag"]
            response = metadata(server, prefix, path, headers={"If-None-Match": '"something-else"'})
            assert response.status_code == 200 and response.headers["ETag"] == tag

    def test_a_store_into_the_study_changes_it(self, server, prefix):
        file = make.native()
        server.store(file)
        before = self.tags(server, prefix, file)
        server.store(make.native(study=file.study, series=file.series))
        after = self.tags(server, prefix, file)
        assert before[0] != after[0] and before[1] != after[1]

    def test_a_delete_in_the_study_changes_it(self, server, prefix):
        file = make.native()
        other = make.native(study=file.study, series=file.series)
        server.store(file, other)
        before = self.tags(server, prefix, file)
        assert server.delete(prefix + other.path).status_code == 204
        after = self.tags(server, prefix, file)
        assert before[0] != after[0] and before[1] != after[1]
        response = metadata(server, prefix, file.study_path, headers={"If-None-Match": before[0]})
        assert response.status_code == 200 and len(response.json()) == 1


class TestBulkData:
    @pytest.fixture
    def file(self, server):
        made = make.rich()
        server.store(made)
        return made

    def icc(self, server, prefix, file):
        instance = metadata(server, prefix, file.path).json()[0]
        return value(instance, "00480105")["00282000"]

    def test_a_large_value_is_a_uri_of_this_server(self, server, prefix, file):
        element = self.icc(server, prefix, file)
        assert element["vr"] == "OB" and "InlineBinary" not in element
        assert element["BulkDataURI"].startswith(f"{server.url}{prefix}{file.path}/bulkdata/")
        assert "?v=" in element["BulkDataURI"]

    @pytest.mark.parametrize("accept", ["application/octet-stream; transfer-syntax=*", "application/octet-stream",
                                        "*/*"])
    def test_it_is_answered_whole(self, server, prefix, file, accept):
        response = server.get(self.icc(server, prefix, file)["BulkDataURI"], accept)
        assert response.status_code == 200
        assert bodies(response) == [bytes(file.dataset.OpticalPathSequence[0].ICCProfile)]
        if accept != "*/*":
            assert content_type(response).split(";")[0] == "application/octet-stream"

    @pytest.mark.parametrize("accept", ['multipart/related; type="application/octet-stream"',
                                        'multipart/related; type="*/*"',
                                        'multipart/related; type="application/octet-stream"; transfer-syntax=*'])
    def test_it_is_answered_as_a_part(self, server, prefix, file, accept):
        response = server.get(self.icc(server, prefix, file)["BulkDataURI"], accept)
        assert response.status_code == 200
        assert [body for _, body in parts_of(response)] == [bytes(file.dataset.OpticalPathSequence[0].ICCProfile)]

    def test_its_versioned_uri_may_be_kept_for_ever(self, server, prefix, file):
        uri = self.icc(server, prefix, file)["BulkDataURI"]
        assert "immutable" in server.get(uri).headers["Cache-Control"]
        assert "immutable" not in server.get(uri.split("?")[0]).headers.get("Cache-Control", "")

    def test_it_goes_with_its_instance(self, server, prefix, file):
        uri = self.icc(server, prefix, file)["BulkDataURI"]
        assert server.delete(prefix + file.path).status_code == 204
        assert_says_why(server.get(uri), 404)

    def test_a_value_that_is_not_there_is_404(self, server, prefix, file):
        uri = self.icc(server, prefix, file)["BulkDataURI"].split("?")[0]
        assert server.get(uri.rsplit("/bulkdata/")[0] + "/bulkdata/00282000").status_code == 404
        assert server.get(uri.rsplit("/bulkdata/")[0] + "/bulkdata/nonsense").status_code in (400, 404)
