"""A nearly full disk: uploads are refused before their body is read, deletes and reads go on, and it mends itself."""
import os
import socket
import subprocess
import time

import pytest

import dicom_files as make
from dicomweb import JSON, assert_says_why
from tessera_server import BINARY, Server

DISK_BYTES = 64 << 20
LEAST_MIB = 32
WHOLE = "application/dicom; transfer-syntax=*"


@pytest.fixture
def disk(tmp_path):
    """A server that wants 32 MiB free, on a file system of its own, of 64 MiB."""
    data = tmp_path / "data"
    data.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(data)], check=False).returncode != 0:
        pytest.skip("a file system of a few megabytes cannot be mounted here (it takes root)")
    server = Server(tmp_path, config=f"[storage]\nmin_free_mib = {LEAST_MIB}\n")
    try:
        yield server
    finally:
        server.stop()
        subprocess.run(["umount", str(data)], check=True)


def fill(server):
    filler = server.data / "filler"
    filler.write_bytes(bytes(40 << 20))
    wait_until(server, 503)
    return filler


def wait_until(server, status):
    deadline = time.monotonic() + 5
    while server.get("/health/ready").status_code != status:
        assert time.monotonic() < deadline, f"/health/ready is not {status} within five seconds"
        time.sleep(0.1)


def test_uploads_are_refused_in_words_and_reads_and_deletes_go_on(disk):
    kept, gone = make.native(), make.native()
    disk.store(kept, gone)
    fill(disk)
    for prefix in ("/v1", "/v2", "/dicom-web"):
        assert_says_why(disk.post(f"{prefix}/studies", make.native().bytes), 507, "MiB are free", "storage.min_free_mib")
    assert disk.get(f"/dicom-web{kept.path}", WHOLE).content == kept.bytes
    assert disk.get("/dicom-web/studies", JSON).status_code == 200
    assert disk.delete(f"/dicom-web{gone.path}").status_code == 204


def test_health_says_why(disk):
    assert disk.get("/health/check").status_code == 200
    fill(disk)
    answer = disk.get("/health/check")
    assert answer.status_code == 503 and answer.json()["overallStatus"] == "Unhealthy"
    wrong = [part for part in answer.json()["details"] if part["status"] != "Healthy"]
    assert [part["name"] for part in wrong] == ["space"] and "MiB are free" in wrong[0]["description"]
    assert disk.get("/health/live").status_code == 200


def test_a_client_that_waits_for_100_continue_never_gets_it(disk):
    fill(disk)
    with socket.create_connection(("127.0.0.1", disk.port), timeout=10) as peer:
        peer.sendall(b"POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nContent-Type: application/dicom\r\n"
                     b"Content-Length: 5000000000\r\nExpect: 100-continue\r\n\r\n")
        assert peer.recv(4096).startswith(b"HTTP/1.1 507 ")


def test_it_recovers_by_itself(disk):
    filler = fill(disk)
    filler.unlink()
    wait_until(disk, 200)
    disk.store(make.native())


def test_an_import_refuses_with_the_same_sentence(disk, tmp_path):
    fill(disk)
    file = tmp_path / "one.dcm"
    file.write_bytes(make.native().bytes)
    done = subprocess.run([str(BINARY), "import", str(file), "--data", str(disk.data), "--set",
                           f"storage.min_free_mib={LEAST_MIB}"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "storage.min_free_mib" in done.stdout + done.stderr


def test_zero_means_that_the_disk_may_be_filled(tmp_path, start):
    server = start(config="[storage]\nmin_free_mib = 0\n")
    assert server.get("/health/ready").status_code == 200
    server.store(make.native())
