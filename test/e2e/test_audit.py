"""Who did what to which object from where with which result: doc/audit.md, claim by claim."""
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

import dicom_files as make
from audit_trail import files, lines, raw_lines, verify, wait_for
from conftest import running
from dicomweb import JSON
from guards import OWNER, READER, TOKENS
from raw_http import post_head, send_and_leave
from tessera_server import BINARY, Server

CONFIG = f"""
trusted_proxies = ["127.0.0.1"]
{TOKENS}
[audit]
window_seconds = 1
"""


@pytest.fixture(scope="module")
def guarded(start):
    return start(config=CONFIG)


@pytest.fixture(scope="module")
def file(guarded):
    made = make.native()
    guarded.store(made, headers=OWNER)
    return made


def trail(server):
    return server.data / "audit"


def named(server, request_id):
    return wait_for(trail(server), lambda line: line.get("request") == request_id)[-1]


class TestWho:
    def test_a_store_names_caller_address_and_instances_before_it_is_answered(self, guarded):
        made = make.native()
        answer = guarded.post("/dicom-web/studies", made.bytes, headers={**OWNER, "X-Request-Id": "store-1"})
        assert answer.status_code == 200
        line = [line for line in lines(trail(guarded)) if line.get("request") == "store-1"][-1]  # there already
        assert line["event"] == "store" and line["outcome"] == "success" and line["status"] == 200
        assert line["who"] == {"subject": "lab", "proof": "token", "roles": ["owner"]}
        assert line["from"] == "127.0.0.1"
        assert line["what"]["instances"] == [{"study": made.study, "series": made.series, "instance": made.sop,
                                              "outcome": "stored"}]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])

    def test_a_store_of_the_same_again_and_of_rubbish_are_told_as_such(self, guarded, file):
        guarded.post("/dicom-web/studies", file.bytes, headers={**OWNER, "X-Request-Id": "again-1"})
        line = named(guarded, "again-1")
        assert line["outcome"] == "failure" and line["status"] == 409
        assert line["what"]["instances"][0]["outcome"] == "identical"
        guarded.post("/dicom-web/studies", b"rubbish", headers={**OWNER, "X-Request-Id": "rubbish-1"})
        line = named(guarded, "rubbish-1")
        assert line["outcome"] == "failure" and line["what"]["refused"] == 1

    def test_an_upload_that_was_cut_off_is_told(self, guarded):
        head = post_head(guarded, "/dicom-web/studies", "application/dicom", 1000)
        head = head.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer owner-secret-0123456789\r\nX-Request-Id: cut-1\r\n\r\n")
        send_and_leave(guarded, head + b"x" * 10)
        line = named(guarded, "cut-1")
        assert line["event"] == "store" and line["outcome"] == "failure" and line["status"] == 499

    @pytest.mark.parametrize("path, event", [("", "retrieve"), ("/metadata", "metadata"), ("/frames/1", "frames")])
    def test_what_is_read_is_named_whether_it_is_there_or_not(self, guarded, file, path, event):
        guarded.get(f"/v2{file.path}{path}", "*/*" if path != "/metadata" else JSON, READER)
        wait_for(trail(guarded), lambda line: line["event"] == event and line["status"] == 200 and
                 line["who"]["subject"] == "viewer" and line["what"]["instance"] == file.sop)
        other = make.native()
        guarded.get(f"/v2{other.path}{path}", "*/*" if path != "/metadata" else JSON, READER)
        wait_for(trail(guarded), lambda line: line["event"] == event and line["status"] == 404 and
                 line["outcome"] == "failure" and line["what"]["instance"] == other.sop)

    @pytest.mark.parametrize("path", ["/studies", "/series", "/instances"])
    def test_a_search_is_told_with_its_question(self, guarded, file, path):
        guarded.get(f"/dicom-web{path}?PatientID=P-1&limit=3", JSON, {**READER, "X-Request-Id": "search" + path[1:]})
        line = named(guarded, "search" + path[1:])
        assert line["event"] == "search" and line["what"] == {"level": path[1:], "query": "PatientID=P-1&limit=3"}

    @pytest.mark.parametrize("method, event", [("POST", "store"), ("DELETE", "delete"), ("GET", "metadata")])
    def test_a_denial_is_told_with_who_was_denied_what(self, guarded, file, method, event):
        path = {"POST": "/studies", "DELETE": file.path, "GET": file.path + "/metadata"}[method]
        for headers, subject, status in [({}, "anonymous", 401), (READER, "viewer", 403)]:
            name = f"denied-{method}-{status}"
            answer = guarded.request(method, "/v2" + path, JSON, {**headers, "X-Request-Id": name,
                                                                 "Content-Type": "application/dicom"})
            if answer.status_code == 200:
                continue  # a reader may read
            line = named(guarded, name)
            assert (line["event"], line["outcome"], line["status"]) == (event, "denied", status)
            assert line["who"]["subject"] == subject and line["what"]["path"] == "/v2" + path

    def test_a_delete_says_what_went(self, guarded):
        made = make.native()
        guarded.store(made, headers=OWNER)
        guarded.delete(f"/v2{made.series_path}", headers={**OWNER, "X-Request-Id": "delete-1"})
        line = [line for line in lines(trail(guarded)) if line.get("request") == "delete-1"][-1]
        assert line["event"] == "delete" and line["what"] == {"study": made.study, "series": made.series, "removed": 1}
        guarded.delete(f"/v2{made.series_path}", headers={**OWNER, "X-Request-Id": "delete-2"})
        assert named(guarded, "delete-2")["status"] == 404

    def test_behind_a_trusted_proxy_the_client_is_who_the_proxy_says(self, guarded):
        guarded.get("/v2/studies", JSON, {**READER, "X-Request-Id": "proxy-1",
                                          "X-Forwarded-For": "198.51.100.1, 203.0.113.9, 127.0.0.1"})
        line = named(guarded, "proxy-1")
        assert line["from"] == "203.0.113.9" and line["via"] == "127.0.0.1"

    def test_start_and_stop_are_told(self, tmp_path):
        with running(tmp_path) as server:
            folder = trail(server)
        assert [line["event"] for line in lines(folder)] == ["continued", "start", "stop"]


class TestTiles:
    def test_tiles_of_one_instance_are_one_line_with_a_count(self, guarded):
        made = make.native()
        guarded.store(made, headers=OWNER)
        for _ in range(20):
            assert guarded.get(f"/v2{made.path}/frames/1", headers=READER).status_code == 200
        def total():
            return sum(line["what"]["count"] for line in lines(trail(guarded), "frames")
                       if line["what"].get("instance") == made.sop)
        deadline = time.monotonic() + 15
        while total() < 20 and time.monotonic() < deadline:
            time.sleep(0.1)
        told = [line for line in lines(trail(guarded), "frames") if line["what"].get("instance") == made.sop]
        assert total() == 20 and len(told) <= 10
        assert told[0]["what"]["first"] <= told[0]["what"]["last"]


class TestChain:
    def test_verification_of_a_running_server_finds_it_whole(self, guarded, file):
        code, report, errors = verify(guarded.data)
        assert code == 0 and report["whole"] and report["lines"] > 0, errors

    @pytest.mark.parametrize("edit", ["change", "remove", "insert", "swap", "truncate", "empty"])
    def test_an_edit_is_found_with_file_and_line(self, guarded, file, tmp_path, edit):
        shutil.copytree(trail(guarded), tmp_path / "audit")
        path = files(tmp_path / "audit")[0]
        all_lines = path.read_bytes().splitlines(keepends=True)
        if edit == "change":
            all_lines[2] = all_lines[2].replace(b'"lab"', b'"lub"')
        elif edit == "remove":
            del all_lines[1]
        elif edit == "insert":
            all_lines.insert(2, all_lines[1])
        elif edit == "swap":
            all_lines[1], all_lines[2] = all_lines[2], all_lines[1]
        elif edit == "truncate":
            del all_lines[-1]
        else:
            all_lines = []
        path.write_bytes(b"".join(all_lines))
        code, report, _ = verify(tmp_path)
        assert code == 1 and not report["whole"]
        if edit in ("change", "remove", "insert", "swap"):
            assert report["broken"]["file"] == path.name and report["broken"]["line"] in (2, 3)

    def test_no_trail_is_no_whole_trail(self, tmp_path):
        assert verify(tmp_path)[0] == 2

    def test_the_log_anchors_the_trail(self, tmp_path):
        server = Server(tmp_path)
        server.store(make.native())
        server.stop()
        seq, end = re.findall(r"audit trail closed seq=(\d+) hash=([0-9a-f]{64})", server.log())[-1]
        assert verify(server.data, "--anchor", f"{seq}:{end}")[0] == 0
        code, report, _ = verify(server.data, "--anchor", f"{seq}:{'0' * 64}")
        assert code == 1 and "is not the line" in report["broken"]["reason"]


class TestCrashes:
    def test_a_kill_loses_no_line_of_an_acked_store(self, tmp_path):
        acked = []
        for _ in range(3):
            server = Server(tmp_path)
            for _ in range(5):
                made = make.native()
                server.store(made)
                acked.append(made.sop)
            server.kill()
            with files(trail(server))[-1].open("ab") as torn:
                torn.write(b'{"seq":99,"time":"20')
            assert verify(server.data)[0] == 0
        server = Server(tmp_path)
        server.stop()
        code, report, _ = verify(server.data)
        assert code == 0 and report["repaired"] == 3
        told = {instance["instance"] for line in lines(trail(server), "store") for instance in line["what"]["instances"]}
        assert told == set(acked)

    def test_a_trail_that_cannot_be_written_refuses_changes_not_reads(self, tmp_path):
        folder = tmp_path / "trail"
        folder.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder],
                                               check=False).returncode != 0:
            pytest.skip("a file system of a few megabytes cannot be mounted here (it takes root)")
        server = None
        try:
            server = Server(tmp_path, config=f'[audit]\npath = "{folder}"\n')
            made, other = make.native(), make.native()
            server.store(made, other)
            with (folder / "filler").open("wb", buffering=0) as filler:
                try:
                    while True:
                        filler.write(bytes(4096))
                except OSError:
                    pass
            # What is kept ahead takes a while to fill; searches fill it.
            statuses = []
            deadline = time.monotonic() + 120
            while 507 not in statuses and time.monotonic() < deadline:
                for _ in range(40):
                    server.get("/v2/studies?PatientName=" + "x" * 3500, JSON)
                statuses.append(server.post("/v2/studies", make.native().bytes).status_code)
            assert 507 in statuses
            assert server.delete("/v2" + made.path).status_code == 507
            assert server.get(f"/v2{made.path}/frames/1").status_code == 200  # still there, and readable
            assert "tessera_audit_failing 1" in server.get("/metrics").text
            (folder / "filler").unlink()
            deadline = time.monotonic() + 20
            while server.delete("/v2" + made.path).status_code == 507 and time.monotonic() < deadline:
                time.sleep(0.5)
            assert server.get("/v2" + made.path, "*/*").status_code == 404
            server.stop()
            done = subprocess.run([BINARY, "admin", "verify-audit", "--data", server.data, "--set", f"audit.path={folder}"],
                                  capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout
        finally:
            if server and server.process.poll() is None:
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
            subprocess.run(["umount", folder], check=True)


class TestCommands:
    def test_import_gc_and_rebuild_are_told_beside_a_running_server(self, tmp_path):
        made = make.native()
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.dcm").write_bytes(made.bytes)
        server = Server(tmp_path)
        server.store(make.native())
        run = lambda *words: subprocess.run([BINARY, *words, "--data", server.data], capture_output=True, text=True,
                                            timeout=60)
        assert run("import", tmp_path / "in").returncode == 0
        assert run("admin", "gc").returncode == 0
        server.store(make.native())
        server.stop()
        assert run("admin", "rebuild-catalog", "--force").returncode == 0
        events = [line["event"] for line in lines(trail(server))]
        assert events == ["continued", "start", "store", "import", "gc", "store", "stop", "rebuild"]
        told = lines(trail(server), "import")[0]
        assert told["who"]["issuer"] == "system" and told["from"] == "local"
        assert told["what"]["instances"][0]["instance"] == made.sop
        assert verify(server.data)[0] == 0

    def test_the_doctor_looks_at_it(self, guarded, file, tmp_path):
        run = lambda data: subprocess.run([BINARY, "doctor", "--data", data, "--listen", "127.0.0.1:0"],
                                          capture_output=True, text=True, timeout=60).stdout
        assert re.search(r"^ok +audit ", run(guarded.data), re.MULTILINE)
        shutil.copytree(trail(guarded), tmp_path / "audit")
        path = files(tmp_path / "audit")[-1]
        path.write_bytes(path.read_bytes().replace(b'"lab"', b'"lub"', 1))
        assert re.search(r"^error +audit +broken at ", run(tmp_path), re.MULTILINE)


class TestNames:
    """Names of patients reach the audit trail, as configured, and nothing else."""
    MARKS = ["Zyxname", "Zyxident", "Zyxacc", "Zyxdoctor"]

    def fill(self, server):
        made = make.native(PatientName="Zyxname^Jane", PatientID="Zyxident", AccessionNumber="Zyxacc",
                           ReferringPhysicianName="Zyxdoctor^Eva")
        server.store(made)
        server.post("/v2/studies", made.bytes)                     # again
        server.post("/v2/studies", made.bytes[:-100])              # cut
        server.post("/v2/studies", made.bytes, content_type="text/plain")
        for query in ("PatientName=Zyxname*", "PatientID=Zyxident", "AccessionNumber=Zyxacc", "PatientName=%3CZyxname",
                      "Zyxname=1", "limit=Zyxname", "includefield=Zyxname", "Zyxname"):
            for prefix in ("/v1", "/v2", "/dicom-web"):
                server.get(f"{prefix}/studies?{query}", JSON)
        for path in ("/v2/studies/Zyxname", "/v2/studies/Zyxname/metadata", "/Zyxname", "/v2/Zyxname/studies",
                     f"/v2{made.path}/frames/Zyxname", f"/v2{made.path}/bulkdata/Zyxname",
                     "/v2/partitions/Zyxname/studies", "/Zyxname%0a/studies?Zyxname"):
            server.get(path)
            server.delete(path)
        server.get(f"/v2{made.path}/metadata", JSON)
        server.get(f"/v2{made.path}/frames/1")
        return made

    @pytest.mark.parametrize("searches", ["values", "keys"])
    def test_they_are_in_no_log_and_no_metric(self, tmp_path, searches):
        server = Server(tmp_path, config=f'[log]\nlevel = "debug"\n[audit]\nsearches = "{searches}"\n')
        made = self.fill(server)
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "good.dcm").write_bytes(
            make.native(PatientName="Zyxname^Jane", PatientID="Zyxident", AccessionNumber="Zyxacc").bytes)
        (tmp_path / "in" / "bad.dcm").write_bytes(made.bytes[:-50])
        imported = subprocess.run([BINARY, "import", "--data", server.data, tmp_path / "in"], capture_output=True, text=True,
                                  timeout=60)
        metrics = server.get("/metrics").text
        strangers_error = server.get("/v2/studies/1.2.3/metadata", JSON).text
        server.delete("/v2" + made.path)
        server.stop()
        for mark in self.MARKS:
            for where in (server.log(), metrics, imported.stdout + imported.stderr, strangers_error):
                assert mark not in where, [line for line in where.splitlines() if mark in line][:5]
        text = b"".join(raw_lines(trail(server))).decode()
        assert ("Zyxname" in text) == (searches == "values")
        assert "Zyxdoctor" not in text
        assert ("PatientName=" in text) == (searches == "values") and "PatientName" in text
