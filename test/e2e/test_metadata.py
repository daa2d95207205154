"""Metadata at three levels: PS3.18 F as pydicom writes it, the ETag, and bulk data by its URI."""
import gzip
import subprocess
import xml.etree.ElementTree as ElementTree
import zlib

import pytest

import dicom_files as make
from dicomweb import (JSON, assert_same_attributes, assert_says_why, bodies, content_type, expected_json, parts_of,
                      value)
from tessera_server import Server


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


GROUPS = "52009230"


class TestWithoutPerFrameGroups:
    @pytest.mark.parametrize("query", ["excludefield=PerFrameFunctionalGroupsSequence", "excludefield=52009230"])
    def test_everything_else_is_there(self, server, prefix, query):
        file = make.rich()
        server.store(file)
        for path in level_paths(file):
            whole = server.get(f"{prefix}{path}/metadata", JSON)
            without = server.get(f"{prefix}{path}/metadata?{query}", JSON)
            assert without.status_code == 200 and without.headers["ETag"] != whole.headers["ETag"]
            (instance,), (full,) = without.json(), whole.json()
            assert full.pop(GROUPS)["Value"] and instance == full

    def test_it_is_told_by_a_tag_of_its_own(self, server, prefix):
        file = make.rich()
        server.store(file)
        path = f"{prefix}{file.path}/metadata?excludefield={GROUPS}"
        tag = server.get(path, JSON).headers["ETag"]
        assert server.get(path, JSON, {"If-None-Match": tag}).status_code == 304

    def test_an_instance_without_groups_and_groups_with_bulk_data_are_fine(self, server, prefix):
        plain, bulky = make.native(), make.rich()
        bulky.dataset.PerFrameFunctionalGroupsSequence[1].add_new(0x00091002, "OB", bytes(5000))
        bulky = make.File(bulky.dataset)
        server.store(plain, bulky)
        for file in (plain, bulky):
            full = server.get(f"{prefix}{file.path}/metadata", JSON).json()[0]
            full.pop(GROUPS, None)
            assert server.get(f"{prefix}{file.path}/metadata?excludefield={GROUPS}", JSON).json()[0] == full

    def test_another_attribute_is_400_and_named(self, server, prefix):
        file = make.native()
        server.store(file)
        assert_says_why(server.get(f"{prefix}{file.path}/metadata?excludefield=PatientName", JSON), 400, "PatientName",
                        "52009230")

    def test_a_sidecar_that_was_made_before_the_cut_is_made_again(self, tmp_path):
        server = Server(tmp_path)
        try:
            file = make.rich()
            server.store(file)
            sidecar = next((server.data / "blobs").rglob("*.meta"))
            old = bytearray(sidecar.read_bytes())
            old[48:52] = bytes(4)
            old[60:64] = zlib.crc32(old[:60]).to_bytes(4, "little")
            sidecar.write_bytes(old)
            full = server.get(f"/v2{file.path}/metadata", JSON).json()[0]
            assert sidecar.read_bytes() == bytes(old), "what need not be cut is not made again"
            full.pop(GROUPS)
            assert server.get(f"/v2{file.path}/metadata?excludefield={GROUPS}", JSON).json()[0] == full
            assert sidecar.read_bytes() != bytes(old)
        finally:
            server.stop()

    def test_a_slide_of_many_sparse_frames_opens_without_reading_them(self, server):
        file = make.rich()
        many = 20_000
        groups = file.dataset.PerFrameFunctionalGroupsSequence
        file.dataset.PerFrameFunctionalGroupsSequence = type(groups)([groups[0]] * many)
        server.store(made := make.File(file.dataset))
        full = server.get(f"/v2{made.path}/metadata", JSON, {"Accept-Encoding": "identity"})
        small = server.get(f"/v2{made.path}/metadata?excludefield={GROUPS}", JSON, {"Accept-Encoding": "identity"})
        assert len(full.json()[0][GROUPS]["Value"]) == many
        assert len(small.content) < 20_000 < len(full.content) / 100


@pytest.mark.parametrize("accept, coding", [("zstd", "zstd"), ("zstd, gzip", "gzip"), ("gzip;q=0.5, zstd", "zstd"),
                                            ("identity", None), ("br", None)])
def test_metadata_comes_in_the_coding_that_is_liked_best(server, prefix, accept, coding):
    file = make.rich()
    server.store(file)
    plain = metadata(server, prefix, file.path, headers={"Accept-Encoding": "identity"})
    response = metadata_raw(server, prefix, file.path, accept)
    assert response.headers.get("Content-Encoding") == coding and "Accept-Encoding" in response.headers["Vary"]
    raw = response.raw.read(decode_content=False)
    if coding == "zstd":
        raw = subprocess.run(["zstd", "-dc"], input=raw, capture_output=True, check=True, timeout=30).stdout
    elif coding == "gzip":
        raw = gzip.decompress(raw)
    assert raw == plain.content
    tags = {metadata_raw(server, prefix, file.path, one).headers["ETag"] for one in ("gzip", "zstd", "identity")}
    assert len(tags) == 3, "a tag for each coding"


def metadata_raw(server, prefix, path, accept_encoding):
    return server.get(f"{prefix}{path}/metadata", JSON, {"Accept-Encoding": accept_encoding}, stream=True)


XML = 'multipart/related; type="application/dicom+xml"'
NATIVE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


def json_of(model):
    """The native model as DICOM JSON, as far as both say the same."""
    out, creators = {}, {}
    for attribute in model:
        assert attribute.tag == NATIVE + "DicomAttribute"
        tag, vr, creator = attribute.get("tag"), attribute.get("vr"), attribute.get("privateCreator")
        if creator:
            tag = tag[:4] + creators[creator] + tag[6:]
        element = {"vr": vr}
        values = {}
        for child in attribute:
            kind, number = child.tag.removeprefix(NATIVE), int(child.get("number", 0))
            if kind == "Value":
                values[number] = child.text or ""
            elif kind == "Item":
                values[number] = json_of(child)
            elif kind == "PersonName":
                values[number] = {group.tag.removeprefix(NATIVE): [part.text for part in group] for group in child}
            elif kind == "InlineBinary":
                element["InlineBinary"] = child.text
            else:
                element["BulkDataURI"] = child.get("uri")
        if values:
            element["Value"] = [values.get(number) for number in range(1, max(values) + 1)]
        if tag[4:6] == "00" and int(tag[3], 16) % 2:
            creators[values[1]] = tag[6:]
        out[tag] = element
    return out


def comparable(instance):
    out = {}
    for tag, element in instance.items():
        element = dict(element)
        if element["vr"] == "SQ":
            element["Value"] = [comparable(item or {}) for item in element.get("Value", [])]
        elif element["vr"] == "PN":
            element["Value"] = [{group: text if isinstance(text, list) else [part for part in text.split("^") if part]
                                 for group, text in (name or {}).items()} for name in element.get("Value", [])]
        elif "Value" in element:
            element["Value"] = [None if value is None else float(value) if element["vr"] in ("DS", "FD", "FL", "IS")
                                else str(value) for value in element["Value"]]
        out[tag] = element
    return {tag: {name: value for name, value in element.items() if value != []} for tag, element in out.items()}


class TestXml:
    @pytest.mark.parametrize("made", ["rich", "native", "annotations", "without_pixels", "document"])
    def test_it_says_what_the_json_says(self, server, prefix, made):
        file = getattr(make, made)()
        server.store(file, make.native(study=file.study, series=file.series))
        for path in level_paths(file):
            response = server.get(f"{prefix}{path}/metadata", XML)
            assert response.status_code == 200 and 'type="application/dicom+xml"' in content_type(response)
            parts = parts_of(response)
            assert all(fields["content-type"] == "application/dicom+xml" for fields, _ in parts)
            models = [ElementTree.fromstring(body) for _, body in parts]
            assert all(model.tag == NATIVE + "NativeDicomModel" for model in models)
            wanted = metadata(server, prefix, path).json()
            assert [comparable(json_of(model)) for model in models] == [comparable(one) for one in wanted]

    def test_it_has_a_tag_of_its_own_and_may_be_without_per_frame_groups(self, server, prefix):
        file = make.rich()
        server.store(file)
        path = f"{prefix}{file.path}/metadata?excludefield={GROUPS}"
        response = server.get(path, XML)
        (_, body), = parts_of(response)
        assert b"52009230" not in body and b"OpticalPathSequence" in body
        tags = {server.get(path, accept).headers["ETag"] for accept in (XML, JSON)} | {response.headers["ETag"]}
        assert len(tags) == 2
        assert server.get(path, XML, {"If-None-Match": response.headers["ETag"]}).status_code == 304

    def test_an_xml_parser_of_another_make_reads_it(self, server):
        file = make.native(PatientComments="a & b < c \"d\"", PatientName="O'Neill^Zoë")
        server.store(file)
        (_, body), = parts_of(server.get(f"/v2{file.path}/metadata", XML))
        subprocess.run(["/usr/bin/python3", "-c", "import sys, xml.sax; xml.sax.parse(sys.stdin.buffer, xml.sax.ContentHandler())"],
                       input=body, check=True, timeout=30)
        assert "Zoë" in body.decode() and "a &amp; b &lt; c" in body.decode()
