"""PUT: an instance gives way to a new generation of itself, whole and at once (service-api §1, PUT upsert)."""
import concurrent.futures
import subprocess
import time

import pytest

import dicom_files as make
from dicomweb import JSON, MULTIPART_DICOM, StoreAnswer, assert_says_why, bodies, multipart, value
from tessera_server import BINARY, Server, plain_binary_only

WHOLE = "application/dicom; transfer-syntax=*"
FRAME = "application/octet-stream; transfer-syntax=*"


def put(server, prefix, body, content_type="application/dicom", path="/studies", **more):
    return server.request("PUT", prefix + path, JSON, {"Content-Type": content_type}, data=body, **more)


def again(file, **attributes):
    """Another file of the same UIDs."""
    return make.native(frames=2, study=file.study, series=file.series, SOPInstanceUID=file.sop, **attributes)


def whole(server, prefix, file):
    return server.get(prefix + file.path, WHOLE)


def test_what_is_not_there_is_stored(server, prefix):
    file = make.native()
    response = put(server, prefix, file.bytes)
    assert response.status_code == 200 and StoreAnswer(response).stored_sops() == [file.sop]
    assert whole(server, prefix, file).content == file.bytes


def test_what_is_there_is_replaced_in_every_answer(server, prefix):
    old = make.jpeg(frames=3)
    server.store(old)
    new = again(old, PatientName="Roe^Richard", PatientID="P-2")
    before = {path: server.get(prefix + path, accept).headers["ETag"]
              for path, accept in ((old.path, WHOLE), (old.path + "/frames/1", FRAME), (old.study_path + "/metadata", JSON))}
    response = put(server, prefix, new.bytes)
    assert response.status_code == 200
    item = StoreAnswer(response).stored[0]
    assert value(item, "00081155") == old.sop and value(item, "00081190") == server.url + prefix + old.path
    assert whole(server, prefix, new).content == new.bytes
    assert [bodies(server.get(f"{prefix}{old.path}/frames/{n}", FRAME))[0] for n in (1, 2)] == new.frames()
    assert_says_why(server.get(f"{prefix}{old.path}/frames/3", FRAME), 404)
    metadata = server.get(prefix + old.study_path + "/metadata", JSON).json()
    assert len(metadata) == 1 and metadata[0]["00100010"]["Value"] == [{"Alphabetic": "Roe^Richard"}]
    row = server.get(f"{prefix}/studies?StudyInstanceUID={old.study}", JSON).json()[0]
    assert row["00100020"]["Value"] == ["P-2"]
    assert server.get(f"{prefix}/studies?StudyInstanceUID={old.study}&PatientID=P-1", JSON).status_code == 204
    for path, tag in before.items():
        accept = JSON if path.endswith("metadata") else FRAME if "frames" in path else WHOLE
        response = server.get(prefix + path, accept, {"If-None-Match": tag})
        assert response.status_code == 200 and response.headers["ETag"] != tag, path


def test_the_same_bytes_again_are_taken_too(server, prefix):
    file = make.native()
    server.store(file)
    assert put(server, prefix, file.bytes).status_code == 200
    assert whole(server, prefix, file).content == file.bytes


def test_many_parts_replace_and_store_side_by_side(server, prefix):
    old, fresh = make.native(), make.jpeg()
    server.store(old)
    new = again(old)
    response = put(server, prefix, multipart(new.bytes, b"garbage" * 100, fresh.bytes), MULTIPART_DICOM)
    assert response.status_code == 202
    answer = StoreAnswer(response)
    assert answer.stored_sops() == [new.sop, fresh.sop] and len(answer.failed) == 1
    assert whole(server, prefix, new).content == new.bytes and whole(server, prefix, fresh).content == fresh.bytes


def test_a_file_that_is_refused_leaves_the_old_one(server, prefix):
    old = make.native()
    server.store(old)
    new = again(old)
    for body in (new.bytes[:-50], new.bytes[:400]):
        assert put(server, prefix, body).status_code == 409
        assert whole(server, prefix, old).content == old.bytes
    foreign = put(server, prefix, new.bytes, path="/studies/1.2.3")
    assert foreign.status_code == 409 and StoreAnswer(foreign).reasons() == [43265]
    assert whole(server, prefix, old).content == old.bytes


def test_the_rules_of_post_hold(server, prefix):
    file = make.native()
    assert_says_why(put(server, prefix, file.bytes, "text/plain"), 415)
    assert_says_why(put(server, prefix, file.bytes, path="/studies/1.2.x"), 400)
    assert_says_why(server.request("PUT", prefix + "/studies", "text/html", {"Content-Type": "application/dicom"},
                                   data=file.bytes), 406)
    assert put(server, prefix, b"").status_code == 409


def test_post_never_replaces(server, prefix):
    old = make.native()
    server.store(old)
    assert server.post(prefix + "/studies", again(old).bytes).status_code == 409
    assert whole(server, prefix, old).content == old.bytes


def test_readers_get_the_old_or_the_new_one_never_a_mixture(server):
    old = make.native(frames=4, side_data=200)
    server.store(old)
    generations = [again(old, InstanceNumber=number) for number in range(12)]
    known = {file.bytes for file in [old, *generations]}
    done = []

    def read_until_done():
        seen = set()
        while not done:
            answer = whole(server, "/v2", old)
            assert answer.status_code == 200 and answer.content in known
            frame = bodies(server.get(f"/v2{old.path}/frames/1", FRAME))[0]
            assert frame in (old.frames()[0], generations[0].frames()[0])
            seen.add(answer.content)
        return seen

    with concurrent.futures.ThreadPoolExecutor() as pool:
        readers = [pool.submit(read_until_done) for _ in range(3)]
        try:
            for file in generations:
                assert put(server, "/v2", file.bytes).status_code == 200
                assert whole(server, "/v2", file).content == file.bytes, "its own answer is read after it"
        finally:
            done.append(True)
        seen = set().union(*(reader.result() for reader in readers))
    assert len(seen) > 1, "nothing was read meanwhile"


def test_the_old_blob_goes_and_nothing_else(empty_server):
    old, other = make.native(), make.native()
    empty_server.store(old, other)
    for _ in range(3):
        assert put(empty_server, "/v2", again(old).bytes).status_code == 200
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and len(list((empty_server.data / "blobs").rglob("*.dcm"))) > 2:
        time.sleep(0.1)
    assert len(list((empty_server.data / "blobs").rglob("*.dcm"))) == 2
    assert whole(empty_server, "/v2", again(old)).content == again(old).bytes
    assert whole(empty_server, "/v2", other).content == other.bytes


def test_another_process_is_noticed_within_a_second(tmp_path):
    """Two servers on one folder: what one replaces the other serves soon."""
    with_folder = Server(tmp_path)
    second_folder = tmp_path / "second"
    second_folder.mkdir()
    (second_folder / "data").symlink_to(with_folder.data)
    second = Server(second_folder)
    try:
        old = make.native()
        with_folder.store(old)
        deadline = time.monotonic() + 10
        while whole(second, "/v2", old).status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        new = again(old)
        assert put(with_folder, "/v2", new.bytes).status_code == 200
        replaced = time.monotonic()
        while (got := whole(second, "/v2", old)).content != new.bytes:
            assert got.status_code == 200 and got.content == old.bytes
            assert time.monotonic() < replaced + 1.5
            time.sleep(0.02)
    finally:
        second.stop()
        with_folder.stop()


@plain_binary_only
@pytest.mark.parametrize("delay", [0.0, 0.01, 0.02, 0.04, 0.08])
def test_kill_9_during_a_replacement_leaves_the_old_or_the_new_one_whole(tmp_path, delay):
    server = Server(tmp_path, environment={"TESSERA_UPLOADS_LEASE_SECONDS": "1"})
    old = make.native(frames=4, side_data=400)
    server.store(old)
    new = again(old)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(put, server, "/v2", new.bytes)
        time.sleep(delay)
        server.kill()
        acked = answer.exception() is None and answer.result().status_code == 200
    server = Server(tmp_path, environment={"TESSERA_UPLOADS_LEASE_SECONDS": "1"})
    try:
        got = whole(server, "/v2", old)
        assert got.status_code == 200 and got.content in ((new.bytes,) if acked else (old.bytes, new.bytes))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and len(list((server.data / "blobs").rglob("*.dcm"))) > 1:
            time.sleep(0.1)
        assert len(list((server.data / "blobs").rglob("*.dcm"))) == 1
        assert whole(server, "/v2", old).content == got.content
    finally:
        server.stop()


def test_a_rebuild_after_a_replacement_brings_the_newest_and_after_a_delete_none(tmp_path):
    server = Server(tmp_path)
    kept, gone = make.native(), make.native()
    server.store(kept, gone)
    newest = again(kept)
    assert put(server, "/v2", newest.bytes).status_code == 200
    assert put(server, "/v2", again(gone).bytes).status_code == 200
    assert server.delete("/v2" + gone.study_path).status_code == 204
    server.kill()  # perhaps before a sweep: older generations may still be there
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"):
        (server.data / name).unlink(missing_ok=True)
    done = subprocess.run([BINARY, "admin", "rebuild-catalog", "--data", server.data], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    server = Server(tmp_path)
    try:
        assert whole(server, "/v2", newest).content == newest.bytes
        assert whole(server, "/v2", gone).status_code == 404
    finally:
        server.stop()
