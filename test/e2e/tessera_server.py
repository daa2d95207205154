"""The real binary, started on a folder and a free port of its own, and stopped by its pid."""
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import requests

import tls_files

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("TESSERA_BIN", ROOT / "build" / "release" / "tessera"))
READY = re.compile(r"^tessera: listening on (https?://\S+:(\d+))$", re.MULTILINE)
START_SECONDS = 30
STOP_SECONDS = 30

# What must not be in the log of a server that was only asked things: its own errors, and answers it blames on itself.
# (501, 505 and 507 are what the client or the disk brought about.)
UNCLEAN = re.compile(r'^\S+ error |"level":"error"|\bstatus=50[03]\b|"status":50[03]\b|'
                     r'WARNING: ThreadSanitizer|ERROR: (?:Address|Leak)Sanitizer|: runtime error: ', re.MULTILINE)

# Set by script/ci when BINARY carries a sanitizer: what measures memory or preloads a library then means nothing.
SANITIZER = os.environ.get("TESSERA_TEST_SANITIZER", "")
plain_binary_only = pytest.mark.skipif(bool(SANITIZER), reason=f"means nothing under the {SANITIZER} sanitizer")


class Server:
    """A running `tessera serve`: url, host, port, data (its folder), log(), tls (its certificate; none: in the clear).

    With TESSERA_TEST_TLS=1 every server that says nothing else speaks TLS, and clients trust it by their environment.
    """

    def __init__(self, folder, config=None, arguments=(), environment=None, tls=tls_files.of_the_session(),
                 port=0):
        self.tls = tls
        arguments = [*arguments, *(tls.arguments() if tls else [])]
        self.data = folder / "data"
        self._out = folder / "stdout.txt"
        self._log = folder / "stderr.txt"
        command = [str(BINARY), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{port}", *arguments]
        if config is not None:
            (folder / "tessera.toml").write_text(config)
            (folder / "tessera.toml").chmod(0o600)  # it may hold tokens
            command += ["--config", str(folder / "tessera.toml")]
        with self._out.open("wb") as out, self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=out, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **(environment or {})})
        self.url, self.port = self._wait_until_ready()
        self.host = f"127.0.0.1:{self.port}"

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = READY.search(self._out.read_text())
            if found:
                return found.group(1), int(found.group(2))
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.process.kill()
        raise AssertionError(f"no ready line; exit {self.process.wait()}; stderr:\n{self.log()}")

    def log(self):
        return self._log.read_text(errors="replace")

    def stop(self):
        """SIGTERM and the end: exit code 0 is part of the contract."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end within {STOP_SECONDS} s of SIGTERM") from None
        assert code == 0, f"exit code {code}; stderr:\n{self.log()[-4000:]}"

    def kill(self):
        """As a power switch: no handler of the program runs."""
        self.process.kill()
        self.process.wait()
        assert "WARNING: ThreadSanitizer" not in self.log(), self.log()[:8000]

    def assert_clean_log(self):
        unclean = [line for line in self.log().splitlines() if UNCLEAN.search(line)]
        assert not unclean, "the log is not clean:\n" + "\n".join(unclean[:20])

    def request(self, method, path, accept=None, headers=None, **more):
        """A request to a path, or to an absolute URL. accept=None sends no Accept at all."""
        url = path if path.startswith("http") else self.url + path
        fields = {"Accept": accept, **(headers or {})}
        if self.tls:
            more = {"verify": str(self.tls.ca), **more}
        return requests.request(method, url, headers=fields, timeout=60, **more)

    def get(self, path, accept="*/*", headers=None, **more):
        return self.request("GET", path, accept, headers, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, "*/*", **more)

    def post(self, path, body, content_type="application/dicom", accept="application/dicom+json", headers=None):
        fields = {"Content-Type": content_type, **(headers or {})}
        return self.request("POST", path, accept, fields, data=body)

    def store(self, *files, prefix="/dicom-web", headers=None):
        """Stores each file by a request of its own; every one must be taken."""
        for file in files:
            answer = self.post(f"{prefix}/studies", file.bytes, headers=headers)
            assert answer.status_code in (200, 202), f"{answer.status_code}: {answer.text}"

    def files_left(self):
        """Everything in the data folder that belongs to no acked instance, when nothing is stored: must be empty."""
        folders = [self.data / "incoming", self.data / "blobs"]
        # os.walk passes over folders that go while it looks.
        return [os.path.join(path, name) for folder in folders for path, _, names in os.walk(folder) for name in names]

    def wait_for_log(self, text, seconds=10):
        """A line may be written after the answer that it tells of."""
        deadline = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < deadline, f"{text!r} is not in the log:\n{self.log()}"
            time.sleep(0.05)

    def wait_for_no_files(self, seconds=10):
        deadline = time.monotonic() + seconds
        while self.files_left() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.files_left() == []
