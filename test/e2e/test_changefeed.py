"""The change feed, v1 and v2 (service-api §6, and "Change feed" of its test cases to mirror)."""
import datetime
import gzip

import pytest

import dicom_files as make
from dicomweb import JSON, assert_says_why, assert_same_attributes, content_type, expected_json

FEED = "application/json"


def feed(server, prefix="/v2", headers=None, **parameters):
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    response = server.get(f"{prefix}/changefeed?{query}", FEED, headers)
    assert response.status_code == 200, f"{response.status_code}: {response.text}"
    assert content_type(response) == "application/json"
    return response.json()


def latest(server, prefix="/v2", query=""):
    response = server.get(f"{prefix}/changefeed/latest{query}", FEED)
    assert response.status_code == 200, response.text
    return response.json()


def put(server, file):
    answer = server.request("PUT", "/v2/studies", JSON, {"Content-Type": "application/dicom"}, data=file.bytes)
    assert answer.status_code == 200


def escaped(text):
    return text.replace("+", "%2B")


def test_before_anything_happened_the_feed_is_empty_and_the_latest_entry_is_204(empty_server, prefix):
    assert feed(empty_server, prefix) == []
    assert empty_server.get(f"{prefix}/changefeed/latest", FEED).status_code == 204


def test_v1_entries_follow_in_order_of_sequence_with_metadata(empty_server):
    """Mirrors: change feed v1."""
    first = make.native()
    files = [first] + [make.native(study=first.study, series=first.series) for _ in range(9)]
    empty_server.store(first)
    start = latest(empty_server, "/v1")
    assert (start["studyInstanceUid"], start["seriesInstanceUid"], start["sopInstanceUid"]) == (
        first.study, first.series, first.sop)
    assert (start["action"], start["state"]) == ("create", "current")
    empty_server.store(*files[1:])
    assert len(feed(empty_server, "/v1")) == 10
    entries = feed(empty_server, "/v1", offset=start["sequence"] - 1)
    assert [entry["sopInstanceUid"] for entry in entries] == [file.sop for file in files]
    sequences = [entry["sequence"] for entry in entries]
    assert sequences == sorted(sequences) and len(set(sequences)) == 10
    for entry, file in zip(entries, files):
        assert_same_attributes(entry["metadata"], expected_json(file))
        datetime.datetime.fromisoformat(entry["timestamp"].replace("Z", "+00:00"))
    rest = feed(empty_server, "/v1", offset=sequences[3], limit=2)
    assert [entry["sequence"] for entry in rest] == sequences[4:6]
    assert feed(empty_server, "/v1", offset=sequences[-1]) == []


def test_v1_and_v2_have_their_own_defaults_of_limit(server):
    first = make.without_pixels()
    server.store(first, *(make.without_pixels(study=first.study) for _ in range(12)))
    assert len(feed(server, "/v1")) == 10
    assert len(feed(server, "/v2", includeMetadata="false")) > 12


def test_v2_shows_a_window_of_time_whose_start_is_in_it_and_whose_end_is_not(empty_server):
    """Mirrors: change feed v2 window."""
    files = [make.native() for _ in range(3)]
    times = []
    for file in files:
        empty_server.store(file)
        times.append(latest(empty_server)["timestamp"])
        deadline = datetime.datetime.now() + datetime.timedelta(milliseconds=5)
        while datetime.datetime.now() < deadline:
            pass

    def seen(**window):
        return [entry["sopInstanceUid"] for entry in feed(empty_server, **window)]

    sops = [file.sop for file in files]
    assert seen() == sops
    assert seen(startTime=times[0]) == sops
    assert seen(startTime=times[1]) == sops[1:]
    assert seen(endTime=times[0]) == []
    assert seen(startTime=times[0], endTime=times[2]) == sops[:2]
    assert seen(startTime=times[0], offset=1, limit=1) == sops[1:2]
    assert seen(startTime=times[0], offset=3) == []
    berlin = datetime.datetime.fromisoformat(times[1].replace("Z", "+00:00")).astimezone(
        datetime.timezone(datetime.timedelta(hours=1))).isoformat()
    assert seen(startTime=escaped(berlin)) == sops[1:] and seen(startTime=berlin) == sops[1:], "a bare + is a zone, too"
    assert seen(startTime=times[2].replace("Z", "9Z")) == [], "a start below the millisecond is not rounded down"
    assert seen(starttime=times[2]) == sops[2:], "names in any case"


def test_a_deleted_and_stored_again_instance_is_told_in_three_entries_of_its_present_state(empty_server):
    """Mirrors: delete+replace states."""
    file = make.native()
    empty_server.store(file)
    start = latest(empty_server)
    assert (start["action"], start["state"]) == ("create", "current") and "metadata" in start
    assert empty_server.delete("/v2" + file.path).status_code == 204
    gone = latest(empty_server)
    assert (gone["action"], gone["state"]) == ("delete", "deleted") and gone.get("metadata") is None
    assert [entry["state"] for entry in feed(empty_server)] == ["deleted", "deleted"]
    empty_server.store(file)
    assert latest(empty_server)["state"] == "current"
    entries = feed(empty_server, startTime=start["timestamp"])
    assert [entry["action"] for entry in entries] == ["create", "delete", "create"]
    assert [entry["state"] for entry in entries] == ["replaced", "replaced", "current"]


def test_a_replacement_is_an_update_and_the_metadata_is_the_present_one(empty_server):
    old = make.native(PatientName="Old^Name")
    empty_server.store(old)
    put(empty_server, make.native(study=old.study, series=old.series, SOPInstanceUID=old.sop, PatientName="New^Name"))
    entries = feed(empty_server)
    assert [(entry["action"], entry["state"]) for entry in entries] == [("create", "replaced"), ("update", "current")]
    for entry in entries:
        assert entry["metadata"]["00100010"]["Value"] == [{"Alphabetic": "New^Name"}]


def test_without_metadata_none_is_told(server):
    """Mirrors: no-metadata flag."""
    server.store(make.native())
    for flag in ("false", "False", "FALSE"):
        assert "metadata" not in latest(server, query=f"?includeMetadata={flag}")
        assert all("metadata" not in entry for entry in feed(server, includemetadata=flag))
    assert "metadata" in latest(server, query="?includeMetadata=true")


@pytest.mark.parametrize("query, named", [
    ("startTime=foo&endTime=2023-05-03T10:58:00Z", "startTime"), ("startTime=2023-05-03T10:58:00Z&endTime=bar", "endTime"),
    ("startTime=2023-05-03T10:58:00&endTime=2023-05-03T11:00:00Z", "zone"),
    ("startTime=2023-05-03T10:58:00Z&endTime=2023-05-03T11:00:00", "zone"),
    ("startTime=2023-05-03T10:58:00Z&endTime=2023-05-03T10:58:00Z", "after"),
    ("startTime=2023-05-03T10:59:00Z&endTime=2023-05-03T10:58:00Z", "after"),
    ("limit=-1", "limit"), ("limit=0", "limit"), ("limit=blah", "limit"), ("limit=201", "200"), ("offset=-1", "offset"),
    ("offset=92233720368547758070", "offset"), ("offset=blah", "offset"), ("includeMetadata=0", "includeMetadata"),
    ("includeMetadata=true-ish", "includeMetadata"), ("includeMetadata=", "includeMetadata"), ("limit=%zz", "%")])
def test_a_bad_parameter_is_400_and_named(server, query, named):
    """Mirrors: bad params 400."""
    assert_says_why(server.get(f"/v2/changefeed?{query}", FEED), 400, named)


def test_bad_parameters_of_v1_and_of_the_latest_entry_are_400(server):
    assert_says_why(server.get("/v1/changefeed?limit=101", FEED), 400, "limit", "100")
    assert_says_why(server.get("/v1/changefeed?startTime=2023-05-03T10:58:00Z", FEED), 400, "startTime", "/v2")
    assert_says_why(server.get("/v2/changefeed/latest?includeMetadata=asdf", FEED), 400, "includeMetadata")


def test_an_accept_without_json_is_406_and_other_methods_405(server, prefix):
    assert_says_why(server.get(f"{prefix}/changefeed", "text/html"), 406)
    assert_says_why(server.post(f"{prefix}/changefeed", b"x"), 405, "GET")


def test_bulk_data_uris_of_an_entry_lead_to_the_bytes(server, prefix):
    file = make.rich()
    server.store(file)
    uri = latest(server, prefix)["metadata"]["00480105"]["Value"][0]["00282000"]["BulkDataURI"]
    assert server.get(uri, "application/octet-stream").content == bytes(file.dataset.OpticalPathSequence[0].ICCProfile)


def test_the_feed_comes_packed_where_that_is_welcome(server):
    server.store(make.native())
    for coding in ("gzip", "zstd", "identity"):
        response = server.get("/v2/changefeed", FEED, {"Accept-Encoding": coding}, stream=True)
        assert response.headers.get("Content-Encoding", "identity") == coding
        raw = response.raw.read(decode_content=False)
        assert raw[:4] == b"\x28\xb5\x2f\xfd" if coding == "zstd" else (gzip.decompress(raw) if coding == "gzip" else raw)


class TestPartitions:
    @pytest.fixture(scope="class")
    def lab(self, start):
        server = start(config="[features]\npartitions = true\n")
        server.files = {name: make.rich() for name in ("lab-a", "lab-b")}
        for name, file in server.files.items():
            server.store(file, prefix=f"/v2/partitions/{name}")
        return server

    def test_entries_of_all_partitions_are_in_one_feed_and_name_theirs(self, lab):
        """Mirrors: partition name."""
        assert [(entry["partitionName"], entry["sopInstanceUid"]) for entry in feed(lab)] == [
            (name, file.sop) for name, file in lab.files.items()]
        uri = feed(lab)[0]["metadata"]["00480105"]["Value"][0]["00282000"]["BulkDataURI"]
        assert uri.startswith(lab.url + "/v2/partitions/lab-a" + lab.files["lab-a"].path)
        assert lab.get(uri, "application/octet-stream").status_code == 200

    def test_the_feed_is_of_the_service_and_of_no_partition(self, lab):
        assert lab.get("/v2/partitions/lab-a/changefeed", FEED).status_code == 404


class TestRights:
    POLICY = """
[roles.all]
[roles.ordinary]
[roles.lab-a]
[roles.writer]
[[grants]]
who = "role:all"
actions = ["read", "write", "delete"]
flavors = ["VOLUME", "LABEL", "OVERVIEW", "THUMBNAIL", "other"]
[[grants]]
who = "role:ordinary"
actions = ["read"]
[[grants]]
who = "role:lab-a"
actions = ["read"]
partitions = ["lab-a"]
[[grants]]
who = "role:writer"
actions = ["write"]
"""

    @pytest.fixture(scope="class")
    def lab(self, start, tmp_path_factory):
        policy = tmp_path_factory.mktemp("policy") / "policy.toml"
        policy.write_text(self.POLICY)
        tokens = "".join(f'[[auth.tokens]]\nname = "{role}"\ntoken = "token-of-{role}-0123456789"\nrole = "{role}"\n'
                         for role in ("all", "ordinary", "lab-a", "writer"))
        server = start(config=f'[features]\npartitions = true\n[auth]\npolicy_file = "{policy}"\n{tokens}')
        image = make.native()
        server.files = {
            ("lab-a", "VOLUME"): image,
            ("lab-a", "LABEL"): make.native(study=image.study, ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"]),
            ("lab-b", "VOLUME"): make.native(),
            ("lab-b", "gone"): make.native(ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"])}
        for (partition, _), file in server.files.items():
            server.store(file, prefix=f"/v2/partitions/{partition}", headers=bearer("all"))
        gone = server.files["lab-b", "gone"]
        deleted = server.delete(f"/v2/partitions/lab-b{gone.path}", headers=bearer("all"))
        assert deleted.status_code == 204
        return server

    def seen(self, lab, role):
        entries = feed(lab, headers=bearer(role))
        names = {file.sop: name for name, file in lab.files.items()}
        return {names[entry["sopInstanceUid"]] for entry in entries}

    def test_each_sees_the_partitions_and_kinds_of_image_that_are_granted_and_no_others(self, lab):
        assert self.seen(lab, "all") == set(lab.files)
        assert self.seen(lab, "ordinary") == {("lab-a", "VOLUME"), ("lab-b", "VOLUME")}, "nor what was deleted"
        assert self.seen(lab, "lab-a") == {("lab-a", "VOLUME")}

    def test_the_latest_entry_is_the_latest_that_is_seen(self, lab):
        def sop(role):
            return lab.get("/v2/changefeed/latest", FEED, bearer(role)).json()["sopInstanceUid"]

        assert sop("all") == lab.files["lab-b", "gone"].sop
        assert sop("ordinary") == lab.files["lab-b", "VOLUME"].sop
        assert sop("lab-a") == lab.files["lab-a", "VOLUME"].sop

    def test_who_may_not_read_anywhere_is_refused(self, lab):
        assert_says_why(lab.get("/v2/changefeed", FEED, bearer("writer")), 403, "writer")
        assert_says_why(lab.get("/v2/changefeed/latest", FEED), 401)


def bearer(role):
    return {"Authorization": f"Bearer token-of-{role}-0123456789"}
