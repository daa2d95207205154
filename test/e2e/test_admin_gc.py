"""admin gc: what nobody needs goes, at once and beside a server; what somebody may need stays."""
import fcntl
import os
import sqlite3
import subprocess
import time

import pytest

import dicom_files as make
from tessera_server import BINARY, Server

WHOLE = "application/dicom; transfer-syntax=*"
DAY = 25 * 3600


def gc(data, *arguments, code=0):
    done = subprocess.run([str(BINARY), "admin", "gc", "--data", str(data), *arguments], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == code, done
    return done.stdout + done.stderr


def age(path, seconds=DAY):
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.fixture
def stopped(tmp_path):
    """A folder with two images, its server stopped."""
    server = Server(tmp_path)
    files = [make.native(), make.jpeg()]
    server.store(*files)
    server.stop()
    return tmp_path / "data", files


def leave_everything(data):
    """What crashes leave: an unfinished file, an expired lease with its blob, a deleted blob with its record."""
    unfinished = data / "incoming" / "1-2-3"
    unfinished.write_bytes(b"torn")
    age(unfinished)
    blobs = data / "blobs" / "1" / "1.2" / "1.3"
    blobs.mkdir(parents=True)
    for sop, watermark in (("1.4", 50), ("1.5", 51)):
        for suffix in ("dcm", "frames", "meta"):
            (blobs / f"{sop}_{watermark}.{suffix}").write_bytes(b"x")
    (data / "blobs" / "gone").mkdir(exist_ok=True)
    (data / "blobs" / "gone" / "51-51.gone").write_text("tessera deletion 1\n51\n")
    with sqlite3.connect(data / "catalog.sqlite") as catalog:
        row = "INSERT INTO blobs(id, key, state, partition_id, study_uid, series_uid, sop_uid, owner, lease_until) "
        catalog.execute(row + "VALUES(50, '1/1.2/1.3/1.4_50.dcm', 0, 1, '1.2', '1.3', '1.4', 'dead', 1)")
        catalog.execute(row + "VALUES(51, '1/1.2/1.3/1.5_51.dcm', 2, 1, '1.2', '1.3', '1.5', NULL, NULL)")
    catalog.close()


def files_of(data):
    return {str(path.relative_to(data)) for folder in ("blobs", "incoming") for path in (data / folder).rglob("*")
            if path.is_file()}


def test_what_crashes_left_goes_and_is_counted(stopped):
    data, files = stopped
    before = files_of(data)
    leave_everything(data)
    said = gc(data)
    for line in ("uploads whose lease ran out: 1 gone", "deleted, replaced and expired blobs: 2 gone",
                 "records of deletions: 1 gone", "unfinished files: 1 gone"):
        assert line in said, said
    assert files_of(data) == before
    assert "blobs: 0 gone" in gc(data)


def test_a_dry_run_counts_the_same_and_removes_nothing(stopped):
    data, _ = stopped
    leave_everything(data)
    orphan = data / "blobs" / "1" / "1.2" / "1.3" / "1.9_99.meta"
    orphan.write_bytes(b"x")
    age(orphan)
    before = files_of(data)
    said = gc(data, "--dry-run")
    for line in ("uploads whose lease ran out: 1 to go", "deleted, replaced and expired blobs: 2 to go",
                 "unfinished files: 1 to go", "sidecars that no row names: 1 to go"):
        assert line in said, said
    assert files_of(data) == before


def test_sidecars_that_no_row_names_go_when_they_are_old(stopped):
    data, _ = stopped
    folder = next((data / "blobs").rglob("*.dcm")).parent
    old, young = folder / "1.9_99.frames", folder / "1.9_98.meta"
    for path in (old, young):
        path.write_bytes(b"x")
    age(old)
    assert "sidecars that no row names: 1 gone" in gc(data)
    assert not old.exists() and young.exists()
    gc(data, "--older-than-hours", "0")
    assert not young.exists()


def test_images_that_no_row_names_are_kept_unless_asked_for(stopped):
    data, files = stopped
    orphan = next((data / "blobs").rglob("*.dcm")).parent / "1.9_99.dcm"
    orphan.write_bytes(files[0].bytes)
    age(orphan)
    said = gc(data)
    assert orphan.exists() and "rebuild-catalog" in said and "1.9_99.dcm" in said
    gc(data, "--orphan-images")
    assert not orphan.exists()


def test_beside_a_server_nothing_that_lives_is_touched(tmp_path):
    server = Server(tmp_path)
    try:
        file = make.native()
        server.store(file)
        # A live writer holds a lock on its file, whatever its age.
        live = server.data / "incoming" / "other-process-7"
        with live.open("wb") as writer:
            fcntl.flock(writer, fcntl.LOCK_EX)
            age(live)
            gc(server.data, "--older-than-hours", "0", "--orphan-images")
            assert live.exists()
        assert server.get(f"/dicom-web{file.path}", WHOLE).content == file.bytes
        server.assert_clean_log()
    finally:
        server.stop()


def test_a_folder_that_is_none_is_refused_and_not_made(tmp_path):
    assert "no data folder" in gc(tmp_path / "nothing", code=1)
    assert not (tmp_path / "nothing").exists()
