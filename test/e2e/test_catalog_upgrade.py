"""A catalog of schema 2, whose searchable values were columns: it opens, is searched by what it held, and by new keys once
its files were read again."""
import re
import sqlite3
import subprocess
import time

import pytest

import dicom_files as make
from dicomweb import JSON, value
from tessera_server import BINARY, ROOT, Server

PREFIX = "/dicom-web"
OLD_IDS = {*range(1, 13), *range(101, 106), 203}  # of searchable.cc: the keys that were columns
MIGRATIONS = (ROOT / "src/catalog/migrations.cc").read_text()


def schema(steps):
    return "".join(re.findall(r'R"sql\((.*?)\)sql"', MIGRATIONS, re.DOTALL)[:steps])


@pytest.fixture
def files():
    slide = make.native(PatientID="U-1", PatientName="Tanaka^Tarou=田中^太郎=たなか^たろう", StudyTime="12", SeriesNumber=42,
                        ContainerIdentifier="S26-1", InstanceNumber=7)
    other = make.native(PatientID="U-2", StudyTime="1130", StudyID="", PatientName="", SeriesNumber=None, InstanceNumber=None)
    return [slide, other]


@pytest.fixture
def old_data(tmp_path, files):
    """What schema 2 would hold of the files, around the blobs that the server of today stored."""
    server = Server(tmp_path)
    server.store(*files)
    server.stop()
    path = tmp_path / "data" / "catalog.sqlite"
    with sqlite3.connect(path) as today:
        rows = {table: today.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall() for table, columns in {
            "partitions": "*", "blobs": "*", "studies": "id, partition_id, study_uid, revision, watermark, header, ordinary",
            "series": "id, study_id, series_uid, watermark, modality, header, ordinary",
            "instances": "id, series_id, sop_uid, sop_class, instance_number, transfer_syntax, image_flavor, frames, watermark, "
                         "generation, revision, blob_id, header"}.items()}
    today.close()
    for part in path.parent.glob("catalog.sqlite*"):
        part.unlink()
    with sqlite3.connect(path) as old:
        old.executescript(schema(2) + "DELETE FROM partitions; CREATE TABLE schema_version(version INTEGER NOT NULL);"
                          "INSERT INTO schema_version VALUES(2);")
        insert = lambda table, row: old.execute(f"INSERT INTO {table} VALUES({','.join('?' * len(row))})", row)
        for table in ("partitions", "blobs"):
            for row in rows[table]:
                insert(table, row)
        for row, file in zip(rows["studies"], files):
            d = file.dataset
            name = str(d.PatientName).lower()
            words = "".join(f" {word}" for word in re.split(r"[\^= ]", name) if word)
            insert("studies", (*row[:5], d.PatientID.lower(), name, words, d.PatientBirthDate, d.AccessionNumber.lower(), d.StudyID,
                               d.StudyDate, d.StudyTime, d.StudyDescription.lower(), "arztin^eva", " arztin eva", row[5], row[6]))
        for row, file in zip(rows["series"], files):
            number = str(file.dataset.get("SeriesNumber", ""))
            insert("series", (*row[:4], "sm", row[4], number, "he", "", "model 7", row[5], row[6]))
        for row, file in zip(rows["instances"], files):
            insert("instances", (*row[:5], str(file.dataset.get("InstanceNumber", "")), *row[5:]))
    old.close()
    return path


def found(server, query):
    response = server.get(f"{PREFIX}/instances?{query}", JSON)
    assert response.status_code in (200, 204), f"{query}: {response.status_code} {response.text}"
    return [value(row, "00080018") for row in response.json()] if response.status_code == 200 else []


OLD_KEYS = ["PatientID=u-1", "PatientName=Tanaka%5ETarou", "PatientName=%E7%94%B0%E4%B8%AD%5E%E5%A4%AA%E9%83%8E",
            "PatientName=tar&fuzzymatching=true", "StudyTime=120000", "StudyTime=1145-1215", "SeriesNumber=42", "InstanceNumber=7",
            "StudyID=7", "PatientID=U-1&Modality=SM&StudyDate=20240101-20241231",
            "PatientID=U-1&ManufacturerModelName=model%207&ReferringPhysicianName=%C3%84rztin%5EEva"]


def test_it_is_found_by_what_it_held_and_by_new_keys_soon(tmp_path, old_data, files):
    server = Server(tmp_path)
    try:
        for query in OLD_KEYS:
            assert found(server, query) == [files[0].sop], query
        deadline = time.monotonic() + 20
        while (response := server.get(f"{PREFIX}/instances?ContainerIdentifier=S26-*", JSON)).status_code == 503:
            assert "is being made" in response.text and response.headers["Retry-After"]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert found(server, "ContainerIdentifier=s26-1") == [files[0].sop]
        assert set(found(server, "Rows=16")) == {file.sop for file in files}
        for query in OLD_KEYS:
            assert found(server, query) == [files[0].sop], query
    finally:
        server.stop()
    with sqlite3.connect(old_data) as catalog:
        assert catalog.execute("SELECT count(*) FROM instances WHERE index_generation < 1").fetchone() == (0,)
        assert catalog.execute("PRAGMA foreign_key_check").fetchall() == []
    catalog.close()


def keys(path):
    with sqlite3.connect(path) as catalog:
        held = [row for table in ("study_keys", "series_keys", "instance_keys")
                for row in catalog.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]
    catalog.close()
    return held


def always_new(tmp_path, files):
    (tmp_path / "new").mkdir()
    server = Server(tmp_path / "new")
    server.store(*files)
    server.stop()
    return tmp_path / "new" / "data" / "catalog.sqlite"


def test_what_it_held_is_carried_over_without_reading_a_file(tmp_path, old_data, files):
    subprocess.run([BINARY, "admin", "gc", "--data", old_data.parent], check=True, capture_output=True)
    carried, wanted = set(keys(old_data)), set(keys(always_new(tmp_path, files)))
    assert carried <= wanted
    lacking = {(row[1], row[2]) for row in wanted - carried if row[1] in OLD_IDS}
    assert lacking <= {(1, "tanaka^tarou=田中^太郎")}, "two groups of three are found once the file was read"


def test_its_keys_are_then_those_of_a_catalog_that_was_always_new(tmp_path, old_data, files):
    server = Server(tmp_path)
    try:
        deadline = time.monotonic() + 20
        while server.get(f"{PREFIX}/instances?Rows=16", JSON).status_code == 503:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        server.stop()
    assert keys(old_data) == keys(always_new(tmp_path, files))
