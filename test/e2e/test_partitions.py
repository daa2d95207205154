"""Data partitions: made by the first store, apart in everything, named by every path (service-api §7)."""
import concurrent.futures
import re
import subprocess

import pytest

import dicom_files as make
from dicomweb import JSON, MULTIPART_DICOM, StoreAnswer, assert_says_why, bodies, content_type, multipart, value
from tessera_server import BINARY, Server

ON = "[features]\npartitions = true\n"
DEFAULT = "Microsoft.Default"


@pytest.fixture(scope="module")
def parted(start):
    return start(config=ON)


@pytest.fixture
def open_server(tmp_path):
    """open_server(config) -> Server, on the same folder each time; whatever a failure left running is ended."""
    servers = []

    def opened(config=ON, folder=tmp_path):
        servers.append(Server(folder, config=config))
        return servers[-1]
    yield opened
    for server in servers:
        if server.process.poll() is None:
            server.kill()


def at(prefix, partition):
    return f"{prefix}/partitions/{partition}"


def store(server, base, file):
    answer = server.post(f"{base}/studies", file.bytes)
    assert answer.status_code in (200, 202), answer.text
    return StoreAnswer(answer)


def names(server, prefix="/v2"):
    response = server.get(f"{prefix}/partitions", "application/json")
    if response.status_code == 204:
        return []
    assert response.status_code == 200, response.text
    return [entry["partitionName"] for entry in response.json()]


def readable_paths(file):
    """Every resource of an instance that can be read, and an Accept for it."""
    return [("/studies", JSON), ("/series", JSON), ("/instances", JSON), (f"{file.study_path}/series", JSON),
            (f"{file.study_path}/instances", JSON), (f"{file.series_path}/instances", JSON),
            (f"{file.study_path}/metadata", JSON), (f"{file.series_path}/metadata", JSON), (f"{file.path}/metadata", JSON),
            (file.path, "*/*"), (f"{file.path}/frames/1", "*/*"), (f"{file.path}/frames/1,2", "*/*"),
            (f"{file.path}/bulkdata/00480105/0/00282000", "*/*")]


class TestPaths:
    def test_every_route_works_below_a_partition(self, parted, prefix):
        file = make.rich()
        base = at(prefix, "routes")
        store(parted, base, file)
        for path, accept in readable_paths(file):
            for method in ("GET", "HEAD"):
                assert parted.request(method, base + path, accept).status_code == 200, path
        assert bodies(parted.get(base + file.path)) == [file.bytes]
        assert parted.delete(base + file.path).status_code == 204
        assert parted.delete(base + file.path).status_code == 404
        store(parted, base, file)
        assert parted.delete(base + file.series_path).status_code == 204
        other = make.native()
        answer = parted.post(base + other.study_path, multipart(other.bytes), MULTIPART_DICOM)
        assert StoreAnswer(answer).stored_sops() == [other.sop]
        assert parted.delete(base + other.study_path).status_code == 204

    def test_a_path_without_a_partition_is_400(self, parted, prefix):
        file = make.rich()
        for path, accept in readable_paths(file):
            assert_says_why(parted.get(prefix + path, accept), 400, "PartitionName", "missing")
        assert_says_why(parted.post(f"{prefix}/studies", file.bytes), 400, "PartitionName", "missing")
        assert_says_why(parted.delete(prefix + file.path), 400, "PartitionName", "missing")

    def test_an_unknown_partition_is_400_and_is_not_made(self, parted, prefix):
        file = make.rich()
        for path, accept in readable_paths(file):
            assert_says_why(parted.get(at(prefix, "nowhere") + path, accept), 400, "nowhere", "does not exist")
        assert_says_why(parted.delete(at(prefix, "nowhere") + file.path), 400, "nowhere")
        assert "nowhere" not in names(parted, prefix)

    @pytest.mark.parametrize("name", ["a b", "a%20b", "a%2Fb", "%C3%A4", "a%00b", "a:b", "x" * 65, "", "%zz"])
    def test_a_bad_name_is_400_and_makes_nothing(self, parted, prefix, name):
        before = names(parted, prefix)
        assert_says_why(parted.post(at(prefix, name) + "/studies", make.native().bytes), 400)
        assert_says_why(parted.get(at(prefix, name) + "/studies", JSON), 400)
        assert names(parted, prefix) == before

    @pytest.mark.parametrize("name", ["A", "x" * 64, "lab_1.b-2", "0", "..."])
    def test_a_good_name_is_taken(self, parted, name):
        file = make.native()
        store(parted, at("/v2", name), file)
        assert parted.get(at("/v2", name) + file.path).status_code == 200
        assert name in names(parted)

    def test_a_partition_of_the_list_and_an_unknown_path_are_404(self, parted, prefix):
        store(parted, at(prefix, "paths"), make.native())
        for path in ("/partitions", "/nothing", "", "/partitions/paths/studies"):
            assert_says_why(parted.get(at(prefix, "paths") + path), 404)

    def test_names_are_told_apart_by_case(self, parted):
        file = make.native()
        store(parted, at("/v2", "case"), file)
        store(parted, at("/v2", "CASE"), file)
        assert {"case", "CASE"} <= set(names(parted))

    def test_urls_of_answers_carry_the_partition(self, parted, prefix):
        file = make.rich()
        base = at(prefix, "urls")
        wanted = f"{parted.url}{base}{file.path}"
        assert value(store(parted, base, file).stored[0], "00081190") == wanted
        uri = value(parted.get(f"{base}{file.path}/metadata", JSON).json()[0], "00480105")["00282000"]["BulkDataURI"]
        assert uri.startswith(f"{wanted}/bulkdata/")
        assert parted.get(uri, "application/octet-stream").content == file.dataset.OpticalPathSequence[0].ICCProfile
        row = parted.get(f"{base}{file.series_path}/instances?includefield=00081190", JSON).json()[0]
        if prefix == "/dicom-web":
            assert value(row, "00081190") == wanted
        assert wanted.encode() in parted.get(base + file.path, 'multipart/related; type="application/dicom"').content

    def test_labels_of_metrics_name_the_route_and_no_partition(self, parted):
        file = make.native()
        store(parted, at("/v2", "measured"), file)
        assert parted.get(at("/v2", "measured") + file.path + "/frames/1").status_code == 200
        metrics = parted.get("/metrics").text
        assert re.search(r'route="/studies/\{study\}/series/\{series\}/instances/\{instance\}/frames/\{\*\}"', metrics)
        assert "measured" not in metrics


class TestIsolation:
    @pytest.fixture(scope="class")
    def twins(self, parted):
        """The same UIDs in two partitions, with other bytes in each."""
        first = make.rich(PatientID="twin-a")
        dataset = make.rich(study=first.study, series=first.series, PatientID="twin-b").dataset
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = first.sop
        second = make.File(dataset)
        assert second.path == first.path and second.bytes != first.bytes
        store(parted, at("/v2", "twin-a"), first)
        store(parted, at("/v2", "twin-b"), second)
        return {"twin-a": first, "twin-b": second}

    def test_each_has_its_own_bytes_frames_and_metadata(self, parted, prefix, twins):
        for _ in range(2):  # cold and cached
            for name, file in twins.items():
                base = at(prefix, name)
                assert bodies(parted.get(base + file.path)) == [file.bytes]
                assert bodies(parted.get(f"{base}{file.path}/frames/2")) == [file.frames()[1]]
                assert value(parted.get(f"{base}{file.path}/metadata", JSON).json()[0], "00100020") == name

    def test_each_has_its_own_tags(self, parted, prefix, twins):
        for path, accept in readable_paths(twins["twin-a"])[6:]:
            a, b = (parted.get(at(prefix, name) + path, accept).headers["ETag"] for name in twins)
            assert a != b, path
            response = parted.get(at(prefix, "twin-b") + path, accept, {"If-None-Match": a})
            assert response.status_code == 200, path

    def test_a_search_finds_its_own_alone(self, parted, prefix, twins):
        for name, file in twins.items():
            for path in ("/studies", "/series", "/instances", f"{file.study_path}/instances"):
                rows = parted.get(at(prefix, name) + path, JSON).json()
                assert [value(row, "0020000D") for row in rows if "0020000D" in row] in ([file.study], []), path
                assert len(rows) == 1
            other = "twin-b" if name == "twin-a" else "twin-a"
            assert parted.get(f"{at(prefix, name)}/studies?PatientID={other}", JSON).status_code == 204

    def test_a_duplicate_is_one_only_within_its_partition(self, parted, prefix, twins):
        file = make.native()
        base = prefix.strip("/")
        store(parted, at(prefix, f"dup-a-{base}"), file)
        store(parted, at(prefix, f"dup-b-{base}"), file)
        answer = parted.post(at(prefix, f"dup-a-{base}") + "/studies", file.bytes)
        assert answer.status_code == 409 and StoreAnswer(answer).reasons() == [45070]

    def test_a_delete_leaves_the_other_alone(self, parted, prefix):
        file = make.native()
        a, b = at(prefix, "gone-a"), at(prefix, "gone-b")
        store(parted, a, file)
        store(parted, b, file)
        assert parted.get(a + file.path).status_code == parted.get(b + file.path).status_code == 200
        assert parted.delete(a + file.study_path).status_code == 204
        assert_says_why(parted.get(a + file.path), 404)
        assert_says_why(parted.get(f"{a}{file.path}/frames/1"), 404)
        assert bodies(parted.get(b + file.path)) == [file.bytes]
        assert parted.delete(b + file.study_path).status_code == 204


class TestList:
    def test_it_is_204_before_anything_is_stored_and_names_what_was_made(self, start, prefix):
        server = start(config=ON)
        assert server.get(f"{prefix}/partitions", "application/json").status_code == 204
        store(server, at(prefix, "lab-a"), make.native())
        response = server.get(f"{prefix}/partitions", "application/json")
        assert response.status_code == 200 and content_type(response) == "application/json"
        entry, = response.json()
        assert set(entry) == {"partitionKey", "partitionName", "createdDate"}
        assert entry["partitionName"] == "lab-a" and isinstance(entry["partitionKey"], int)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry["createdDate"])
        assert not entry["createdDate"].startswith("1970")

    def test_a_method_that_it_does_not_know_is_405(self, parted, prefix):
        assert parted.request("PUT", f"{prefix}/partitions", "*/*").status_code == 405


class TestSwitch:
    def test_off_a_path_with_a_partition_is_400(self, server, prefix):
        file = make.rich()
        for path, accept in readable_paths(file):
            assert_says_why(server.get(at(prefix, "lab") + path, accept), 400, "partitions")
        assert_says_why(server.post(at(prefix, "lab") + "/studies", file.bytes), 400, "partitions")
        assert_says_why(server.delete(at(prefix, "lab") + file.path), 400, "partitions")
        assert_says_why(server.get(f"{prefix}/partitions", "application/json"), 400, "partitions")

    def test_data_from_before_is_in_the_default_partition(self, open_server):
        file = make.rich()
        before = open_server(None)
        before.store(file)
        before.stop()
        after = open_server()
        assert names(after) == [DEFAULT]
        for prefix in ("/v1", "/v2", "/dicom-web"):
            assert bodies(after.get(at(prefix, DEFAULT) + file.path)) == [file.bytes]
        assert StoreAnswer(after.post(at("/v2", DEFAULT) + "/studies", file.bytes)).reasons() == [45070]
        store(after, at("/v2", "second"), file)
        assert names(after) == [DEFAULT, "second"]
        after.stop()
        after.assert_clean_log()

    def test_it_can_be_switched_off_while_there_is_only_the_default_partition(self, open_server, tmp_path):
        file = make.native()
        on = open_server()
        store(on, at("/v2", DEFAULT), file)
        on.stop()
        (tmp_path / "tessera.toml").unlink()
        off = open_server(None)
        assert bodies(off.get("/v2" + file.path)) == [file.bytes]
        off.stop()

    def test_it_cannot_be_switched_off_once_another_exists(self, open_server, tmp_path):
        on = open_server()
        store(on, at("/v2", "lab-a"), make.native())
        on.stop()
        done = subprocess.run([BINARY, "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0"],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 1
        assert "features.partitions" in done.stderr and "lab-a" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


class TestRecord:
    """{key}/partition.txt, from which the catalog can be rebuilt."""

    def records(self, server):
        return {path.read_text() for path in (server.data / "blobs").glob("*/partition.txt")}

    def test_each_partition_but_the_default_has_one(self, open_server):
        server = open_server()
        for name in ("lab-a", "lab-b", DEFAULT):
            store(server, at("/v2", name), make.native())
        assert self.records(server) == {"lab-a\n", "lab-b\n"}
        for key in [entry["partitionKey"] for entry in server.get("/v2/partitions", JSON).json()]:
            assert (server.data / "blobs" / str(key)).is_dir()
        server.stop()

    def test_it_outlives_the_last_instance(self, open_server):
        server = open_server()
        file = make.native()
        store(server, at("/v2", "lab-a"), file)
        assert server.delete(at("/v2", "lab-a") + file.study_path).status_code == 204
        server.stop()
        again = open_server()
        assert self.records(again) == {"lab-a\n"} and names(again) == ["lab-a"]
        assert again.get(at("/v2", "lab-a") + "/studies", JSON).status_code == 204
        again.stop()

    def test_one_that_is_missing_is_written_by_the_next_store(self, open_server):
        server = open_server()
        store(server, at("/v2", "lab-a"), make.native())
        record, = (server.data / "blobs").glob("*/partition.txt")
        record.unlink()
        store(server, at("/v2", "lab-a"), make.native())
        assert record.read_text() == "lab-a\n"
        server.stop()

    def test_one_of_another_partition_stops_stores_and_loses_nothing(self, open_server):
        server = open_server()
        file = make.native()
        store(server, at("/v2", "lab-a"), file)
        record, = (server.data / "blobs").glob("*/partition.txt")
        record.write_text("lab-b\n")
        assert_says_why(server.post(at("/v2", "lab-a") + "/studies", make.native().bytes), 500)
        assert bodies(server.get(at("/v2", "lab-a") + file.path)) == [file.bytes]
        assert "lab-b" not in names(server) and "partition.txt" in server.log()
        server.stop()

    def test_two_processes_that_store_at_once_make_one_partition(self, open_server, tmp_path):
        servers = [open_server()]
        (tmp_path / "second").mkdir()
        (tmp_path / "second" / "data").symlink_to(tmp_path / "data")
        servers.append(open_server(folder=tmp_path / "second"))
        files = [make.without_pixels() for _ in range(16)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(store, servers[i % 2], at("/v2", f"lab-{i % 4}"), file) for i, file in enumerate(files)]
            for job in jobs:
                job.result()
        assert sorted(names(servers[0])) == sorted(names(servers[1])) == [f"lab-{i}" for i in range(4)]
        assert self.records(servers[0]) == {f"lab-{i}\n" for i in range(4)}
        for i, file in enumerate(files):
            assert bodies(servers[(i + 1) % 2].get(at("/v2", f"lab-{i % 4}") + file.path)) == [file.bytes]
        for server in servers:
            server.stop()
            server.assert_clean_log()


def test_a_reader_cannot_make_a_partition(start):
    server = start(config=ON + '\n[[auth.tokens]]\nname = "viewer"\ntoken = "reader-secret-0123456789"\nrole = "reader"\n')
    headers = {"Authorization": "Bearer reader-secret-0123456789"}
    assert_says_why(server.post(at("/v2", "lab") + "/studies", make.native().bytes, headers=headers), 403)
    assert_says_why(server.get(at("/v2", "lab") + "/studies", JSON), 401)
    assert server.get("/v2/partitions", "application/json", headers).status_code == 204
