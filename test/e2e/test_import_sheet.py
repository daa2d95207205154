"""`tessera import --sheet`: a lab's spreadsheet names patient, case and stain of each slide."""
import pydicom
import pytest
import subprocess

from importing import CMU, json_lines, run_import, stored_blobs

needs_cmu = pytest.mark.skipif(not CMU.exists(), reason=f"no slide at {CMU}")


@pytest.fixture
def slides(tmp_path):
    """Two different slides: the second has another last byte in its description."""
    folder = tmp_path / "in"
    folder.mkdir()
    data = CMU.read_bytes()
    (folder / "one.svs").write_bytes(data)
    at = data.index(b"Aperio Image Library")
    (folder / "two.svs").write_bytes(data[:at] + b"Aperio IMAGE Library" + data[at + 20:])
    return folder


def headers(data):
    return [pydicom.dcmread(path, stop_before_pixels=True) for path in stored_blobs(data)]


@needs_cmu
def test_a_row_names_its_slide_and_a_case_is_one_study(slides, tmp_path):
    (tmp_path / "labels.csv").write_bytes(
        "\ufefffile;Patient Name;patient_id;accession_number;stain;study_date\r\n"
        "one.svs;Doe^Jäne;P1;S26-1;H&E;20260102\r\n"
        "two;;;S26-1;\"CD3; \"\"AE1\"\"\";\r\n".encode())
    done = run_import(slides, "--data", tmp_path / "data", "--sheet", tmp_path / "labels.csv", "--patient-sex", "F")
    assert done.returncode == 0, done.stderr
    sets = headers(tmp_path / "data")
    assert len({s.StudyInstanceUID for s in sets}) == 1 and len({s.SeriesInstanceUID for s in sets}) == 2
    assert {(str(s.PatientName), s.PatientID, s.PatientSex, s.AccessionNumber) for s in sets} == \
        {("Doe^Jäne", "P1", "F", "S26-1")}
    stains = set()
    for data_set in sets:
        items = data_set.SpecimenDescriptionSequence[0].SpecimenPreparationSequence[0] \
            .SpecimenPreparationStepContentItemSequence
        assert [item.ConceptNameCodeSequence[0].CodeValue for item in items][:2] == ["121041", "111701"]
        stains.add(tuple(item.TextValue if item.ValueType == "TEXT" else item.ConceptCodeSequence[0].CodeValue
                         for item in items[2:]))
    assert stains == {("12710003", "36879007"), ('CD3; "AE1"',)}


@needs_cmu
def test_every_label_passes_dciodvfy(tmp_path):
    done = run_import(CMU, "--data", tmp_path / "data", "--patient-name", "Doe^Jane", "--patient-id", "P",
                      "--patient-birth-date", "19700101", "--patient-sex", "F", "--accession-number", "A",
                      "--study-id", "I", "--study-description", "D", "--study-date", "20260102", "--case-id", "C",
                      "--container-id", "K", "--specimen-id", "S", "--stain", "H&E")
    assert done.returncode == 0, done.stderr
    text = run_import(CMU, "--data", tmp_path / "data", "--stain", "any text")
    assert text.returncode == 0
    for path in stored_blobs(tmp_path / "data"):
        said = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, timeout=60)
        errors = [line for line in (said.stdout + said.stderr).splitlines() if line.startswith("Error")]
        assert errors == [], path


@needs_cmu
def test_slides_without_a_row_and_rows_without_a_slide_are_told(slides, tmp_path):
    (tmp_path / "labels.csv").write_text("file,patient_id\none.svs,P1\nnone.svs,P2\n")
    done = run_import(slides, "--data", tmp_path / "data", "--sheet", tmp_path / "labels.csv")
    assert done.returncode == 0
    assert "two.svs: " in done.stdout and "the sheet has no row for it" in done.stdout
    assert "1 row of the sheet is about no slide that was found: line 3" in done.stderr
    strict = run_import(slides, "--data", tmp_path / "data2", "--sheet", tmp_path / "labels.csv", "--sheet-strict",
                        "--json")
    files, _ = json_lines(strict)
    assert strict.returncode == 1
    assert files["two.svs"]["result"] == "failed" and files["one.svs"]["result"] == "stored"


@needs_cmu
def test_two_slides_of_one_name_are_not_labelled_alike_without_a_word(tmp_path):
    for folder in ["c1", "c2"]:
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "1.svs").write_bytes(CMU.read_bytes())
    (tmp_path / "labels.csv").write_text("file,patient_id\n1.svs,P1\n")
    said = run_import(tmp_path / "in", "--data", tmp_path / "data", "--sheet", tmp_path / "labels.csv", "--jobs", 1)
    assert said.returncode == 0 and "line 2 of the sheet is about '" in said.stdout and "c1/1.svs' too" in said.stdout
    strict = run_import(tmp_path / "in", "--data", tmp_path / "data2", "--sheet", tmp_path / "labels.csv", "--jobs", 1,
                        "--sheet-strict")
    assert strict.returncode == 1 and "c2/1.svs: failed: line 2 of the sheet" in strict.stderr
    (tmp_path / "labels.csv").write_text("file,patient_id\nc1/1.svs,P1\nc2/1.svs,P2\n")
    done = run_import(tmp_path / "in", "--data", tmp_path / "data3", "--sheet", tmp_path / "labels.csv", "--jobs", 1)
    assert done.returncode == 0 and "of the sheet" not in done.stdout + done.stderr


def test_a_wrong_sheet_imports_nothing_and_names_the_line(tmp_path):
    for text, expected in [(b"file,pateint_id\n", "there is no column 'pateint_id'; the nearest is 'patient_id'"),
                           (b"file\na\na\n", "line 3: file 'a' is on line 2 already"),
                           (b"file\n\"a\n", "line 2: a quoted cell begins here and never ends"),
                           (b"file\n\xff\n", "line 2: it is not UTF-8"), (b"", "it is empty")]:
        (tmp_path / "labels.csv").write_bytes(text)
        done = run_import(__file__, "--data", tmp_path / "data", "--sheet", tmp_path / "labels.csv")
        assert done.returncode == 1 and expected in done.stderr and "labels.csv" in done.stderr
        assert not (tmp_path / "data").exists()
