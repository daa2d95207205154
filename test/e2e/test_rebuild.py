"""Blobs are truth: the catalog is deleted, made again from the blobs, and every answer is as before, byte for byte."""
import os
import re
import subprocess

import pytest

import dicom_files as make
from dicomweb import JSON
from tessera_server import BINARY, Server

SEARCHES = ["/studies", "/series", "/instances", "/studies?PatientName=doe&fuzzymatching=true",
            "/instances?includefield=all", "/studies?includefield=ModalitiesInStudy,NumberOfStudyRelatedInstances",
            "/series?includefield=NumberOfSeriesRelatedInstances", "/instances?NumberOfFrames=3"]
WHOLE = "application/dicom; transfer-syntax=*"


def admin(data, *arguments, code=0):
    done = subprocess.run([str(BINARY), "admin", *arguments, "--data", str(data)], capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def delete_catalog(data):
    for path in data.glob("catalog.sqlite*"):
        path.unlink()


class Archive:
    """A folder, and servers on it that come and go; answers do not depend on the port."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.server = None

    def start(self, **options):
        self.server = Server(self.folder, **options)
        return self.server

    def stop(self):
        self.server.stop()
        self.server.assert_clean_log()
        self.server = None

    def answer(self, path, accept):
        response = self.server.get(f"/dicom-web{path}", accept)
        body = response.content.replace(self.server.url.encode(), b"http://SERVER")
        return response.status_code, response.headers.get("Content-Type"), body

    def answers(self, files):
        """What clients ask: every search, and of each study and instance the metadata, a frame and the file."""
        asked = {path: self.answer(path, JSON) for path in SEARCHES}
        for file in files:
            asked[f"/studies?StudyInstanceUID={file.study}"] = self.answer(
                f"/studies?StudyInstanceUID={file.study}", JSON)
            for path in (file.study_path, file.series_path, file.path):
                asked[path] = self.answer(f"{path}/metadata", JSON)
            asked[file.path + "#"] = self.answer(file.path, WHOLE)
            asked[file.path + "/1"] = self.answer(file.path + "/frames/1", "application/octet-stream; transfer-syntax=*")
        return asked


@pytest.fixture
def archive(tmp_path):
    held = Archive(tmp_path)
    yield held
    if held.server is not None:
        held.stop()


def several_kinds():
    first = make.native()
    return [first, make.jpeg(study=first.study, series=first.series, InstanceNumber=2), make.rich(study=first.study),
            make.implicit(PatientName="Müller^Jürgen"), make.without_pixels(), make.jpeg(offsets="extended"),
            make.jpeg(frames=600, offsets="none"), make.native(PatientID="", AccessionNumber="A-2"),
            make.jpeg(frames=6, fragments=2)]


def test_every_answer_is_as_before_when_the_catalog_is_made_again(archive):
    server = archive.start()
    files = several_kinds()
    server.store(*files)
    gone = make.native(study=files[0].study)
    server.store(gone)
    assert server.delete(f"/dicom-web{gone.path}").status_code == 204
    before = archive.answers(files)
    etag = server.get(f"/dicom-web{files[0].study_path}/metadata", JSON).headers["ETag"]
    archive.stop()

    delete_catalog(archive.data)
    said = admin(archive.data, "rebuild-catalog")
    assert f"rebuilt: {len(files)} instances" in said and "cannot be told" in said
    assert "sidecars made again: 0" in said

    server = archive.start()
    after = archive.answers(files)
    assert list(after) == list(before)
    for path, answer in before.items():
        assert after[path] == answer, path
    assert server.get(f"/dicom-web{gone.path}/metadata", JSON).status_code == 404
    # The tag is of what is seen, and that is the same: what was cached before is still good.
    assert server.get(f"/dicom-web{files[0].study_path}/metadata", JSON).headers["ETag"] == etag


def test_partitions_come_back_with_their_names_and_what_is_in_them(archive):
    partitions = ["--set", "features.partitions=true"]
    server = archive.start(arguments=partitions)
    file = make.native()
    places = [f"/dicom-web/partitions/{name}" for name in ("Microsoft.Default", "north", "south")]
    for place in places:
        server.store(file, prefix=place)
    assert server.delete(places[2] + file.path).status_code == 204

    def answers():
        asked = [f"{place}/{level}" for place in places for level in ("studies", "instances")]
        return [archive.answer(path.removeprefix("/dicom-web"), JSON) for path in asked]

    def names():
        listed = archive.server.get("/v2/partitions", JSON)
        return [(row["partitionKey"], row["partitionName"]) for row in listed.json()]

    before = answers(), names()
    archive.stop()
    delete_catalog(archive.data)
    admin(archive.data, "rebuild-catalog")
    archive.start(arguments=partitions)
    assert (answers(), names()) == before
    assert archive.server.get(places[1] + file.path, WHOLE).content == file.bytes


def test_numbers_given_after_a_rebuild_were_never_given_before(archive):
    server = archive.start()
    kept, gone = make.native(), make.native()
    server.store(kept, gone)
    assert server.delete(f"/dicom-web{gone.path}").status_code == 204
    archive.stop()
    delete_catalog(archive.data)
    admin(archive.data, "rebuild-catalog")
    server = archive.start()
    server.store(gone)
    numbers = [int(re.search(r"_(\d+)$", path.stem).group(1)) for path in (archive.data / "blobs").rglob("*.dcm")]
    assert min(numbers) == 1 and max(numbers) > 1_000_000_000_000
    assert server.get(f"/dicom-web{gone.path}", WHOLE).content == gone.bytes


def test_wrong_and_absent_sidecars_are_made_again(archive):
    server = archive.start()
    files = several_kinds()[:4]
    server.store(*files)
    before = archive.answers(files)
    archive.stop()
    sidecars = sorted((archive.data / "blobs").rglob("*.frames"))
    sidecars[0].unlink()
    sidecars[1].write_bytes(b"TSFT" + bytes(200))
    next((archive.data / "blobs").rglob(f"{files[3].sop}_*.meta")).write_bytes(b"")
    delete_catalog(archive.data)
    assert re.search(r"sidecars made again: [23]\b", admin(archive.data, "rebuild-catalog"))
    archive.start()
    assert archive.answers(files) == before


def test_an_acked_delete_stays_deleted_though_its_blobs_are_still_there(archive):
    server = archive.start()
    files = [make.native(), make.jpeg()]
    server.store(*files)
    blobs = archive.data / "blobs"
    # What the sweep would take away is kept aside and put back: as if the power had gone before the sweep came.
    copies = {path: path.read_bytes() for path in blobs.rglob("*.dcm") if files[1].sop in path.name}
    assert server.delete(f"/dicom-web{files[1].path}").status_code == 204
    server.stop()
    archive.server = None
    number = re.search(r"_(\d+)$", next(iter(copies)).stem).group(1)
    (blobs / "gone").mkdir(exist_ok=True)
    (blobs / "gone" / f"{number}-{number}.gone").write_text(f"tessera deletion 1\n{number}\n")
    for path, content in copies.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    delete_catalog(archive.data)
    said = admin(archive.data, "rebuild-catalog")
    assert "rebuilt: 1 instances" in said and "reclaimed by the next sweep: 1" in said
    archive.start()
    assert archive.server.get(f"/dicom-web{files[1].path}/metadata", JSON).status_code == 404
    admin(archive.data, "gc")
    assert not list(blobs.rglob("*.gone")) and not [path for path in copies if path.exists()]


def test_a_delete_is_recorded_before_its_blobs_go_and_the_record_goes_after_them(archive):
    server = archive.start()
    file = make.native()
    server.store(file)
    trace = archive.folder / "trace.txt"
    tracer = subprocess.Popen(["strace", "-f", "-e", "trace=fsync,renameat2,unlink", "-o", str(trace), "-p",
                               str(server.process.pid)], stderr=subprocess.PIPE, text=True)
    first = tracer.stderr.readline()  # "strace: Process N attached", or why not
    if "attached" not in first:
        tracer.wait(20)
        pytest.skip(f"strace cannot look at the server here: {first}")
    try:
        assert server.delete(f"/dicom-web{file.path}").status_code == 204
        server.wait_for_no_files()
    finally:
        tracer.terminate()
        tracer.wait(20)
    calls = trace.read_text()
    order = [calls.index("gone/1-1.gone"), calls.index(f"{file.sop}_1.dcm"), calls.rindex("gone/1-1.gone")]
    assert order == sorted(order) and len(set(order)) == 3, calls[-3000:]
    assert "fsync" in calls[order[1]:order[2]], "the folder is settled before the record goes"


def test_of_two_generations_the_newest_wins(archive):
    server = archive.start()
    old = make.native()
    server.store(old)
    archive.stop()
    blob = next((archive.data / "blobs").rglob("*.dcm"))
    new = make.native(frames=2, study=old.study, series=old.series, SOPInstanceUID=old.sop)
    blob.with_name(f"{old.sop}_7.dcm").write_bytes(new.bytes)
    delete_catalog(archive.data)
    assert "rebuilt: 1 instances from 2 files" in admin(archive.data, "rebuild-catalog")
    archive.start()
    assert archive.server.get(f"/dicom-web{old.path}", WHOLE).content == new.bytes
    admin(archive.data, "gc")
    assert not blob.exists()


def test_what_cannot_be_read_is_named_and_kept_and_the_rest_is_there(archive):
    server = archive.start()
    files = [make.native(), make.jpeg(), make.native()]
    server.store(*files)
    archive.stop()
    blobs = archive.data / "blobs"
    torn = next(path for path in blobs.rglob("*.dcm") if files[1].sop in path.name)
    torn.write_bytes(torn.read_bytes()[:-20])
    wrong = next(path for path in blobs.rglob("*.dcm") if files[2].sop in path.name)
    wrong.rename(wrong.with_name("1.2.3_3.dcm"))
    (blobs / "1" / "notes.txt").write_text("mine")
    delete_catalog(archive.data)
    said = admin(archive.data, "rebuild-catalog", code=1)
    for name in (torn.name, "1.2.3_3.dcm", "notes.txt"):
        assert name in said, said
    assert "kept as they are: 3" in said
    archive.start()
    assert archive.server.get(f"/dicom-web{files[0].path}", WHOLE).content == files[0].bytes
    assert archive.server.get(f"/dicom-web{files[1].path}/metadata", JSON).status_code == 404
    admin(archive.data, "gc", "--older-than-hours", "0", "--orphan-images")
    assert torn.exists() and (blobs / "1" / "notes.txt").exists()


def test_bytes_that_changed_since_they_were_stored_are_named(archive):
    server = archive.start()
    file = make.native()
    server.store(file)
    archive.stop()
    blob = next((archive.data / "blobs").rglob("*.dcm"))
    changed = bytearray(blob.read_bytes())
    changed[-1] ^= 0xFF
    blob.write_bytes(changed)
    delete_catalog(archive.data)
    said = admin(archive.data, "rebuild-catalog", code=1)
    assert blob.name in said and "not those that were stored" in said
    archive.start()
    assert archive.server.get(f"/dicom-web{file.path}", WHOLE).content == bytes(changed)


def test_it_refuses_while_a_server_holds_the_folder_and_without_force(archive):
    archive.start()
    assert "stop that first" in admin(archive.data, "rebuild-catalog", "--force", code=1)
    archive.stop()
    assert "--force" in admin(archive.data, "rebuild-catalog", code=1)


def test_force_keeps_the_old_catalog_beside(archive):
    server = archive.start()
    file = make.native()
    server.store(file)
    before = archive.answers([file])
    archive.stop()
    admin(archive.data, "rebuild-catalog", "--force")
    names = {path.name for path in archive.data.iterdir() if path.is_file()}
    assert names == {"FORMAT", "lock", "catalog.sqlite", "catalog.replaced.sqlite"}
    archive.start()
    assert archive.answers([file]) == before


def test_a_damaged_catalog_is_replaced(archive):
    server = archive.start()
    file = make.native()
    server.store(file)
    before = archive.answers([file])
    archive.stop()
    (archive.data / "catalog.sqlite").write_bytes(os.urandom(40960))
    admin(archive.data, "rebuild-catalog", "--force")
    archive.start()
    assert archive.answers([file]) == before


def test_a_server_does_not_start_an_empty_catalog_beside_images(archive):
    server = archive.start()
    server.store(make.native())
    archive.stop()
    delete_catalog(archive.data)
    with pytest.raises(AssertionError, match="rebuild-catalog"):
        archive.start()
    assert not (archive.data / "catalog.sqlite").exists()


def test_killed_at_any_moment_it_can_be_run_again(archive):
    server = archive.start()
    files = [make.native(frames=1) for _ in range(40)]
    server.store(*files)
    before = archive.answers(files[:5])
    archive.stop()
    delete_catalog(archive.data)
    for milliseconds in (1, 5, 10, 20, 40, 80):
        process = subprocess.Popen([str(BINARY), "admin", "rebuild-catalog", "--force", "--data", str(archive.data)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(milliseconds / 1000)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    admin(archive.data, "rebuild-catalog", "--force")
    archive.start()
    assert archive.answers(files[:5]) == before
