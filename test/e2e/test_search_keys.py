"""QIDO-RS of the standard profile: the keys of pathology, paths into sequences, ranges, totals, and answers that are cut."""
from urllib.parse import quote

import pytest
from pydicom.dataset import Dataset

import dicom_files as make
from dicomweb import JSON, MULTIPART_DICOM, assert_says_why, multipart, value

ROOT = "/dicom-web"


def items(**values):
    item = Dataset()
    for keyword, held in values.items():
        setattr(item, keyword, held)
    return [item]


def code(text, meaning):
    return items(CodeValue=text, CodingSchemeDesignator="SCT", CodeMeaning=meaning)


@pytest.fixture(scope="module")
def slide(server):
    """A slide with everything that pathologists look for, and another that has something else in each place."""
    staining = items(ConceptNameCodeSequence=code("424361007", "Using substance"), ConceptCodeSequence=code("12710003", "hematoxylin"))
    noted = items(ConceptNameCodeSequence=code("424361007", "Using substance"), TextValue="Eosin Y, 1 %")
    specimen = items(SpecimenIdentifier="S26-1001-A", SpecimenUID="1.2.826.77.1", SpecimenShortDescription="Müller's margin",
                     SpecimenTypeCodeSequence=code("119376003", "Tissue"), PrimaryAnatomicStructureSequence=code("39937001", "Skin"),
                     SpecimenPreparationSequence=items(SpecimenPreparationStepContentItemSequence=[*staining, *noted]))
    measures = items(PixelMeasuresSequence=items(PixelSpacing=[0.00025, 0.0003]))
    file = make.native(
        PatientID="K-1", SeriesNumber=42, InstanceNumber=7, FrameOfReferenceUID="1.2.826.9", BodyPartExamined="SKIN",
        Laterality="R", ProtocolName="Routine 40x", SeriesDate="20260105", SeriesTime="0930", DeviceSerialNumber="SN 77",
        PerformedProcedureStepStartTime="093000",
        RequestAttributesSequence=items(ScheduledProcedureStepID="SPS-1", RequestedProcedureID="RP-1", AccessionNumber="ACC/9"),
        ContentDate="20260106", ContentTime="10", AcquisitionDateTime="20260105093015.25+0100", ContainerIdentifier="S26-1001 A1",
        SpecimenDescriptionSequence=specimen, BarcodeValue="0012345", LabelText="Lab of the North",
        TotalPixelMatrixColumns=46000, TotalPixelMatrixRows=32914, SharedFunctionalGroupsSequence=measures,
        OpticalPathSequence=items(OpticalPathIdentifier="1", ObjectiveLensPower=40.0),
        AnatomicRegionSequence=code("22943007", "Trunk"), HL7InstanceIdentifier="2.16.840^1")
    file.dataset.add_new(0x00080019, "UI", "1.2.826.8")  # PyramidUID, which this pydicom does not know
    file = make.File(file.dataset)
    other = make.native(
        PatientID="K-2", ImageType=["DERIVED", "PRIMARY", "OVERVIEW", "RESAMPLED"], SeriesNumber=43, InstanceNumber=8,
        StudyTime="12", AcquisitionDateTime="2025", ContainerIdentifier="T-9", Manufacturer="Other", TotalPixelMatrixColumns=1200,
        SpecimenDescriptionSequence=items(SpecimenIdentifier="T-9-1"), OpticalPathSequence=items(ObjectiveLensPower=20.0))
    server.store(file, other)
    return file


def found(server, query, tag="00080018", level="/instances"):
    response = server.get(f"{ROOT}{level}?{query}", JSON)
    assert response.status_code in (200, 204), f"{response.status_code}: {response.text}"
    return [value(row, tag) for row in response.json()] if response.status_code == 200 else []


MATCHES = [
    "ContainerIdentifier=s26-1001%20a1", "00400512=S26-*", "SpecimenDescriptionSequence.SpecimenIdentifier=S26-1001-A",
    "00400560.00400551=S26-1001-A", "SpecimenDescriptionSequence.00400551=S26-????-A", "SpecimenIdentifier=S26-1001-A",
    "SpecimenDescriptionSequence.SpecimenUID=1.2.826.77.1,1.2.3", "SpecimenUID=1.2.3&SpecimenUID=1.2.826.77.1",
    "SpecimenShortDescription=" + quote("müller's MARGIN"), "BarcodeValue=0012345", "LabelText=lab*north",
    "00400560.00400610.00400612.0040A168.00080100=12710003",
    "SpecimenDescriptionSequence.SpecimenPreparationSequence.SpecimenPreparationStepContentItemSequence.ConceptCodeSequence"
    ".CodeMeaning=Hematoxylin", "00400560.00400610.00400612.0040A160=eosin*",
    "SpecimenDescriptionSequence.SpecimenTypeCodeSequence.CodeValue=119376003",
    "PrimaryAnatomicStructureSequence.CodeValue=39937001", "AnatomicRegionSequence.CodeValue=22943007",
    "AnatomicRegionSequence.CodeMeaning=trunk", "PyramidUID=1.2.826.8", "TotalPixelMatrixColumns=46000",
    "00480006=46000.0", "TotalPixelMatrixColumns=40000-50000", "TotalPixelMatrixRows=30000-", "NumberOfFrames=3&00480006=2000-",
    "Rows=16&Columns=16&PatientID=K-1", "PixelSpacing=0.00025", "PixelSpacing=0.00029-0.00031",
    "SharedFunctionalGroupsSequence.PixelMeasuresSequence.PixelSpacing=0.0003", "OpticalPathSequence.ObjectiveLensPower=40",
    "ObjectiveLensPower=25-45", "AcquisitionDateTime=20260105093015.25", "AcquisitionDateTime=20260105-20260105",
    "AcquisitionDateTime=202601-", "ContentDate=20260106", "ContentTime=100000&PatientID=K-1", "ContentTime=0959-1000&PatientID=K-1",
    "HL7InstanceIdentifier=2.16.840%5E1", "ImageType=VOLUME&PatientID=K-1", "ImageType=%5C%5CVOLUME&PatientID=K-*",
    "ImageType=ORIGINAL%5CPRIMARY&PatientID=K-*", "SeriesNumber=42", "SeriesNumber=%2042", "InstanceNumber=7&SeriesNumber=41-42",
    "FrameOfReferenceUID=1.2.826.9", "BodyPartExamined=skin", "Laterality=R", "ProtocolName=Routine*", "SeriesDate=20260105",
    "SeriesTime=0900-0930", "PerformedProcedureStepStartTime=0930", "DeviceSerialNumber=sn%2077", "Manufacturer=Maker&PatientID=K-1",
    "RequestAttributesSequence.ScheduledProcedureStepID=SPS-1", "RequestAttributesSequence.RequestedProcedureID=RP-1",
    "00400275.00080050=ACC/9", "PatientSex=F&PatientID=K-1", "AvailableTransferSyntaxUID=1.2.840.10008.1.2.1&PatientID=K-1",
    "00020010=1.2.840.10008.1.2.1&PatientID=K-1"]


@pytest.mark.parametrize("query", MATCHES)
def test_a_slide_is_found_by_each_key_of_pathology(server, slide, query):
    assert found(server, query) == [slide.sop]


@pytest.mark.parametrize("query", [
    "ContainerIdentifier=S26", "SpecimenIdentifier=S26-1001-B", "TotalPixelMatrixColumns=46001", "TotalPixelMatrixColumns=46001-",
    "PixelSpacing=0.0004", "ObjectiveLensPower=41-", "AcquisitionDateTime=20260105093015.26-", "ContentTime=-0959&PatientID=K-1",
    "ImageType=%5CVOLUME&PatientID=K-1", "ImageType=VOL&PatientID=K-1", "SeriesNumber=44-", "RequestAttributesSequence.AccessionNumber=ACC",
    "AnatomicRegionSequence.CodeValue=39937001", "AvailableTransferSyntaxUID=1.2.840.10008.1.2.4.50&PatientID=K-1"])
def test_what_does_not_match_is_not_found(server, slide, query):
    assert found(server, query) == []


@pytest.mark.parametrize("query", ["StudyTime=120000", "StudyTime=1130-1230", "StudyTime=12-&StudyTime=", "StudyTime=-12"])
def test_a_time_is_compared_as_a_time_whatever_it_leaves_out(server, slide, query):
    if query.endswith("="):
        assert found(server, query.split("&")[0] + "&PatientID=K-2", "00100020", "/studies") == ["K-2"]
    else:
        expected = ["K-2"] if query != "StudyTime=-12" else ["K-2", "K-1"]
        assert found(server, query + "&PatientID=K-*", "00100020", "/studies") == expected


def test_the_keys_of_a_sequence_are_returned_with_it(server, slide):
    row = server.get(f"{ROOT}/instances?SpecimenIdentifier=S26-1001-A", JSON).json()[0]
    assert row["00400560"]["Value"][0]["00400551"]["Value"] == ["S26-1001-A"]
    row = server.get(f"{ROOT}/instances?ObjectiveLensPower=40", JSON).json()[0]
    assert row["00480105"]["Value"][0]["00480112"]["Value"] == [40]


def test_an_empty_value_matches_all_and_is_returned(server, slide):
    query = "PatientID=K-*&PatientAge=&ContainerIdentifier=&RequestAttributesSequence.AccessionNumber="
    rows = server.get(f"{ROOT}/instances?{query}", JSON).json()
    assert [value(row, "00400512") for row in rows] == ["T-9", "S26-1001 A1"]
    assert "00400275" in rows[1] and "00400275" not in rows[0]


def test_a_star_alone_matches_also_what_has_no_value(server, slide):
    assert len(found(server, "PatientID=K-*&BarcodeValue=*")) == 2


@pytest.mark.parametrize("query", [
    "SpecimenIdentifier.SpecimenUID=1", "SpecimenDescriptionSequence.NoSuch=1", "SpecimenDescriptionSequence.=1", ".=1",
    "SpecimenDescriptionSequence=1", "SpecimenDescriptionSequence.ContainerIdentifier=1", "PatientComments=x", "Rows=ten", "Rows=-",
    "ObjectiveLensPower=1e999", "AcquisitionDateTime=20260230", "AcquisitionDateTime=20260105%2B0100", "AcquisitionDateTime=2026010509-x",
    "ContentTime=2460", "SeriesNumber=4*", "count=yes", "includefield=SpecimenIdentifier.SpecimenUID", "includefield=A.B"])
def test_what_cannot_be_asked_is_400_and_named(server, slide, query):
    name = query.split("=")[1 if query.startswith("includefield") else 0]
    assert_says_why(server.get(f"{ROOT}/instances?{query}", JSON), 400, f"'{name}'")


@pytest.mark.parametrize("query", ["limit=5&limit=5", "offset=1&offset=1", "fuzzymatching=true&fuzzymatching=true"])
def test_a_repeated_control_is_400(server, prefix, slide, query):
    assert_says_why(server.get(f"{prefix}/studies?{query}", JSON), 400, query.split("=")[0], "more than once")


@pytest.mark.parametrize("query", ["ContainerIdentifier=S26-1001%20A1", "00400560.00400551=S26-1001-A", "Rows=16", "count=true",
                                   "SeriesNumber=42", "ObjectiveLensPower=40"])
def test_the_contract_has_none_of_it(server, contract, slide, query):
    assert_says_why(server.get(f"{contract}/instances?{query}", JSON), 400, query.split("=")[0])


def test_group_0002_and_private_attributes_can_be_included(server, prefix, slide):
    private = make.native(PatientID="K-3")
    private.dataset.add_new(0x00091001, "LO", "a maker's own")
    private = make.File(private.dataset)
    server.store(private)
    fields = "00020002,MediaStorageSOPInstanceUID,00020012,00020010,00091001"
    row = server.get(f"{prefix}{private.series_path}/instances?includefield={fields}", JSON).json()[0]
    assert value(row, "00020002") == make.WSI and value(row, "00020003") == private.sop
    assert value(row, "00020012") == str(private.dataset.file_meta.ImplementationClassUID)
    assert value(row, "00020010") == private.syntax
    assert value(row, "00091001") == "a maker's own"


def test_a_path_can_be_included(server, prefix, slide):
    query = f"{prefix}{slide.series_path}/instances?includefield=OpticalPathSequence.ObjectiveLensPower,00400560.00400551"
    row = server.get(query, JSON).json()[0]
    assert {"00480105", "00400560"} <= set(row)


class TestPages:
    COUNT = 103

    @pytest.fixture(scope="class")
    def many(self, server):
        first = make.without_pixels(PatientID="K-MANY")
        files = [first] + [make.without_pixels(study=first.study, series=first.series, PatientID="K-MANY")
                           for _ in range(self.COUNT - 1)]
        answer = server.post(f"{ROOT}/studies", multipart(*(file.bytes for file in files)), MULTIPART_DICOM)
        assert answer.status_code == 200, answer.text[:300]
        return first

    @pytest.mark.parametrize("query, total", [("PatientID=K-MANY", COUNT), ("PatientID=K-M*&offset=100&limit=2", COUNT),
                                              ("PatientID=K-MANY&offset=500", COUNT), ("PatientID=nobody", 0)])
    def test_the_total_is_told_when_it_is_asked_for(self, server, many, query, total):
        url = f"{ROOT}/instances?{query}"
        assert server.get(url + "&count=true", JSON).headers["X-Total-Count"] == str(total)
        preferring = server.get(url, JSON, headers={"Prefer": "respond-async, count=exact"})
        assert preferring.headers["X-Total-Count"] == str(total)
        assert "X-Total-Count" not in server.get(url, JSON).headers
        assert "X-Total-Count" not in server.get(url + "&count=false", JSON).headers

    def test_the_total_is_told_with_304_too(self, server, many):
        url = f"{ROOT}/instances?PatientID=K-MANY&limit=2&count=true"
        first = server.get(url, JSON)
        again = server.get(url, JSON, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and again.headers["X-Total-Count"] == str(self.COUNT)

    def test_an_answer_that_the_server_cut_says_so(self, server, contract, many):
        path = f"{contract}{many.study_path}/instances"
        assert server.get(path, JSON).headers["Warning"].startswith("299 ")
        for query in ("?limit=100", "?limit=50", "?offset=50", "?limit=200"):
            assert "Warning" not in server.get(path + query, JSON).headers, query

    def test_an_answer_that_is_whole_says_nothing(self, server, many):
        response = server.get(f"{ROOT}{many.study_path}/instances", JSON)
        assert len(response.json()) == self.COUNT and "Warning" not in response.headers

    def test_pages_taken_while_others_arrive_miss_nothing(self, server, many):
        seen = []
        for offset in range(0, self.COUNT + 30, 20):
            response = server.get(f"{ROOT}{many.study_path}/instances?limit=20&offset={offset}", JSON)
            seen += [value(row, "00080018") for row in response.json()] if response.status_code == 200 else []
            server.store(make.without_pixels(study=many.study, series=many.series, PatientID="K-MANY"))
        before = found(server, f"StudyInstanceUID={many.study}")[-self.COUNT:]
        assert set(before) <= set(seen)


def test_a_script_of_another_origin_may_read_the_total(start):
    server = start(config='[cors]\norigins = ["https://viewer.example"]\n')
    answer = server.get(f"{ROOT}/studies?count=true", JSON, headers={"Origin": "https://viewer.example"})
    assert answer.headers["X-Total-Count"] == "0"
    assert "X-Total-Count" in answer.headers["Access-Control-Expose-Headers"]

