"""The contract's tables of QIDO-RS (service-api §3): which key can be matched at which resource, and what each profile returns."""
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

import dicom_files as make
from dicomweb import JSON, assert_says_why


def search(server, prefix, query):
    return server.get(prefix + query, JSON)


LEVEL_KEYS = {
    "study": {"StudyInstanceUID": "{study}", "PatientName": "M%C3%BCller%5E%C3%84nne", "PatientID": "Q-1",
              "PatientBirthDate": "19700101", "AccessionNumber": "ACC-77", "ReferringPhysicianName": "%C3%84rztin%5EEva",
              "StudyDate": "20230615", "StudyDescription": "Biopsy", "ModalitiesInStudy": "SM"},
    "series": {"SeriesInstanceUID": "{series}", "Modality": "SM", "PerformedProcedureStepStartDate": "20230614",
               "ManufacturerModelName": "Model 7"},
    "instance": {"SOPInstanceUID": "{sop}"},
}
MORE_KEYS = {  # the standard profile's alone
    "study": {"StudyTime": "112233", "StudyID": "7"},
    "series": {"SeriesNumber": "3", "SeriesDescription": "HE"},
    "instance": {"SOPClassUID": make.WSI, "InstanceNumber": "1"},
}
RESOURCES = {  # path: the levels that the contract's table lets be matched, and all at or above the resource
    "/studies": (["study"], ["study"]), "/series": (["study", "series"], ["study", "series"]),
    "/instances": (["study", "series", "instance"], ["study", "series", "instance"]),
    "/studies/{study}/series": (["series"], ["study", "series"]),
    "/studies/{study}/instances": (["series", "instance"], ["study", "series", "instance"]),
    "/studies/{study}/series/{series}/instances": (["instance"], ["study", "series", "instance"]),
}
STUDY_V2 = ["StudyDate", "AccessionNumber", "StudyDescription", "ReferringPhysicianName", "PatientName", "PatientID",
            "PatientBirthDate", "StudyInstanceUID"]
SERIES_V2 = ["SeriesInstanceUID", "Modality", "PerformedProcedureStepStartDate", "ManufacturerModelName"]
INSTANCE_V2 = ["SOPInstanceUID"]
STUDY_ALL = ["StudyTime", "InstanceAvailability", "TimezoneOffsetFromUTC", "AnatomicRegionsInStudyCodeSequence",
             "ProcedureCodeSequence", "NameOfPhysiciansReadingStudy", "AdmittingDiagnosesDescription",
             "ReferencedStudySequence", "PatientAge", "PatientSize", "PatientWeight", "PatientSex", "Occupation",
             "AdditionalPatientHistory", "StudyID", "SpecificCharacterSet"]
SERIES_ALL = ["SeriesNumber", "Laterality", "SeriesDate", "SeriesTime", "SeriesDescription",
              "PerformedProcedureStepStartTime", "RequestAttributesSequence", "SpecificCharacterSet"]
INSTANCE_ALL = ["SOPClassUID", "InstanceAvailability", "InstanceNumber", "Rows", "Columns", "BitsAllocated",
                "NumberOfFrames", "SpecificCharacterSet"]
V1_STUDY = ["SpecificCharacterSet", "StudyDate", "StudyTime", "AccessionNumber", "InstanceAvailability",
            "ReferringPhysicianName", "TimezoneOffsetFromUTC", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
            "StudyInstanceUID", "StudyID"]
V1_SERIES = ["SpecificCharacterSet", "Modality", "TimezoneOffsetFromUTC", "SeriesDescription", "SeriesInstanceUID",
             "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "RequestAttributesSequence"]
V1_INSTANCE = ["SOPInstanceUID", "TimezoneOffsetFromUTC", *INSTANCE_ALL]


def hex_of(keyword):
    return f"{tag_for_keyword(keyword):08X}"


def code(meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "1", "99T", meaning
    return item


@pytest.fixture(scope="module")
def full(server):
    """An instance that has every attribute of the contract's tables."""
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", "1.2.3.4"
    file = make.native(
        PatientID="Q-1", PatientName="Müller^Änne", AccessionNumber="ACC-77", StudyDate="20230615",
        PerformedProcedureStepStartDate="20230614", PerformedProcedureStepStartTime="101112",
        TimezoneOffsetFromUTC="+0100", AnatomicRegionsInStudyCodeSequence=[code("Skin")],
        ProcedureCodeSequence=[code("Biopsy")], NameOfPhysiciansReadingStudy="Reader^Rita",
        AdmittingDiagnosesDescription="Naevus", ReferencedStudySequence=[reference], PatientAge="053Y", PatientSize="1.7",
        Occupation="Baker", AdditionalPatientHistory="none", Laterality="L", SeriesDate="20230616", SeriesTime="131415",
        RequestAttributesSequence=[code("Request")])
    server.store(file)
    return file


class TestContractTable:
    @pytest.mark.parametrize("resource", RESOURCES)
    def test_each_key_is_matched_where_the_table_has_it_and_400_elsewhere(self, server, contract, full, resource):
        path, names = self.filled(contract, resource, full)
        for level, keys in LEVEL_KEYS.items():
            for keyword, text in keys.items():
                response = search(server, "", f"{path}?{keyword}={text.format(**names)}")
                if level in RESOURCES[resource][0]:
                    assert response.status_code == 200, f"{keyword}: {response.text}"
                    assert self.holds(response, resource, full), keyword
                else:
                    assert_says_why(response, 400, keyword)

    @pytest.mark.parametrize("resource", RESOURCES)
    def test_keys_beyond_the_table_are_400(self, server, contract, full, resource):
        path, _ = self.filled(contract, resource, full)
        for keys in MORE_KEYS.values():
            for keyword, text in keys.items():
                assert_says_why(search(server, "", f"{path}?{keyword}={text}"), 400, keyword)

    @pytest.mark.parametrize("resource", RESOURCES)
    def test_the_standard_profile_matches_the_keys_of_every_level_down_to_the_resources(self, server, full, resource):
        path, names = self.filled("/dicom-web", resource, full)
        for level in RESOURCES[resource][1]:
            for keyword, text in {**LEVEL_KEYS[level], **MORE_KEYS[level]}.items():
                response = search(server, "", f"{path}?{keyword}={text.format(**names)}")
                assert response.status_code == 200 and self.holds(response, resource, full), keyword
                if keyword not in ("SOPClassUID",):
                    other = search(server, "", f"{path}?{keyword}={'19000101' if 'Date' in keyword else '9.9'}"
                                   if keyword != "StudyTime" else f"{path}?StudyTime=0101")
                    assert other.status_code == 204, f"{keyword}: {other.text[:200]}"

    @staticmethod
    def filled(prefix, resource, file):
        names = {"study": file.study, "series": file.series, "sop": file.sop}
        return prefix + resource.format(**names), names

    @staticmethod
    def holds(response, resource, file):
        uid = {"studies": file.study, "series": file.series, "instances": file.sop}[resource.rsplit("/", 1)[-1]]
        return f'"{uid}"' in response.text


class TestReturnedAttributes:
    def row(self, server, path):
        rows = search(server, "", path).json()
        assert len(rows) == 1
        return rows[0]

    def paths(self, prefix, file, more=""):
        """The six resources narrowed to one row, and which levels each shows."""
        key = f"?StudyInstanceUID={file.study}{more}"
        bare = "?" + more.lstrip("&") if more else ""
        return {f"{prefix}/studies{key}": "P", f"{prefix}/series{key}": "PS", f"{prefix}/instances{key}": "PSI",
                f"{prefix}{file.study_path}/series{bare}": "S", f"{prefix}{file.study_path}/instances{bare}": "SI",
                f"{prefix}{file.series_path}/instances{bare}": "I"}

    def check(self, server, paths, tables, exactly=False):
        for path, levels in paths.items():
            row = self.row(server, path)
            wanted = {hex_of(keyword) for level in levels for keyword in tables[level]}
            assert wanted <= set(row), f"{path} lacks {sorted(wanted - set(row))}"
            if exactly:
                filters = {"0020000D"} if "StudyInstanceUID=" in path else set()
                assert set(row) == wanted | filters, f"{path} adds {sorted(set(row) - wanted - filters)}"

    def test_v2_returns_its_short_list_and_nothing_more(self, server, full):
        self.check(server, self.paths("/v2", full), {"P": STUDY_V2, "S": SERIES_V2, "I": INSTANCE_V2}, exactly=True)

    def test_v1_returns_its_long_list(self, server, full):
        self.check(server, self.paths("/v1", full), {"P": V1_STUDY, "S": V1_SERIES, "I": V1_INSTANCE}, exactly=True)

    def test_all_adds_the_rest_of_each_level(self, server, prefix, full):
        tables = {"P": STUDY_V2 + STUDY_ALL, "S": SERIES_V2 + SERIES_ALL, "I": INSTANCE_V2 + INSTANCE_ALL}
        self.check(server, self.paths(prefix, full, "&includefield=all"), tables)

    def test_all_mixed_with_others_is_all(self, server, prefix, full):
        tables = {"P": STUDY_V2 + STUDY_ALL, "S": SERIES_V2 + SERIES_ALL, "I": INSTANCE_V2 + INSTANCE_ALL}
        self.check(server, self.paths(prefix, full, "&includefield=PatientAge,all&includefield=00080060"), tables)

    def test_what_was_matched_and_what_was_asked_for_is_returned(self, server, prefix, full):
        path = f"{prefix}/instances?PatientID=Q-1&SOPInstanceUID={full.sop}&includefield=PatientAge&includefield=00480006,Columns"
        row = self.row(server, path)
        assert {"00100020", "00080018", "00101010", "00480006", "00280011"} <= set(row)

    def test_a_character_set_is_told_as_the_answers_own(self, server, full):
        assert self.row(server, f"/v1/studies?StudyInstanceUID={full.study}")["00080005"]["Value"] == ["ISO_IR 192"]
