"""The two calls of the original's pathology page, with the real curl, letter by letter."""
import subprocess

import pytest

import dicom_files as make

TOKEN = "curl-token-0123456789"
CONFIG = f'[auth]\ntokens = [{{ name = "curl", token = "{TOKEN}", role = "owner" }}]\n'


@pytest.fixture(scope="module")
def service(start):
    return start(config=CONFIG)


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", "60", *arguments], capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_store_and_frame_calls_of_the_pathology_page(service, tmp_path, version):
    # Large enough that curl asks with Expect: 100-continue.
    for name, file in (("native", make.native(side_data=1024)), ("jpeg", make.jpeg())):
        dcm_file, out = tmp_path / f"{name}.dcm", tmp_path / f"{name}.frame"
        dcm_file.write_bytes(file.bytes)
        answer = curl("-X", "POST", "-H", "Content-Type: application/dicom", "-H", f"Authorization: Bearer {TOKEN}",
                      "-H", "Accept: application/dicom+json", f"{service.url}/{version}/studies", "-T", str(dcm_file),
                      "-w", "\n%{http_code}\n%{content_type}")
        body, status, kind = answer.decode().rsplit("\n", 2)
        assert (status, kind) == ("200", "application/dicom+json"), body
        assert file.sop in body
        for number in (1, 2, 3):
            told = curl("-X", "GET", "-H", f"Authorization: Bearer {TOKEN}", "-H",
                        "Accept: application/octet-stream; transfer-syntax=*",
                        f"{service.url}/{version}{file.path}/frames/{number}", "--output", str(out),
                        "-w", "%{http_code} %{content_type}")
            status, _, kind = told.decode().partition(" ")
            assert status == "200"
            assert kind.replace('"', "") == f"application/octet-stream; transfer-syntax={file.syntax}"
            assert out.read_bytes() == file.frames()[number - 1]
