"""What one may not see: the same bytes as from a server that never had it, whatever is asked."""
import signal
import subprocess
import time

import pytest

import dicom_files as make
from dicomweb import JSON, StoreAnswer, assert_says_why, multipart, MULTIPART_DICOM
from tessera_server import BINARY

OWNER = {"Authorization": "Bearer owner-secret-0123456789"}
READER = {"Authorization": "Bearer reader-secret-0123456789", "Host": "slides.example"}
SCANNER = {"Authorization": "Bearer scanner-secret-0123456789"}
VENDOR = {"Authorization": "Bearer vendor-secret-0123456789"}
TOKENS = "".join(f'[[auth.tokens]]\nname = "{name}"\ntoken = "{name}-secret-0123456789"\nrole = "{name}"\n'
                 for name in ("owner", "reader"))
SECRET = dict(PatientName="Secret^Name", PatientID="SECRET", StudyDescription="secret words", AccessionNumber="S-9",
              StudyDate="19990101", Modality="XC", SeriesDescription="secret series", StudyID="99", SeriesNumber=99,
              LabelText="Secret label", BarcodeValue="0099", ContainerIdentifier="SECRET-C", DeviceSerialNumber="SECRET-D",
              AcquisitionDateTime="19990101")


def image_type(flavor):
    return {"ImageType": ["ORIGINAL", "PRIMARY", flavor, "NONE"]}


@pytest.fixture(scope="module")
def twins(start):
    """(has, lacks): one has LABEL and OVERVIEW images beside the others, in their series and in series of their own."""
    first, other = make.rich(), make.rich()
    study, series = first.study, first.series
    shown = [first, make.rich(study=study, series=series, InstanceNumber=2, **image_type("THUMBNAIL")), other]
    hidden = [make.rich(study=study, series=series, InstanceNumber=3, **image_type("LABEL"), **SECRET),
              make.rich(study=study, InstanceNumber=4, **image_type("OVERVIEW"), **SECRET),
              make.rich(**image_type("LABEL"), **SECRET)]
    servers = start(config=TOKENS), start(config=TOKENS)
    for server in servers:
        server.store(*shown, headers=OWNER)
    servers[0].store(*hidden, headers=OWNER)
    servers[0].shown, servers[0].hidden = shown, hidden
    return servers


def what(answer):
    fields = {name: value for name, value in answer.headers.items() if name.lower() not in ("date", "x-request-id")}
    return answer.status_code, fields, answer.content


def paths(files):
    yield from ("/studies", "/series", "/instances", "/studies?includefield=all", "/instances?includefield=all")
    for key, value in (("PatientID", "SECRET"), ("PatientID", "P-1"), ("PatientName", "Secret^Name"),
                       ("StudyDescription", "secret words"), ("AccessionNumber", "S-9"), ("StudyDate", "19990101"),
                       ("StudyDate", "19990101-20250101"), ("ModalitiesInStudy", "XC"), ("ModalitiesInStudy", "SM"),
                       ("StudyID", "99")):
        yield f"/studies?{key}={value}"
        yield f"/instances?{key}={value}"
    for key, value in (("Modality", "XC"), ("SeriesDescription", "secret series")):
        yield f"/series?{key}={value}"
    for query in ("LabelText=Secret*", "LabelText=*label", "BarcodeValue=0099", "ContainerIdentifier=SECRET-C", "00400512=*",
                  "ContainerIdentifier=S*", "ImageType=LABEL", "ImageType=%5C%5COVERVIEW", "ImageType=*", "DeviceSerialNumber=SECRET-D",
                  "SeriesNumber=99", "AcquisitionDateTime=-2000", "PatientName=secret&fuzzymatching=true", "PatientName=*ecret*"):
        yield f"/instances?{query}"
    for level in ("/studies", "/series", "/instances"):
        for query in ("ModalitiesInStudy=X*", "ModalitiesInStudy=SM", "PatientID=*E*", "StudyDate=-20000101", ""):
            yield f"{level}?{query}&count=true&limit=1"
    for offset in range(4):
        yield f"/studies?limit=1&offset={offset}"
    for file in files:
        yield from (f"/studies?StudyInstanceUID={file.study}", f"{file.study_path}/series", f"{file.study_path}/instances",
                    f"{file.series_path}/instances", f"{file.study_path}/metadata", f"{file.series_path}/metadata",
                    f"{file.path}/metadata", file.path, f"{file.path}/frames/1", f"{file.path}/frames/1,2",
                    f"{file.path}/frames/9999", f"{file.path}/bulkdata/00480105/0/00282000")


@pytest.mark.parametrize("prefix", ["/v1", "/v2", "/dicom-web"])
def test_every_answer_is_that_of_a_server_that_never_had_them(twins, prefix):
    has, lacks = twins
    asked = 0
    for path in paths(has.shown + has.hidden):
        accept = JSON if "metadata" in path or "?" in path or path.endswith(("studies", "series", "instances")) else "*/*"
        with_hidden, without = (what(server.get(prefix + path, accept, READER)) for server in twins)
        if with_hidden[1].get("Content-Type", "").startswith("multipart"):
            assert with_hidden[0] == without[0] and len(with_hidden[2]) == len(without[2]), path
        else:
            assert with_hidden == without, path
        asked += 1
    assert asked > 80
    assert has.get(prefix + has.hidden[0].path, "*/*", OWNER).status_code == 200


def test_an_etag_does_not_change_when_something_hidden_comes_or_goes(start):
    server = start(config=TOKENS)
    file = make.rich()
    server.store(file, headers=OWNER)
    tags = lambda headers: [server.get(f"/v2{path}", JSON, headers).headers["ETag"]
                            for path in (f"{file.study_path}/metadata", "/studies", "/instances")]
    reader, owner = tags(READER), tags(OWNER)
    label = make.rich(study=file.study, **image_type("LABEL"), **SECRET)
    server.store(label, headers=OWNER)
    assert tags(READER) == reader
    now = tags(OWNER)
    assert now[0] != owner[0] and now[2] != owner[2]
    assert server.request("DELETE", f"/v2{label.path}", "*/*", OWNER).status_code == 204
    assert tags(READER) == reader


def test_a_label_that_came_first_names_nothing_once_a_volume_is_there(start):
    server = start(config=TOKENS)
    label = make.rich(**image_type("LABEL"), **SECRET)
    server.store(label, headers=OWNER)
    assert server.get("/v2/studies", JSON, READER).status_code == 204
    volume = make.rich(study=label.study, series=label.series)
    server.store(volume, headers=OWNER)
    for path in ("/studies", "/series", f"{volume.study_path}/instances"):
        assert "ecret" not in server.get(f"/v2{path}?includefield=all", JSON, READER).text
    assert server.get("/v2/studies?PatientID=SECRET", JSON, READER).status_code == 204


@pytest.fixture(scope="module")
def limited(start, tmp_path_factory):
    """A scanner that may store VOLUME images, a vendor that may read and remove one study."""
    study = make.generate_uid()
    policy = tmp_path_factory.mktemp("policy") / "policy.toml"
    policy.write_text(f"""
builtin_roles = true
[roles.scanner]
[roles.vendor]
[[grants]]
who = "role:scanner"
actions = ["write"]
flavors = ["VOLUME"]
partitions = ["lab", "new"]
studies = ["{study}"]
[[grants]]
who = "role:vendor"
actions = ["read", "delete"]
studies = ["{study}"]
""")
    more = "".join(f'[[auth.tokens]]\nname = "{name}"\ntoken = "{name}-secret-0123456789"\nrole = "{name}"\n'
                   for name in ("scanner", "vendor"))
    server = start(config=f'[features]\npartitions = true\n[auth]\npolicy_file = "{policy}"\n{TOKENS}{more}')
    server.study = study
    return server


class TestStore:
    def test_an_instance_outside_the_grant_is_refused_alone_and_leaves_nothing(self, limited):
        good = make.rich(study=limited.study)
        label, other = make.rich(study=limited.study, **image_type("LABEL")), make.rich()
        answer = limited.post("/v2/partitions/lab/studies", multipart(good.bytes, label.bytes, other.bytes),
                              MULTIPART_DICOM, headers=SCANNER)
        assert answer.status_code == 202
        assert StoreAnswer(answer).stored_sops() == [good.sop] and StoreAnswer(answer).reasons() == [292, 292]
        for file in (label, other):
            assert limited.get(f"/v2/partitions/lab{file.path}", "*/*", OWNER).status_code == 404
            assert not list((limited.data / "blobs").rglob(f"*{file.sop}*"))

    def test_a_partition_is_not_made_for_what_is_refused(self, limited):
        answer = limited.post("/v2/partitions/new/studies", make.rich().bytes, headers=SCANNER)
        assert answer.status_code == 409 and StoreAnswer(answer).reasons() == [292]
        names = [entry["partitionName"] for entry in
                 (limited.get("/v2/partitions", "application/json", OWNER).json() or [])]
        assert "new" not in names

    def test_of_an_unseen_instance_only_that_the_uids_are_taken_is_told(self, limited):
        label = make.rich(study=limited.study, **image_type("LABEL"), **SECRET)
        limited.store(label, prefix="/v2/partitions/lab", headers=OWNER)
        volume = make.rich(study=label.study, series=label.series, SOPInstanceUID=label.sop)
        answer = limited.post("/v2/partitions/lab/studies", volume.bytes, headers=SCANNER)
        assert answer.status_code == 409 and StoreAnswer(answer).reasons() == [45070]
        assert "ecret" not in answer.text and "SECRET" not in answer.text and "LABEL" not in answer.text
        same = limited.post("/v2/partitions/lab/studies", label.bytes, headers=SCANNER)
        assert StoreAnswer(same).reasons() == [292], "the label itself: refused before anything is looked up"


class TestDelete:
    def test_only_what_may_be_deleted_goes_and_the_rest_is_as_if_it_were_not_there(self, limited):
        volume = make.rich(study=limited.study)
        label = make.rich(study=limited.study, series=volume.series, **image_type("LABEL"))
        foreign = make.rich()
        limited.store(volume, label, foreign, prefix="/v2/partitions/del", headers=OWNER)
        base = "/v2/partitions/del"
        remove = lambda path: limited.request("DELETE", base + path, "*/*", VENDOR)
        missing = remove(make.rich().study_path)
        assert missing.status_code == remove(foreign.study_path).status_code == remove(label.path).status_code == 404
        assert missing.text.count("is not stored here") == 1
        assert remove(volume.study_path).status_code == 204
        assert remove(volume.study_path).status_code == 404
        assert limited.get(base + volume.path, "*/*", OWNER).status_code == 404
        for file in (label, foreign):
            assert limited.get(base + file.path, "*/*", OWNER).status_code == 200
        studies = limited.get(f"{base}/studies", JSON, VENDOR)
        assert studies.status_code == 204


class TestReload:
    def test_a_changed_policy_holds_within_two_seconds_and_a_broken_one_changes_nothing(self, start, tmp_path):
        policy = tmp_path / "policy.toml"
        policy.write_text("builtin_roles = true\n")
        server = start(config=f'[auth]\npolicy_file = "{policy}"\n{TOKENS}')
        assert server.get("/v2/studies", JSON, READER).status_code == 204
        policy.write_text("[roles.owner]\n[roles.reader]\n")
        wait_for(lambda: server.get("/v2/studies", JSON, READER).status_code == 403)
        policy.write_text("[roles.owner\n")
        wait_for(lambda: "policy not read" in server.log())
        assert server.get("/v2/studies", JSON, READER).status_code == 403
        policy.write_text("builtin_roles = true\n")
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: server.get("/v2/studies", JSON, READER).status_code == 204)

    def test_what_is_granted_to_anyone_needs_no_credential_and_the_rest_asks_for_one(self, start, tmp_path):
        policy = tmp_path / "policy.toml"
        policy.write_text('builtin_roles = true\n[[grants]]\nwho = "anyone"\nactions = ["read"]\n')
        server = start(config=f'[auth]\npolicy_file = "{policy}"\n{TOKENS}')
        assert server.get("/v2/studies", JSON).status_code == 204
        assert_says_why(server.post("/v2/studies", make.native().bytes), 401)
        assert_says_why(server.get("/v2/studies", JSON, {"Authorization": "Bearer wrong-wrong"}), 401)

    @pytest.mark.parametrize("text, word", [("grants = 1", "grants"), ("[[grants]]\nwho='role:x'\nactions='read'", "line 1")])
    def test_a_broken_policy_is_refused_at_start(self, tmp_path, text, word):
        (tmp_path / "p.toml").write_text(text)
        done = subprocess.run([BINARY, "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--set",
                               f"auth.policy_file={tmp_path / 'p.toml'}"], capture_output=True, text=True, timeout=30)
        assert done.returncode != 0 and word in done.stderr


def wait_for(holds, seconds=15):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)
