"""The log: text or JSON, one line an event, as much as the configuration wants, and never a patient."""
import json
import re
import signal
import socket
import subprocess
import time

import pytest
import requests

import dicom_files as make
from tessera_server import BINARY


def use(server):
    server.store(make.native(PatientName='Quoted"\\Name^X'))
    server.get('/dicom-web/studies?PatientName=Secret', "application/dicom+json")
    server.get('/a"b\\c\u00e9')
    server.stop()
    return server.log()


@pytest.fixture
def run(tmp_path):
    """run(**settings of [log]) -> the log of a short life."""
    from tessera_server import Server

    def life(**settings):
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        return use(Server(tmp_path, config="[log]\n" + "\n".join(lines) + "\n"))
    return life


def test_json_lines_are_objects_with_time_level_and_message(run):
    lines = [json.loads(line) for line in run(format="json").splitlines()]
    assert {"serving", "request", "stopping"} <= {line["message"] for line in lines}, lines
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) and line["level"] in (
            "debug", "info", "warning", "error")
    requests = [line for line in lines if line["message"] == "request"]
    assert len(requests) >= 3 and all(isinstance(line["status"], int) and line["id"] for line in requests)
    assert not any("Secret" in json.dumps(line) for line in lines)


@pytest.mark.parametrize("redirections", ["2>&-", "0>&- 2>&-", "0>&- 1>&- 2>&-"])
def test_with_closed_standard_descriptors_nothing_is_written_into_the_data(redirections, tmp_path):
    """The first files that a program opens get the lowest free numbers, and 1 and 2 are written to."""
    data = tmp_path / "data"
    source = tmp_path / "a.dcm"
    source.write_bytes(make.native().bytes)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shell = ["sh", "-c", f'exec "$0" serve --data "$1" --listen 127.0.0.1:{port} {redirections}', BINARY, data]
    process = subprocess.Popen(shell, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                if requests.get(url + "/health/ready", timeout=5).status_code == 200:
                    break
            except requests.ConnectionError:
                time.sleep(0.1)
        answer = requests.post(url + "/v2/studies", data=source.read_bytes(), timeout=30,
                               headers={"Content-Type": "application/dicom", "Accept": "application/dicom+json"})
        assert answer.status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert (data / "lock").read_bytes() == b""
    stored = [file for file in data.rglob("*.dcm")]
    assert [file.read_bytes() for file in stored] == [source.read_bytes()]


def test_text_lines_begin_with_time_and_level(run):
    for line in run(format="text").splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) ", line), line


def test_access_lines_can_be_switched_off_alone(run):
    log = run(access=False)
    assert " request " not in log and "serving" in log


def test_a_level_holds_back_what_is_below_it(run):
    lines = run(level="warning").splitlines()
    assert not [line for line in lines if "warning running as root" not in line]  # true where tests run as root


def test_off_is_silent(run):
    assert run(level="off") == ""
