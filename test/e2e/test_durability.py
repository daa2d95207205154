"""Acked is durable, unacked is never seen, nothing is left behind: a power loss after every single call that the server
makes to its data folder during uploads. (kill -9: test_kill.py.)"""
import concurrent.futures
import shutil
import subprocess
import time

import pytest

import disk_replay
from dicom_files import jpeg, native
from tessera_server import ROOT, Server, plain_binary_only

FILE = {"Accept": "application/dicom; transfer-syntax=*"}
FRAME = {"Accept": "application/octet-stream; transfer-syntax=*"}
QUICK_LEASE = {"TESSERA_UPLOADS_LEASE_SECONDS": "1", "TESSERA_LOG_ACCESS": "false"}


def start(folder, environment=None):
    folder.mkdir(exist_ok=True)
    return Server(folder, environment={**QUICK_LEASE, **(environment or {})})


def store(server, file):
    return server.post("/dicom-web/studies", file.bytes)


def visible(server):
    answer = server.get("/dicom-web/instances", "application/dicom+json")
    assert answer.status_code in (200, 204), answer.text
    return {row["00080018"]["Value"][0] for row in (answer.json() if answer.status_code == 200 else [])}


def check_archive(server, files, acked):
    """Every acked upload is there byte for byte; whatever else is visible is whole, too."""
    seen = visible(server)
    assert acked <= seen, f"acked and not visible: {acked - seen}"
    for sop in seen:
        file = files[sop]
        whole = server.get(f"/dicom-web{file.path}", FILE["Accept"])
        assert whole.status_code == 200 and whole.content == file.bytes
        metadata = server.get(f"/dicom-web{file.path}/metadata", "application/dicom+json")
        assert metadata.status_code == 200 and metadata.json()[0]["00080018"]["Value"] == [sop]
        frame = server.get(f"/dicom-web{file.path}/frames/1", FRAME["Accept"])
        assert frame.status_code == 200 and frame.content == file.frames()[0]


def orphans(server, seen):
    """Files below blobs/ and incoming/ that belong to no visible instance."""
    left = [str(path) for path in (server.data / "incoming").rglob("*") if path.is_file()]
    return left + [str(path) for path in (server.data / "blobs").rglob("*")
                   if path.is_file() and path.stem.rpartition("_")[0] not in seen]


def wait_until_clean(server, seconds=20):
    """The sweep runs by itself once leases have run out."""
    deadline = time.monotonic() + seconds
    seen = visible(server)
    while orphans(server, seen) and time.monotonic() < deadline:
        time.sleep(0.2)
    return orphans(server, seen)


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    library = tmp_path_factory.mktemp("recorder") / "disk_log.so"
    source = ROOT / "test/support/disk_log.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"], check=True)
    return library


def record_uploads(recorder, folder):
    """Uploads to a fresh folder; returns the record and, per upload, where in the record its ack arrived."""
    folder.mkdir()
    (folder / "data").mkdir()
    log = folder / "calls.log"
    server = start(folder, {"LD_PRELOAD": str(recorder), "TESSERA_DISK_ROOT": str(folder / "data"),
                            "TESSERA_DISK_LOG": str(log)})
    files, acks = {}, {}
    for file in (native(frames=2), jpeg(frames=5), native(frames=3, side_data=500)):
        files[file.sop] = file
        assert store(server, file).status_code == 200
        acks[file.sop] = len(disk_replay.read_log(log))
    server.kill()
    return disk_replay.read_log(log), files, acks


def check_power_loss_after(call, records, files, acks, folder):
    disk = disk_replay.Disk()
    for record in records[:call]:
        disk.apply(record)
    disk.write_durable(folder / "data")
    server = start(folder)
    try:
        check_archive(server, files, {sop for sop, at in acks.items() if at <= call})
        assert wait_until_clean(server) == []
    finally:
        server.kill()
        shutil.rmtree(folder)


@plain_binary_only  # the recorder is preloaded
def test_a_power_loss_after_any_call_keeps_what_was_acked_and_shows_nothing_else(recorder, tmp_path):
    records, files, acks = record_uploads(recorder, tmp_path / "recorded")
    assert len(records) > 50, "the recorder saw too little to prove anything"
    with concurrent.futures.ThreadPoolExecutor(max_workers=12) as pool:
        runs = {pool.submit(check_power_loss_after, call, records, files, acks, tmp_path / f"loss-{call}"): call
                for call in range(len(records) + 1)}
        for run in concurrent.futures.as_completed(runs):
            call = runs[run]
            error = run.exception()
            assert error is None, f"after call {call} of {len(records)}, {records[call - 1][:5]}: {error!r}"
    print(f"power loss: {len(records) + 1} moments, {len(files)} uploads")


def test_a_power_loss_after_any_call_keeps_the_record_of_every_partition_with_an_acked_instance(recorder, tmp_path):
    (tmp_path / "data").mkdir()
    log = tmp_path / "calls.log"
    server = start(tmp_path, {"LD_PRELOAD": str(recorder), "TESSERA_DISK_ROOT": str(tmp_path / "data"),
                              "TESSERA_DISK_LOG": str(log), "TESSERA_FEATURES_PARTITIONS": "true"})
    acks = []
    for partition in ("lab-a", "lab-b", "lab-a"):
        file = native(frames=2)
        assert server.post(f"/v2/partitions/{partition}/studies", file.bytes).status_code == 200
        acks.append((partition, file.sop, len(disk_replay.read_log(log))))
    server.kill()
    records = disk_replay.read_log(log)
    disk = disk_replay.Disk()
    checked = 0
    for call, record in enumerate(records, 1):
        disk.apply(record)
        left = tmp_path / "left"
        disk.write_durable(left)
        for partition, sop, at in acks:
            if at <= call:
                blob, = (left / "blobs").glob(f"*/*/*/{sop}_*.dcm")
                assert (blob.parents[2] / "partition.txt").read_text() == partition + "\n", f"after call {call}"
                checked += 1
        shutil.rmtree(left)
    assert checked > len(acks)
    print(f"power loss: {len(records)} moments, {checked} records checked")
