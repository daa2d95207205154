"""A full disk: 507 when nothing could be stored, 202 with reason A700 for what did not fit, and no restart afterwards."""
import os
import subprocess

import pytest

import dicomweb
from dicom_files import native
from tessera_server import Server

OUT_OF_RESOURCES = 0xA700
DISK_BYTES = 24 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A server whose data folder is a file system of its own, of 24 MiB."""
    data = tmp_path / "data"
    data.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(data)], check=False).returncode != 0:
        pytest.skip("a file system of a few megabytes cannot be mounted here (it takes root)")
    server = Server(tmp_path, config="[storage]\nmin_free_mib = 0\n")  # to the brim
    try:
        yield server
    finally:
        server.stop()
        subprocess.run(["umount", str(data)], check=True)


def large():
    return native(frames=10, side_data=1024)  # 31 MB: does not fit


def medium():
    return native(frames=2, side_data=1024)  # 6 MB


def test_what_does_not_fit_is_507_and_leaves_the_disk_as_it_was(small_disk):
    free = os.statvfs(small_disk.data).f_bavail
    answer = small_disk.post("/dicom-web/studies", large().bytes)
    assert answer.status_code == 507, answer.text
    small_disk.wait_for_no_files()
    # The catalog may have grown by a few pages; the upload's megabytes are back.
    assert os.statvfs(small_disk.data).f_bavail > free - 200


def test_what_fits_is_stored_beside_what_does_not(small_disk):
    fits, does_not = medium(), large()
    answer = small_disk.post("/dicom-web/studies", dicomweb.multipart(fits.bytes, does_not.bytes), dicomweb.MULTIPART_DICOM)
    assert answer.status_code == 202, answer.text
    failed = answer.json()["00081198"]["Value"]
    assert [item["00081197"]["Value"][0] for item in failed] == [OUT_OF_RESOURCES]
    assert small_disk.get(f"/dicom-web{fits.path}", "application/dicom; transfer-syntax=*").content == fits.bytes


def test_it_stores_again_when_there_is_space_again_without_a_restart(small_disk):
    filler = small_disk.data / "filler"
    filler.write_bytes(b"\0" * (DISK_BYTES - (4 << 20)))
    file = medium()
    assert small_disk.post("/dicom-web/studies", file.bytes).status_code == 507
    assert small_disk.get("/health/live").status_code == 200
    filler.unlink()
    assert small_disk.post("/dicom-web/studies", file.bytes).status_code == 200
    assert small_disk.get(f"/dicom-web{file.path}", "application/dicom; transfer-syntax=*").content == file.bytes
