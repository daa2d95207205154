"""Acked is durable, unacked is never seen, nothing is left behind: kill -9 at random moments, and a power loss after
every single call that the server makes to its data folder during uploads."""
import concurrent.futures
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import pytest
import requests

import disk_replay
from dicom_files import encapsulated_bytes, native_bytes
from server_process import Server, free_of_orphans

ROOT = pathlib.Path(__file__).resolve().parents[2]
DICOM = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
LEASE = {"TESSERA_UPLOADS_LEASE_SECONDS": "1"}


def store(url, body, timeout=20):
    return requests.post(url + "/dicom-web/studies", data=body, headers=DICOM, timeout=timeout)


def instance_url(url, uids):
    return f"{url}/dicom-web/studies/{uids[0]}/series/{uids[1]}/instances/{uids[2]}"


def visible(url):
    answer = requests.get(url + "/dicom-web/instances", timeout=20)
    assert answer.status_code in (200, 204), answer.text
    rows = answer.json() if answer.status_code == 200 else []
    return {tuple(row[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018")) for row in rows}


def check_archive(url, uploads, acked):
    """Every acked upload is there byte for byte; whatever else is visible is whole, too."""
    seen = visible(url)
    assert acked <= seen, f"acked and not visible: {acked - seen}"
    for uids in seen:
        body = uploads[uids]
        whole = requests.get(instance_url(url, uids), headers={"Accept": "application/dicom; transfer-syntax=*"}, timeout=20)
        assert whole.status_code == 200 and whole.content == body
        metadata = requests.get(instance_url(url, uids) + "/metadata", timeout=20)
        assert metadata.status_code == 200 and metadata.json()[0]["00080018"]["Value"] == [uids[2]]
        frame = requests.get(instance_url(url, uids) + "/frames/1",
                             headers={"Accept": "application/octet-stream; transfer-syntax=*"}, timeout=20)
        assert frame.status_code == 200 and frame.content in body


def wait_until_clean(server, seconds=15):
    """The sweep runs by itself once leases have run out."""
    deadline = time.time() + seconds
    while True:
        left = free_of_orphans(server.data, visible(server.url))
        if not left or time.time() > deadline:
            return left
        time.sleep(0.2)


def test_kill_9_at_random_moments_loses_nothing_acked_and_leaves_no_orphan(tmp_path):
    rounds = int(os.environ.get("TESSERA_KILL_ROUNDS", "20"))
    chance = random.Random(20261123)
    uploads, acked = {}, set()
    for _ in range(rounds):
        server = Server(tmp_path / "data", environment=LEASE)

        def upload_until_dead():
            while True:
                uids, body = encapsulated_bytes(frames=chance.randint(1, 40), frame_bytes=chance.randint(100, 60000))
                uploads[uids] = body
                try:
                    if store(server.url, body).status_code == 200:
                        acked.add(uids)
                except requests.RequestException:
                    return

        clients = [threading.Thread(target=upload_until_dead) for _ in range(3)]
        for client in clients:
            client.start()
        time.sleep(chance.uniform(0.05, 0.6))
        server.kill()
        for client in clients:
            client.join()
    server = Server(tmp_path / "data", environment=LEASE)
    try:
        assert acked, "no upload was acked before any kill: the test shows nothing"
        check_archive(server.url, uploads, acked)
        assert wait_until_clean(server) == []
    finally:
        server.stop()
    print(f"kill -9: {rounds} rounds, {len(uploads)} uploads begun, {len(acked)} acked")


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    library = tmp_path_factory.mktemp("recorder") / "disk_log.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, ROOT / "test/support/disk_log.c", "-ldl", "-lpthread"],
                   check=True)
    return library


def record_uploads(recorder, tmp_path):
    """Three uploads to a fresh folder; returns the record and, per upload, where in the record its ack arrived."""
    data, log = tmp_path / "data", tmp_path / "calls.log"
    data.mkdir()
    server = Server(data, environment={**LEASE, "LD_PRELOAD": str(recorder), "TESSERA_DISK_ROOT": str(data),
                                       "TESSERA_DISK_LOG": str(log)})
    uploads, acks = {}, {}
    for make in (lambda: native_bytes(), lambda: encapsulated_bytes(frames=5, frame_bytes=3000),
                 lambda: encapsulated_bytes(frames=3, frame_bytes=700000)):
        uids, body = make()
        uploads[uids] = body
        assert store(server.url, body).status_code == 200
        acks[uids] = len(disk_replay.read_log(log))
    server.kill()
    return disk_replay.read_log(log), uploads, acks


def check_power_loss_after(call, records, uploads, acks, folder):
    disk = disk_replay.Disk()
    for record in records[:call]:
        disk.apply(record)
    disk.write_durable(folder)
    acked = {uids for uids, at in acks.items() if at <= call}
    server = Server(folder, environment=LEASE)
    try:
        check_archive(server.url, uploads, acked)
        assert wait_until_clean(server) == []
    finally:
        server.kill()
        shutil.rmtree(folder)


def test_a_power_loss_after_any_call_keeps_what_was_acked_and_shows_nothing_else(recorder, tmp_path):
    records, uploads, acks = record_uploads(recorder, tmp_path)
    assert len(records) > 50, "the recorder saw too little to prove anything"
    with concurrent.futures.ThreadPoolExecutor(max_workers=12) as pool:
        runs = {pool.submit(check_power_loss_after, call, records, uploads, acks, tmp_path / f"loss-{call}"): call
                for call in range(len(records) + 1)}
        for run in concurrent.futures.as_completed(runs):
            try:
                run.result()
            except Exception as error:
                call = runs[run]
                raise AssertionError(f"after call {call} of {len(records)}, {records[call - 1][:5]}: {error}") from error
    print(f"power loss: {len(records) + 1} moments, {len(uploads)} uploads")
