"""QIDO-RS: core keys at every level, limits, includefield, and the queries that viewers send."""
from urllib.parse import quote

import pytest

import dicom_files as make
from dicomweb import JSON, MULTIPART_DICOM, assert_says_why, content_type, multipart, value

EZ_WSI_FIELDS = ["00080018", "00020010", "00280010", "00280011", "00280002", "00280100", "00280102", "00480006",
                 "00480007", "00480001", "00480002", "00209311", "00480105", "52009229", "00282000", "00280008"]


def search(server, prefix, query, accept=JSON):
    return server.get(prefix + query, accept)


def found(server, prefix, query, tag):
    """The values of a tag in the answer's rows; nothing for 204."""
    response = search(server, prefix, query)
    if response.status_code == 204:
        assert response.content == b""
        return []
    assert response.status_code == 200, f"{response.status_code}: {response.text}"
    assert content_type(response) == JSON
    rows = response.json()
    assert isinstance(rows, list) and rows
    return [value(row, tag) for row in rows]


@pytest.fixture(scope="module")
def slide(server):
    """A study of two series; the first has two instances."""
    first = make.rich(PatientID="Q-1", PatientName="Müller^Änne", AccessionNumber="ACC-77", StudyDate="20230615")
    options = dict(study=first.study, PatientID="Q-1", PatientName="Müller^Änne", AccessionNumber="ACC-77",
                   StudyDate="20230615")
    files = [first, make.jpeg(series=first.series, **options),
             make.native(Modality="PR", SOPClassUID="1.2.840.10008.5.1.4.1.1.11.1", **options)]
    server.store(*files, make.native(PatientID="Q-2", PatientName="Other^Person", StudyDate="20220101"))
    return files


@pytest.mark.parametrize("condition", [
    "PatientID=Q-1", "00100020=Q-1", "AccessionNumber=ACC-77&PatientID=Q-1", "StudyDate=20230615&PatientID=Q-1",
    "StudyDate=20230101-20231231&PatientID=Q-1", "StudyDate=20230615-&PatientID=Q-1", "StudyDate=-20230615&PatientID=Q-1",
    "PatientName=M%C3%BCller%5E%C3%84nne", "PatientName=muller%5Eanne", "PatientBirthDate=19700101&PatientID=Q-1",
    "ReferringPhysicianName=%C3%84rztin%5EEva&PatientID=Q-1", "StudyDescription=Biopsy&PatientID=Q-1",
    "ModalitiesInStudy=SM&PatientID=Q-1", "PatientName=Mul&fuzzymatching=true&PatientID=Q-1"])
def test_a_study_is_found_by_each_core_key(server, prefix, slide, condition):
    assert found(server, prefix, f"/studies?{condition}", "0020000D") == [slide[0].study]


@pytest.mark.parametrize("condition", [
    "PatientID=Q-3", "PatientID=Q-1&AccessionNumber=other", "StudyDate=20230616-&PatientID=Q-1",
    "ModalitiesInStudy=CT&PatientID=Q-1", "StudyInstanceUID=1.2.3.4"])
def test_nothing_found_is_204_without_a_body(server, prefix, slide, condition):
    response = search(server, prefix, f"/studies?{condition}")
    assert response.status_code == 204 and response.content == b""


def test_a_study_row_has_the_contracts_attributes(server, prefix, slide):
    row = search(server, prefix, f"/studies?StudyInstanceUID={slide[0].study}").json()[0]
    assert value(row, "00080020") == "20230615" and value(row, "00080050") == "ACC-77"
    assert value(row, "00100010")["Alphabetic"] == "Müller^Änne" and value(row, "00100020") == "Q-1"
    assert value(row, "00080090")["Alphabetic"] == "Ärztin^Eva"
    assert row["00100030"] == {"vr": "DA", "Value": ["19700101"]}


def test_modalities_and_numbers_are_computed(server, prefix, slide):
    query = f"/studies?StudyInstanceUID={slide[0].study}&includefield=ModalitiesInStudy,00201208"
    row = search(server, prefix, query).json()[0]
    assert sorted(row["00080061"]["Value"]) == ["PR", "SM"] and value(row, "00201208") == 3
    query = f"{slide[0].series_path.rsplit('/', 1)[0]}?Modality=SM&includefield=00201209"
    assert value(search(server, prefix, query).json()[0], "00201209") == 2


def test_each_level_finds_its_own(server, prefix, slide):
    study, series = slide[0].study, slide[0].series
    both_series = {slide[0].series, slide[2].series}
    assert set(found(server, prefix, f"/studies/{study}/series", "0020000E")) == both_series
    assert set(found(server, prefix, f"/series?StudyInstanceUID={study}", "0020000E")) == both_series
    assert set(found(server, prefix, "/instances?PatientID=Q-1", "00080018")) == {file.sop for file in slide}
    assert set(found(server, prefix, f"/studies/{study}/instances", "00080018")) == {file.sop for file in slide}
    of_series = found(server, prefix, f"/studies/{study}/series/{series}/instances", "00080018")
    assert set(of_series) == {slide[0].sop, slide[1].sop}
    one = found(server, prefix, f"/studies/{study}/instances?SOPInstanceUID={slide[1].sop}", "00080018")
    assert one == [slide[1].sop]


def test_slim_asks_series_at_the_root_and_instances_by_modality(server, prefix, slide):
    study = slide[0].study
    assert found(server, prefix, f"/series?Modality=SM&StudyInstanceUID={study}", "0020000E") == [slide[0].series]
    assert found(server, prefix, f"/studies/{study}/instances?Modality=PR", "00080018") == [slide[2].sop]
    assert found(server, prefix, f"/studies/{study}/series?Modality=ANN", "0020000E") == []


def test_wsidicom_gives_a_list_of_series_and_wants_the_syntax(server, slide):
    query = (f"/studies/{slide[0].study}/instances?00080016={make.WSI}&00080060=SM&0020000E={slide[0].series}"
             f"&0020000E=1.2.3&includefield=AvailableTransferSyntaxUID")
    response = search(server, "/dicom-web", query, "application/dicom+json, application/json")
    assert [value(row, "00083002") for row in response.json()] == [slide[0].syntax, slide[1].syntax]


@pytest.mark.parametrize("field", ["00083002", "AvailableTransferSyntaxUID", "00020010", "TransferSyntaxUID"])
def test_the_stored_syntax_can_be_asked_for(server, prefix, slide, field):
    tag = "00083002" if field in ("00083002", "AvailableTransferSyntaxUID") else "00020010"
    query = f"{slide[0].series_path}/instances?SOPInstanceUID={slide[0].sop}&includefield={field}"
    assert found(server, prefix, query, tag) == [slide[0].syntax]


def test_ez_wsi_includes_many_fields_and_finds_the_icc_profile(server, slide):
    query = f"{slide[0].series_path}/instances?" + "&".join(f"includefield={tag}" for tag in EZ_WSI_FIELDS)
    rows = {value(row, "00080018"): row for row in search(server, "/dicom-web", query, "*/*").json()}
    row = rows[slide[0].sop]
    assert value(row, "00020010") == slide[0].syntax
    assert (value(row, "00280010"), value(row, "00280011"), value(row, "00280100")) == (16, 16, 8)
    assert value(row, "00209311") == "TILED_FULL" and value(row, "00480006") == 32
    assert value(row, "00480105")["00282000"]["BulkDataURI"].startswith(server.url)


def test_ohif_includes_a_comma_list(server, prefix, slide):
    query = ("/studies?limit=101&offset=0&fuzzymatching=true&includefield=00081030%2C00080060%2C00080090%2C00100030"
             f"&StudyInstanceUID={slide[0].study}")
    assert found(server, prefix, query, "00081030") == ["Biopsy"]
    query = f"{slide[0].study_path}/series?includefield=00080021%2C00080031%2C0008103E%2C00200011"
    assert set(found(server, prefix, query, "0008103E")) == {"HE"}


def test_weasis_gets_absolute_retrieve_urls(server, slide):
    query = f"{slide[0].study_path}/series?includefield=0008103E,00080060,0020000E,00200011,00081190&Modality=SM"
    assert found(server, "/dicom-web", query, "00081190") == [f"{server.url}/dicom-web{slide[0].series_path}"]
    query = f"{slide[0].series_path}/instances?includefield=00080018,00200013,00081190"
    assert f"{server.url}/dicom-web{slide[1].path}" in found(server, "/dicom-web", query, "00081190")


def test_includefield_all_is_taken(server, prefix, slide):
    query = f"{slide[0].series_path}/instances?includefield=all&SOPInstanceUID={slide[0].sop}"
    assert found(server, prefix, query, "00280010") == [16]


@pytest.mark.parametrize("query", [
    "limit=0", "limit=-1", "limit=ten", "offset=-1", "offset=x", "fuzzymatching=maybe", "NoSuchKeyword=1",
    "00091001=x", "StudyDate=-", "StudyDate=2023", "StudyDate=20231301", "includefield=NoSuchKeyword"])
def test_a_query_with_a_fault_is_400_and_names_it(server, prefix, slide, query):
    assert_says_why(search(server, prefix, f"/studies?{query}"), 400, query.split("=")[0 if query[0] != "i" else 1])


@pytest.mark.parametrize("query", ["limit=201", "PatientID=a&PatientID=b", "PatientID=a&00100020=a", "PatientID="])
def test_the_contract_is_stricter(server, contract, slide, query):
    assert_says_why(search(server, contract, f"/studies?{query}"), 400)


def test_a_uid_of_the_path_is_no_filter_under_the_contract(server, contract, slide):
    query = f"{slide[0].study_path}/series?StudyInstanceUID={slide[0].study}"
    assert_says_why(search(server, contract, query), 400)


def test_an_accept_without_json_is_406(server, prefix, slide):
    assert_says_why(search(server, prefix, "/studies", "application/dicom"), 406)


def test_a_bad_uid_in_the_path_is_400(server, prefix):
    assert_says_why(search(server, prefix, "/studies/1.2.x/series"), 400, "1.2.x")


class TestPages:
    COUNT = 105

    @pytest.fixture(scope="class")
    def many(self, server):
        first = make.without_pixels()
        files = [first] + [make.without_pixels(study=first.study, series=first.series) for _ in range(self.COUNT - 1)]
        answer = server.post("/dicom-web/studies", multipart(*(file.bytes for file in files)), MULTIPART_DICOM)
        assert answer.status_code == 200, answer.text[:300]
        return files

    def test_the_contract_gives_100_and_up_to_200(self, server, contract, many):
        path = many[0].study_path + "/instances"
        assert len(found(server, contract, path, "00080018")) == 100
        assert len(found(server, contract, path + "?limit=200", "00080018")) == self.COUNT

    def test_the_standard_profile_has_no_limit(self, server, many):
        path = many[0].study_path + "/instances"
        assert len(found(server, "/dicom-web", path, "00080018")) == self.COUNT
        assert len(found(server, "/dicom-web", path + "?limit=100000", "00080018")) == self.COUNT

    def test_pages_hold_everything_once_and_end_with_204(self, server, prefix, many):
        seen = []
        for offset in range(0, 200, 30):
            page = found(server, prefix, f"{many[0].study_path}/instances?limit=30&offset={offset}", "00080018")
            assert len(page) == max(0, min(30, self.COUNT - offset))
            seen += page
        assert sorted(seen) == sorted(file.sop for file in many)


def test_the_newest_come_first(server, prefix):
    patient = "ordered-" + prefix.strip("/")
    first, second = make.without_pixels(PatientID=patient), make.without_pixels(PatientID=patient)
    server.store(first, second)
    assert found(server, prefix, f"/studies?PatientID={patient}", "0020000D") == [second.study, first.study]
    server.store(make.without_pixels(PatientID=patient, study=first.study))
    assert found(server, prefix, f"/studies?PatientID={patient}", "0020000D") == [first.study, second.study]


@pytest.mark.parametrize("query", ["StudyDate=20230229", "StudyDate=21000229-", "StudyDate=20230101-20230431"])
def test_a_day_that_no_calendar_has_is_400(server, prefix, query):
    assert_says_why(search(server, prefix, f"/studies?{query}"), 400, "StudyDate")
    assert search(server, prefix, "/studies?StudyDate=20240229&PatientID=nobody").status_code == 204


def test_a_quotation_mark_in_a_fuzzy_name_is_400_under_the_contract(server, contract):
    assert_says_why(search(server, contract, "/studies?PatientName=%22a&fuzzymatching=true"), 400, "PatientName")
    assert search(server, contract, "/studies?PatientName=%22a").status_code == 204


def test_a_star_is_a_character_like_others_under_the_contract_and_a_wildcard_in_the_standard_profile(server, contract, slide):
    assert found(server, contract, "/studies?PatientName=M*", "0020000D") == []
    assert slide[0].study in found(server, "/dicom-web", "/studies?PatientName=m*", "0020000D")
    assert slide[0].study in found(server, "/dicom-web", "/studies?AccessionNumber=acc-7%3F", "0020000D")


@pytest.fixture(scope="module")
def yamada(server):
    file = make.without_pixels(PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう", PatientID="Q-Y")
    server.store(file, make.without_pixels(PatientName="Yamadaoka^Jun=山田丘^純", PatientID="Q-Y"))
    return file


@pytest.mark.parametrize("name", ["Yamada^Tarou", "yamada^tarou", "山田^太郎", "=山田^太郎", "==やまだ^たろう", "Yamada^Tarou=山田^太郎",
                                  "Yamada^Tarou=山田^太郎=やまだ^たろう", "やまだ^たろう="])
def test_a_name_is_found_by_any_of_its_component_groups(server, prefix, yamada, name):
    assert found(server, prefix, f"/studies?PatientID=Q-Y&PatientName={quote(name)}", "0020000D") == [yamada.study]


@pytest.mark.parametrize("name, count", [("*Tarou", 1), ("*太郎", 1), ("山田^*", 1), ("山田*", 2), ("yamada?tarou", 1),
                                         ("*", 2), ("太郎*", 0), ("Tarou*", 0)])
def test_wildcards_hold_within_a_component_group(server, yamada, name, count):
    got = found(server, "/dicom-web", f"/studies?PatientID=Q-Y&PatientName={quote(name)}", "0020000D")
    assert len(got) == count


@pytest.mark.parametrize("name", ["Yamada", "山田", "Yamada^Tarou=", "Tarou", "Yamada^Tarou=やまだ^たろう"])
def test_a_part_of_a_component_group_is_not_the_name(server, prefix, yamada, name):
    got = found(server, prefix, f"/studies?PatientID=Q-Y&PatientName={quote(name)}", "0020000D")
    assert got == ([yamada.study] if name == "Yamada^Tarou=" else [])


@pytest.mark.parametrize("key", ["PatientName=" + "a+" * 3000 + "&fuzzymatching=true",
                                 "ReferringPhysicianName=" + "a%5E" * 1500 + "&fuzzymatching=true"])
def test_more_words_than_a_name_has_are_400(server, prefix, key):
    assert_says_why(search(server, prefix, f"/studies?{key}"), 400, "words")


@pytest.mark.parametrize("key", ["PatientName=" + "_" * 8000, "PatientName=" + "*a" * 4000, "PatientID=" + "%25" * 2600,
                                 "PatientName=" + "%EF%B7%BA" * 880, "StudyInstanceUID=" + "1," * 4000 + "1"])
def test_the_longest_keys_are_answered(server, prefix, key):
    assert search(server, prefix, f"/studies?{key}").status_code == 204


@pytest.mark.parametrize("modalities", ["SM,CT", "CT%5CSM", "S*", "s?", "CT&ModalitiesInStudy=SM", "PR"])
def test_modalities_may_be_a_list_and_hold_wildcards_in_the_standard_profile(server, slide, modalities):
    query = f"/studies?StudyInstanceUID={slide[0].study}&ModalitiesInStudy={modalities}"
    assert found(server, "/dicom-web", query, "0020000D") == [slide[0].study]


def test_modalities_are_one_value_under_the_contract_and_not_too_many_in_the_standard_profile(server, contract, slide):
    assert found(server, contract, "/studies?PatientID=Q-1&ModalitiesInStudy=SM,CT", "0020000D") == []
    assert_says_why(search(server, contract, "/studies?ModalitiesInStudy=SM&ModalitiesInStudy=CT"), 400, "ModalitiesInStudy")
    assert_says_why(search(server, "/dicom-web", "/studies?ModalitiesInStudy=" + "S*," * 2000), 400, "more than 64 values")


@pytest.mark.parametrize("query", ["includefield=", "includefield=00100010,", "includefield=,PatientName"])
def test_an_empty_includefield_is_named(server, prefix, query):
    assert_says_why(search(server, prefix, f"/studies?{query}"), 400, "includefield", "empty")
