"""Identity providers for the tests, on loopback and stopped by pid: a certified one (oidc-provider), and a hostile one."""
import contextlib
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time

import requests

from tessera_server import ROOT

FOLDER = ROOT / "test" / "oidc"
READY = re.compile(r"^ready (\S+)$", re.MULTILINE)
START_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Provider:
    """oidc-provider in a process of its own: url, token(client), rotate(), start(), stop().

    `clients`: metadata of those with which people sign in.
    """

    def __init__(self, folder, port=None, clients=(), token_seconds=3600):
        assert (FOLDER / "node_modules").is_dir(), "test/oidc has no node_modules: run script/bootstrap test"
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._out = folder / "provider.txt"
        self._environment = {**os.environ, "TESSERA_TEST_CLIENTS": json.dumps(list(clients)),
                             "TESSERA_TEST_TOKEN_SECONDS": str(token_seconds)}
        self.process = None

    def start(self):
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(["node", FOLDER / "provider.mjs", str(self.port)], stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, cwd=FOLDER, env=self._environment)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if READY.search(self._out.read_text()):
                return self
            time.sleep(0.05)
        self.stop()
        raise AssertionError(f"the provider is not ready:\n{self._out.read_text()}")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def token(self, client="owner", resource="urn:tessera"):
        answer = requests.post(f"{self.url}/token", auth=(client, f"{client}-secret"), timeout=30,
                               data={"grant_type": "client_credentials", "resource": resource,
                                     "scope": "Dicom.ReadWrite"})
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def bearer(self, client="owner", resource="urn:tessera"):
        return {"Authorization": "Bearer " + self.token(client, resource)}

    def revoke(self, client, token):
        answer = requests.post(f"{self.url}/token/revocation", auth=(client, f"{client}-secret"), timeout=30,
                               data={"token": token})
        assert answer.status_code == 200, answer.text

    def rotate(self):
        answer = requests.post(f"{self.url}/test/rotate", timeout=30)
        assert answer.status_code == 200
        return answer.text.strip()


class HostileProvider:
    """An HTTP server whose answers are a table: path -> function(handler). Counts what it is asked."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                answer = outer.answers.get(self.path)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    if answer is None:
                        self.send_error(404)
                    else:
                        answer(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def document(self, **members):
        return json.dumps({"issuer": self.url, "jwks_uri": self.url + "/keys", **members})

    def discovery(self, answer):
        self.answers["/.well-known/openid-configuration"] = answer

    def keys(self, answer):
        self.answers["/keys"] = answer


def text(body, status=200, kind="application/json", **fields):
    """An answer that says this."""
    data = body.encode()

    def send(handler):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in fields.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return send


def endless(handler):
    """An answer that never ends, as fast as it is read."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    for _ in range(1_000_000):
        handler.wfile.write(b" " * 65536)


def drip(handler):
    """An answer that never ends, byte by byte."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def hang(handler):
    """No answer at all."""
    time.sleep(60)
