"""The doctor: finds what was broken on purpose, names it, says how to mend it, and is content with a sound set-up."""
import json
import os
import shutil
import socket
import subprocess

import pytest

import dicom_files as make
from tessera_server import BINARY, Server


def doctor(*arguments, code=None, environment=None):
    done = subprocess.run([str(BINARY), "doctor", "--json", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False, env={**os.environ, **(environment or {})})
    findings = json.loads(done.stdout)
    errors = [finding for finding in findings if finding["verdict"] == "error"]
    assert done.returncode == (1 if errors else 0), done
    if code is not None:
        assert done.returncode == code, findings
    for finding in findings:
        assert finding["what"] and (finding["verdict"] == "ok") == (finding["mend"] == ""), finding
    return findings


def about(findings, check, verdict):
    found = [finding for finding in findings if finding["check"] == check and finding["verdict"] == verdict]
    assert found, f"no {verdict} about {check}: {findings}"
    return " ".join(finding["what"] for finding in found)


@pytest.fixture
def folder(tmp_path):
    """A data folder with an image, its server stopped; it must be private to be sound."""
    server = Server(tmp_path)
    server.store(make.native())
    server.stop()
    return tmp_path / "data"


def test_a_sound_folder_and_a_free_port_are_ok(folder):
    findings = doctor("--data", folder, "--listen", f"127.0.0.1:{free_port()}", code=0)
    assert "format 2" in about(findings, "folder", "ok") and "schema" in about(findings, "catalog", "ok")
    assert "free" in about(findings, "port", "ok") and "tessera 0." in about(findings, "versions", "ok")
    assert not list(folder.glob("doctor-*"))


def test_as_text_every_finding_is_a_line(folder):
    done = subprocess.run([str(BINARY), "doctor", "--data", str(folder), "--listen", f"127.0.0.1:{free_port()}"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "ok       catalog" in done.stdout


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_running_server_of_ours_is_recognised(tmp_path):
    server = Server(tmp_path)
    try:
        findings = doctor("--data", server.data, "--listen", server.host, "--set", f"public_url={server.url}", code=0)
        assert "is ready" in about(findings, "port", "ok")
        assert "leads to a Tessera" in about(findings, "public_url", "ok")
    finally:
        server.stop()


def test_another_program_on_the_port_is_an_error(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        # It takes the connection and hangs up.
        import threading

        def hang_up():
            try:
                while True:
                    other.accept()[0].close()
            except OSError:
                pass
        threading.Thread(target=hang_up, daemon=True).start()
        findings = doctor("--data", folder, "--listen", f"127.0.0.1:{other.getsockname()[1]}", code=1)
        other.shutdown(socket.SHUT_RDWR)
    assert "another program" in about(findings, "port", "error")


def test_a_damaged_catalog_is_an_error(folder):
    catalog = folder / "catalog.sqlite"
    content = bytearray(catalog.read_bytes())
    content[4096:8192] = os.urandom(4096)
    catalog.write_bytes(content)
    findings = doctor("--data", folder, "--listen", "127.0.0.1:0", code=1)
    mend = [finding["mend"] for finding in findings if finding["check"] == "catalog"]
    assert any("rebuild-catalog" in text for text in mend)


def test_an_absent_catalog_and_a_newer_format_are_errors(folder):
    (folder / "catalog.sqlite").unlink()
    assert "no such file" in about(doctor("--data", folder, "--listen", "127.0.0.1:0", code=1), "catalog", "error")
    (folder / "FORMAT").write_text("tessera data format 9\n")
    assert "format 9" in about(doctor("--data", folder, "--listen", "127.0.0.1:0", code=1), "folder", "error")


def test_a_folder_of_others_is_an_error_and_a_missing_one_is_not(tmp_path):
    assert "first start makes it" in about(doctor("--data", tmp_path / "new", "--listen", "127.0.0.1:0"), "folder", "ok")
    assert not (tmp_path / "new").exists()
    (tmp_path / "letter.txt").write_text("mine")
    assert "no data folder" in about(doctor("--data", tmp_path, "--listen", "127.0.0.1:0", code=1), "folder", "error")


def test_a_disk_below_the_watermark_is_an_error(folder):
    findings = doctor("--data", folder, "--listen", "127.0.0.1:0", "--set", "storage.min_free_mib=900000000", code=1)
    assert "uploads are refused" in about(findings, "space", "error")


def test_a_folder_that_everybody_may_read_is_a_warning(folder):
    folder.chmod(0o755)
    assert "everybody" in about(doctor("--data", folder, "--listen", "127.0.0.1:0", code=0), "folder", "warning")


def test_token_files_that_everybody_may_read_are_errors(folder, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-long-secret-token\n")
    config = tmp_path / "c.toml"
    config.write_text(f'[[auth.tokens]]\nname = "x"\ntoken_file = "{token}"\n')
    token.chmod(0o644)
    arguments = ["--config", config, "--data", folder, "--listen", "127.0.0.1:0"]
    assert str(token) in about(doctor(*arguments, code=1), "tokens", "error")
    token.chmod(0o600)
    assert "private" in about(doctor(*arguments, code=0), "tokens", "ok")
    config.write_text('[[auth.tokens]]\nname = "x"\ntoken = "a-long-secret-token"\n')
    config.chmod(0o644)
    assert str(config) in about(doctor(*arguments, code=1), "tokens", "error")


def test_origins_that_no_browser_sends_are_errors_and_good_ones_pass_a_preflight(folder):
    arguments = ["--data", folder, "--listen", "127.0.0.1:0", "--set"]
    findings = doctor(*arguments, "cors.origins=https://viewer.example/,https://ok.example:8443", code=1)
    assert "https://viewer.example/" in about(findings, "cors", "error")
    assert "https://ok.example:8443" in about(findings, "cors", "ok")


def test_public_urls_are_judged(folder):
    def judged(url, verdict, code):
        findings = doctor("--data", folder, "--listen", f"127.0.0.1:{free_port()}", "--set", f"public_url={url}", code=code)
        return about(findings, "public_url", verdict)

    assert "/dicom-web" in judged("https://slides.example/dicom-web", "error", 1)
    assert "no base URL" in judged("https://", "error", 1)
    assert "plausible" in judged("https://slides.example", "ok", 0)


def test_a_setting_that_would_not_start_is_an_error(folder):
    findings = doctor("--data", folder, "--listen", "0.0.0.0:0", code=1)
    assert "authentication" in about(findings, "configuration", "error")


def test_a_folder_without_rights_is_an_error(folder):
    if os.geteuid() == 0:
        pytest.skip("root may do everything: rights cannot be taken away here")
    folder.chmod(0o500)
    try:
        about(doctor("--data", folder, "--listen", "127.0.0.1:0", code=1), "folder", "error")
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    assert "is no folder" in about(doctor("--data", tmp_path / "file", code=1), "folder", "error")


@pytest.mark.skipif(os.geteuid() != 0, reason="running as another user takes root: rights are not tested")
def test_another_user_is_told_of_rights_and_not_to_make_the_catalog_again(folder):
    for part in (folder, *folder.rglob("*")):
        part.chmod(0o700 if part.is_dir() else 0o600)
    for parent in folder.parents:
        if parent.owner() == "root" and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", str(BINARY), "doctor", "--json",
               "--listen", f"127.0.0.1:{free_port()}", "--data", str(folder)]
    for mode in (0o700, 0o755):
        folder.chmod(mode)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")
        findings = json.loads(done.stdout)
        assert "Permission denied" in about(findings, "folder", "error"), mode
        assert not [finding for finding in findings if finding["check"] == "catalog"]
        assert not any("rebuild" in finding["mend"] for finding in findings)


@pytest.mark.parametrize("url", ["http://", "http:///x", "http://a:99999", "http://a:x", "https://a b"])
def test_a_public_address_that_is_none_is_an_error(url, folder):
    findings = doctor("--data", folder, "--listen", f"127.0.0.1:{free_port()}", "--set", f"public_url={url}", code=1)
    assert "no base URL" in about(findings, "public_url", "error")


@pytest.mark.parametrize("origin", ["https://A.example", "https://a.example:443", "http://a.example:80", "https://a.example/",
                                    "https://a:99999", "https://", "null", "a.example"])
def test_an_origin_that_no_browser_sends_is_an_error(origin, folder):
    findings = doctor("--data", folder, "--listen", f"127.0.0.1:{free_port()}", "--set", f"cors.origins={origin}", code=1)
    assert origin in about(findings, "cors", "error")


def test_a_host_without_address_is_said(folder):
    findings = doctor("--data", folder, "--listen", "nowhere.invalid:8080", "--set", "insecure_no_auth=true", code=1)
    assert "no address" in about(findings, "port", "error")
