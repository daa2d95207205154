"""Every file of the shared data folder, alone through an empty server: stored and given back, or refused for a reason.

corpus_expected.tsv says what becomes of each: `stored` with the number of frames, or `refused` with the failure reason
and words of its sentence. EXCEPTIONS are the attributes in which we and pydicom differ on purpose. Skipped, and said
so, where the folder does not lie beside the project: test/bad/dicom and the unit tests hold the cases by themselves.
"""
import csv
import pathlib
import re

import pytest
import requests

import corpus_oracle as oracle
from dicomweb import JSON, bodies, value
from tessera_server import ROOT

DATA = ROOT.parent / "shared" / "data"
FOLDERS = ["dicom-wsi", "dicom-other", "derived", "malformed"]
EXPECTED = pathlib.Path(__file__).with_name("corpus_expected.tsv")
FRAMES_AT_ONCE = 200

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data beside the project: 361 files not tried")

# (file, attribute pattern) -> why pydicom's word is not the last one.
EXCEPTIONS = [
    (r"chrGB2312", r"^/00100010:", "pydicom 2.3 leaves the escape of GB 2312 in the name when it is the only set named"),
    (r"RI6XDosiGap", r"^/50003000 has VR OW", "pydicom leaves 'OB or OW' undecided; implicit VR has OW (PS3.5 A.1)"),
    (r"Tag-0040-A170-VR-CS", r"0040A170 has VR UN", "a trial standard's code string where the dictionary has a sequence"),
    (r"badVR", r"^frames: pydicom cannot", "its NumberOfFrames is 1A; the one native frame is there"),
    (r"GH177.*IVRLE_BigEndian_undefined", r"^pydicom cannot read", "a private syntax that pydicom does not try as what it is"),
    (r"wsi_bot_", r"^frame", "the items win over a wrong Basic Offset Table, which pydicom believes"),
    (r"number_of_frames_too_many", r"^frames: pydicom cannot", "twelve fragments are the twelve frames there are"),
    (r"oob-monochrome", r"^frame", "less pixel data than one frame: what there is, is the frame"),
    (r"", r": pydicom cannot read it", "pydicom gives up on the value"),
]


def files():
    return [path for folder in FOLDERS for path in sorted((DATA / folder).rglob("*")) if path.is_file()]


def name_of(path):
    return str(path.relative_to(DATA))


def expected():
    if not EXPECTED.exists():
        return {}
    with EXPECTED.open(newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines, delimiter="\t")}


class Client:
    """One connection for all."""

    def __init__(self, server):
        self.server = server
        self.session = requests.Session()

    def get(self, path, accept):
        url = path if path.startswith("http") else self.server.url + "/dicom-web" + path
        return self.session.get(url, headers={"Accept": accept}, timeout=60)

    def store(self, content):
        return self.session.post(self.server.url + "/dicom-web/studies", data=content, timeout=60,
                                 headers={"Accept": JSON, "Content-Type": "application/dicom"})

    def delete(self, study):
        return self.session.delete(f"{self.server.url}/dicom-web/studies/{study}", timeout=60)


@pytest.fixture(scope="module")
def client(server):
    return Client(server)


@pytest.fixture(scope="module")
def seen():
    """What became of each file, and what the server held behind it: (outcome, MiB of anonymous memory, descriptors)."""
    return []


def held_by(server):
    process = pathlib.Path("/proc") / str(server.process.pid)
    status = (process / "status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1)) // 1024, len(list((process / "fd").iterdir()))


def outcome_of(answer):
    """(what became of it, detail): the row that corpus_expected.tsv should have, without frames."""
    if answer.status_code in (200, 202):
        return "stored", answer.json()["00081199"]["Value"][0]
    assert answer.status_code == 409, f"{answer.status_code}: {answer.text[:300]}"
    item = answer.json()["00081198"]["Value"][0]
    return "refused", item


def check_stored(client, content, item):
    """Everything that can be asked of a stored instance. Returns (frames, differences)."""
    path = re.sub(r"^https?://[^/]+/dicom-web", "", value(item, "00081190"))
    whole = client.get(path, "application/dicom; transfer-syntax=*")
    assert whole.status_code == 200 and whole.content == content, "not returned byte for byte"
    found = client.get(f"/instances?SOPInstanceUID={value(item, '00081155')}", JSON)
    assert found.status_code == 200 and len(found.json()) == 1, "not found by its UID"
    metadata = client.get(path + "/metadata", JSON)
    assert metadata.status_code == 200, f"metadata: {metadata.status_code} {metadata.text[:200]}"
    try:
        dataset = oracle.read(content)
    except Exception as error:
        return 0, [f"pydicom cannot read the file: {error}"]
    differences = oracle.differences(metadata.json()[0], dataset, lambda uri: fetch(client, uri))
    count, more = frame_differences(client, path, dataset)
    return count, differences + more


def fetch(client, uri):
    answer = client.get(uri, "application/octet-stream")
    assert answer.status_code == 200, f"{uri}: {answer.status_code} {answer.text[:200]}"
    return answer.content


def frame_differences(client, path, dataset):
    accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
    found = []
    try:
        wanted = oracle.frames(dataset)
    except Exception as error:
        wanted = None
        found.append(f"frames: pydicom cannot tell them apart ({error})")
    got = []
    while True:
        first = len(got) + 1
        numbers = range(first, min(first + FRAMES_AT_ONCE, len(wanted) + 1)) if wanted and first <= len(wanted) else [first]
        answer = client.get(f"{path}/frames/{','.join(map(str, numbers))}", accept)
        if answer.status_code != 200:
            assert answer.status_code == 404, f"frames {numbers}: {answer.status_code} {answer.text[:200]}"
            break
        got += bodies(answer)
    if wanted is not None:
        if len(got) != len(wanted):
            found.append(f"frames: {len(got)}, pydicom finds {len(wanted)}")
        found += [f"frame {i + 1}: {len(a)} bytes {a[:8]!r}, pydicom has {len(b)} {b[:8]!r}"
                  for i, (a, b) in enumerate(zip(got, wanted)) if a != b][:5]
    return len(got), found


def is_excepted(name, difference):
    return any(re.search(file, name) and re.search(pattern, difference) for file, pattern, _ in EXCEPTIONS)


def try_file(client, path):
    """One file alone: (row of the table, what is wrong)."""
    content, name = path.read_bytes(), name_of(path)
    became, item = outcome_of(client.store(content))
    row, wrong = {"file": name, "outcome": became, "frames": "", "reason": "", "words": ""}, []
    if became == "stored":
        row["frames"], wrong = check_stored(client, content, item)
        row["reason"] = str(item.get("00081196", {}).get("Value", [""])[0])
        assert client.delete(re.search(r"/studies/([^/]+)/", value(item, "00081190")).group(1)).status_code == 204
    else:
        row["reason"], row["words"] = str(value(item, "00081197")), value(item, "00000902")
    client.server.wait_for_no_files()
    assert client.get("/instances", JSON).status_code == 204, "the archive is not empty"
    return row, [line for line in wrong if not is_excepted(name, line)]


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_every_file_is_stored_and_given_back_or_refused_for_its_reason(client, seen, path):
    row, wrong = try_file(client, path)
    print("\t".join(str(field) for field in row.values()))
    seen.append((row["outcome"], *held_by(client.server)))
    assert not wrong, "\n".join(wrong[:20])
    want = expected()[name_of(path)]
    assert (row["outcome"], str(row["frames"]), row["reason"]) == (want["outcome"], want["frames"], want["reason"])
    assert want["words"] in row["words"]


def test_memory_and_descriptors_stay_flat_over_all_of_them(seen):
    if len(seen) < 100:
        pytest.skip(f"only {len(seen)} files were tried in this run: too few to tell")
    stored = sum(outcome == "stored" for outcome, _, _ in seen)
    memory, descriptors = [row[1] for row in seen], [row[2] for row in seen]
    print(f"{stored} stored, {len(seen) - stored} refused; at most {max(memory)} MiB and {max(descriptors)} descriptors")
    assert max(memory[50:]) <= max(memory[:50]) + 32
    assert max(descriptors[50:]) <= max(descriptors[:50]) + 8


if __name__ == "__main__":  # prints the table anew, and what differs, for whoever has looked at it
    import sys
    import tempfile
    from conftest import running
    with tempfile.TemporaryDirectory() as folder, running(pathlib.Path(folder)) as running_server:
        one = Client(running_server)
        print("file\toutcome\tframes\treason\twords")
        for file in files():
            try:
                line, lines = try_file(one, file)
            except Exception as error:
                line, lines = {"file": name_of(file), "outcome": "FAILED"}, [repr(error)[:400]]
            print("\t".join(str(field) for field in line.values()), flush=True)
            for each in lines[:6]:
                print("   !!", each, file=sys.stderr, flush=True)
            if lines:
                print("   ^^", name_of(file), file=sys.stderr, flush=True)
