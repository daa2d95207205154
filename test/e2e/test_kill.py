"""kill -9 at random moments while uploads, imports and deletes run side by side: what was acked holds, what was not is
whole or absent, and nothing is left behind."""
import concurrent.futures
import os
import random
import subprocess
import threading
import time

import requests

from dicom_files import jpeg, native
from tessera_server import BINARY, Server

ROUNDS = int(os.environ.get("TESSERA_TEST_KILL_ROUNDS", "100"))
ENVIRONMENT = {"TESSERA_UPLOADS_LEASE_SECONDS": "1", "TESSERA_LOG_ACCESS": "false"}
FILE = "application/dicom; transfer-syntax=*"
FRAME = "application/octet-stream; transfer-syntax=*"
JSON = "application/dicom+json"


class Promises:
    """What clients were told, by SOP instance. A request that was cut off promised nothing: its object may be either."""

    def __init__(self):
        self.lock = threading.Lock()
        self.files, self.stored, self.deleted, self.unsure = {}, set(), set(), set()

    def begin(self, file):
        with self.lock:
            self.files[file.sop] = file

    def acked(self, sop):
        with self.lock:
            self.stored.add(sop)

    def take_one(self, chance):
        """One that is stored, to be deleted; from here on it is unsure until the delete is acked."""
        with self.lock:
            if not self.stored:
                return None
            sop = chance.choice(sorted(self.stored))
            self.stored.discard(sop)
            self.unsure.add(sop)
            return self.files[sop]

    def gone(self, sop):
        with self.lock:
            self.unsure.discard(sop)
            self.deleted.add(sop)


def some_file(chance):
    return jpeg(frames=chance.randint(1, 30)) if chance.random() < 0.7 else native(frames=2, side_data=300)


def upload_until_dead(server, promises, chance):
    while True:
        file = some_file(chance)
        promises.begin(file)
        try:
            if server.post("/dicom-web/studies", file.bytes).status_code == 200:
                promises.acked(file.sop)
        except requests.RequestException:
            return


def delete_until_dead(server, promises, chance):
    while True:
        file = promises.take_one(chance)
        if file is None:
            time.sleep(0.01)
            if server.process.poll() is not None:
                return
            continue
        try:
            answer = server.delete(f"/dicom-web{file.path}")
            assert answer.status_code == 204, f"DELETE of a stored instance: {answer.status_code} {answer.text}"
            promises.gone(file.sop)
        except requests.RequestException:
            return
        time.sleep(chance.uniform(0, 0.3))


class Import:
    """`tessera import` of a few files into the folder that the server has open."""

    def __init__(self, data, folder, promises, chance):
        folder.mkdir()
        self.promises, self.by_path = promises, {}
        for number in range(6):
            file = some_file(chance)
            path = folder / f"{number}.dcm"
            path.write_bytes(file.bytes)
            promises.begin(file)
            self.by_path[str(path)] = file
        self.process = subprocess.Popen([str(BINARY), "import", str(folder), "--data", str(data)], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env={**os.environ, **ENVIRONMENT})

    def kill(self):
        self.process.kill()
        for line in self.process.communicate()[0].splitlines():
            path, _, outcome = line.partition(": ")
            if path in self.by_path and "1 stored" in outcome:
                self.promises.acked(self.by_path[path].sop)


def one_round(folder, number, promises, chance):
    server = Server(folder, environment=ENVIRONMENT)
    importing = Import(server.data, folder / f"import-{number}", promises, chance)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        clients = [pool.submit(task, server, promises, random.Random(chance.random()))
                   for task in (upload_until_dead, upload_until_dead, delete_until_dead)]
        time.sleep(chance.uniform(0.05, 0.4))
        first, second = (server.kill, importing.kill) if chance.random() < 0.5 else (importing.kill, server.kill)
        first()
        time.sleep(chance.uniform(0, 0.3))
        second()
        for client in clients:
            client.result()


def visible(server):
    found, offset = set(), 0
    while True:
        answer = server.get(f"/dicom-web/instances?limit=500&offset={offset}", JSON)
        assert answer.status_code in (200, 204), answer.text
        rows = answer.json() if answer.status_code == 200 else []
        found |= {row["00080018"]["Value"][0] for row in rows}
        if not rows:
            return found
        offset += len(rows)


def check_whole(server, file):
    whole = server.get(f"/dicom-web{file.path}", FILE)
    assert whole.status_code == 200 and whole.content == file.bytes
    metadata = server.get(f"/dicom-web{file.path}/metadata", JSON)
    assert metadata.status_code == 200 and metadata.json()[0]["00080018"]["Value"] == [file.sop]
    frame = server.get(f"/dicom-web{file.path}/frames/1", FRAME)
    assert frame.status_code == 200 and frame.content == file.frames()[0]


def files_of_nobody(server, seen):
    left = [str(path) for path in (server.data / "incoming").rglob("*") if path.is_file()]
    return left + [str(path) for path in (server.data / "blobs").rglob("*")
                   if path.is_file() and path.stem.rpartition("_")[0] not in seen]


def wait_until_clean(server, seen, seconds=30):
    """The sweep runs by itself once leases have run out."""
    deadline = time.monotonic() + seconds
    while files_of_nobody(server, seen) and time.monotonic() < deadline:
        time.sleep(0.2)
    return files_of_nobody(server, seen)


def test_kill_9_among_uploads_imports_and_deletes_breaks_no_promise(tmp_path):
    chance = random.Random(20261125)
    promises = Promises()
    for number in range(ROUNDS):
        one_round(tmp_path, number, promises, chance)
    server = Server(tmp_path, environment=ENVIRONMENT)
    try:
        seen = visible(server)
        assert promises.stored and promises.deleted, "nothing was acked before any kill: the test shows nothing"
        assert promises.stored <= seen, f"acked and not visible: {promises.stored - seen}"
        assert not promises.deleted & seen, f"deleted and visible again: {promises.deleted & seen}"
        assert seen <= promises.files.keys(), "something is visible that nobody sent"
        for sop in seen:
            check_whole(server, promises.files[sop])
        assert wait_until_clean(server, seen) == []
    finally:
        server.stop()
    print(f"kill -9: {ROUNDS} rounds, {len(promises.files)} uploads and imports begun, {len(promises.stored)} acked and "
          f"kept, {len(promises.deleted)} acked and deleted, {len(promises.unsure)} deletes cut off")
