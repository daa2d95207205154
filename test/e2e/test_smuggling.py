"""Requests that two readers could read differently: each gets a defined answer and its connection a defined end, alone
and behind nginx and HAProxy; bytes of one client's request are never answered as another's."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from raw_http import connect

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
CLOSES, STAYS = "closes", "stays"


def post(fields, body=b"", first=b"POST /health/live HTTP/1.1", host=b"Host: h\r\n"):
    return first + b"\r\n" + host + fields + b"\r\n" + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked\r\n", body)


def both(fields):
    """The length says that the hidden request is body; the coding, that it is the next request."""
    return post(fields, b"0\r\n\r\n" + SMUGGLED)


LENGTH = b"Content-Length: %d\r\n" % len(b"0\r\n\r\n" + SMUGGLED)
# name: (bytes, status, what becomes of the connection)
VARIANTS = {
    "length_and_coding": (both(LENGTH + b"Transfer-Encoding: chunked\r\n"), 400, CLOSES),
    "coding_and_length": (both(b"Transfer-Encoding: chunked\r\n" + LENGTH), 400, CLOSES),
    "coding_tab": (both(LENGTH + b"Transfer-Encoding:\tchunked\r\n"), 400, CLOSES),
    "coding_vertical_tab": (both(LENGTH + b"Transfer-Encoding: \x0bchunked\r\n"), 400, CLOSES),
    "coding_case": (both(LENGTH + b"tRANSFER-eNCODING: CHUNKED\r\n"), 400, CLOSES),
    "coding_space_before_colon": (both(LENGTH + b"Transfer-Encoding : chunked\r\n"), 400, CLOSES),
    "coding_folded": (both(LENGTH + b"X: y\r\n Transfer-Encoding: chunked\r\n"), 400, CLOSES),
    "coding_x": (both(b"Transfer-Encoding: xchunked\r\n"), 501, CLOSES),
    "coding_list": (both(b"Transfer-Encoding: chunked, identity\r\n"), 501, CLOSES),
    "coding_identity_first": (both(b"Transfer-Encoding: identity, chunked\r\n"), 501, CLOSES),
    "coding_twice": (both(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, CLOSES),
    "coding_then_x": (both(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), 400, CLOSES),
    "coding_quoted": (both(b'Transfer-Encoding: "chunked"\r\n'), 501, CLOSES),
    "coding_lf_name": (both(LENGTH + b"X: y\nTransfer-Encoding: chunked\r\n"), 400, CLOSES),
    "coding_in_1_0": (post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED,
                           b"POST /health/live HTTP/1.0"), 400, CLOSES),
    "length_twice": (post(b"Content-Length: 0\r\nContent-Length: 0\r\n", SMUGGLED), 400, CLOSES),
    "length_differs": (post(b"Content-Length: 0\r\nContent-Length: 35\r\n", SMUGGLED), 400, CLOSES),
    "length_plus": (post(b"Content-Length: +35\r\n", SMUGGLED), 400, CLOSES),
    "length_minus": (post(b"Content-Length: -35\r\n", SMUGGLED), 400, CLOSES),
    "length_hex": (post(b"Content-Length: 0x23\r\n", SMUGGLED), 400, CLOSES),
    "length_list": (post(b"Content-Length: 35, 35\r\n", SMUGGLED), 400, CLOSES),
    "length_inner_space": (post(b"Content-Length: 3 5\r\n", SMUGGLED), 400, CLOSES),
    "length_huge": (post(b"Content-Length: 99999999999999999999\r\n", SMUGGLED), 400, CLOSES),
    "length_empty": (post(b"Content-Length:\r\n", SMUGGLED), 400, CLOSES),
    "lf_lines": (b"GET /health/live HTTP/1.1\nHost: h\n\n", 400, CLOSES),
    "cr_in_value": (post(b"X: y\rZ: z\r\n"), 400, CLOSES),
    "folded": (post(b"X: y\r\n\tz\r\n"), 400, CLOSES),
    "nul_in_name": (post(b"X\0: y\r\n"), 400, CLOSES),
    "nul_in_value": (post(b"X: y\0\r\n"), 400, CLOSES),
    "control_in_value": (post(b"X: y\x1b[2J\r\n"), 400, CLOSES),
    "no_name": (post(b": y\r\n"), 400, CLOSES),
    "no_colon": (post(b"X y\r\n"), 400, CLOSES),
    "fields_101": (post(b"X: y\r\n" * 100), 431, CLOSES),
    "head_large": (post(b"X: " + b"y" * 40_000 + b"\r\n"), 431, CLOSES),
    "target_long": (b"GET /" + b"y" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414, CLOSES),
    "chunk_size_garbage": (chunked(b"zz\r\n" + SMUGGLED), 405, CLOSES),
    "chunk_size_overflow": (chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 405, CLOSES),
    "host_none": (post(b"", host=b""), 400, CLOSES),
    "host_twice": (post(b"Host: other\r\n"), 400, CLOSES),
    "host_invalid": (post(b"", host=b"Host: a/b\r\n"), 400, CLOSES),
    "host_differs": (post(b"", first=b"GET http://other/health/live HTTP/1.1"), 400, CLOSES),
    "absolute": (post(b"", first=b"GET http://h/health/live HTTP/1.1"), 200, STAYS),
    "version_0_9": (b"GET /health/live\r\n", 400, CLOSES),
    "version_1_2": (b"GET /health/live HTTP/1.2\r\nHost: h\r\n\r\n", 505, CLOSES),
    "version_2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, CLOSES),
    "upgrade_h2c": (post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
                         first=b"GET /health/live HTTP/1.1"), 200, STAYS),
    "get_with_body": (post(b"Content-Length: 35\r\n", SMUGGLED[:35], b"GET /health/live HTTP/1.1"), 200, STAYS),
    "expect_unknown": (post(b"Expect: 200-ok\r\n"), 417, CLOSES),
    "method_long": (post(b"", first=b"M" * 100 + b" /health/live HTTP/1.1"), 405, STAYS),
    "method_not_ascii": (post(b"", first=b"G\xc3\x84T / HTTP/1.1"), 400, CLOSES),
    "method_lower": (post(b"", first=b"get /health/live HTTP/1.1"), 405, STAYS),
    "connect": (post(b"", first=b"CONNECT h:443 HTTP/1.1"), 400, CLOSES),
    "two_spaces": (post(b"", first=b"GET  /health/live HTTP/1.1"), 400, CLOSES),
    "target_with_space": (post(b"", first=b"GET /health/ live HTTP/1.1"), 400, CLOSES),
    "star": (post(b"", first=b"GET * HTTP/1.1"), 400, CLOSES),
    "percent_garbage": (post(b"", first=b"GET /v2/studies/%zz/metadata HTTP/1.1"), 400, STAYS),
    "nul_in_uid": (post(b"", first=b"GET /v2/studies/1%00/metadata HTTP/1.1"), 400, STAYS),
    "overlong_utf8": (post(b"", first=b"GET /v2/studies?PatientID=%c0%af HTTP/1.1"), 400, STAYS),
    "slash_in_uid": (post(b"", first=b"GET /v2/studies/1%2f2/metadata HTTP/1.1"), 400, STAYS),
    "uid_long": (post(b"", first=b"GET /v2/studies/" + b"1." * 33 + b"1/metadata HTTP/1.1"), 400, STAYS),
    "dots": (post(b"", first=b"GET /dicom-web/../../etc/passwd HTTP/1.1"), 404, STAYS),
    "double_slash": (post(b"", first=b"GET //dicom-web/studies HTTP/1.1"), 404, STAYS),
    "backslash": (post(b"", first=b"GET /dicom-web\\..\\studies HTTP/1.1"), 404, STAYS),
}


def answers_in(bytes_):
    return len(re.findall(rb"HTTP/1\.1 \d{3} ", bytes_))


def read_until_quiet(connection, seconds):
    """What comes until the peer closes or is silent; and whether it closed."""
    connection.settimeout(seconds)
    got = b""
    while True:
        try:
            more = connection.recv(65536)
        except TimeoutError:
            return got, False
        except ConnectionResetError:
            return got, True
        if not more:
            return got, True
        got += more


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_its_answer_and_its_end(server, name):
    request, status, fate = VARIANTS[name]
    with connect(server) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        answer, closed = read_until_quiet(connection, 10 if fate == CLOSES else 1)
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
        assert answers_in(answer) == 1, "one request, one answer"
        assert closed == (fate == CLOSES), answer[:200]
        if fate == STAYS:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            assert b"alive" in read_until_quiet(connection, 10)[0]
    assert "/smuggled" not in server.log()


def test_after_a_refusal_nothing_pipelined_is_answered(server):
    with connect(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n" + SMUGGLED * 3)
        answer, closed = read_until_quiet(connection, 10)
    assert closed and answers_in(answer) == 1
    assert "/smuggled" not in server.log()


# --- behind a proxy


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_command(folder, port, upstream):
    user = "user root;" if os.geteuid() == 0 else ""
    temps = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                      ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
daemon off; {user} worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log {folder}/access.log; {temps}
  upstream tessera {{ server 127.0.0.1:{upstream}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://tessera; proxy_http_version 1.1; proxy_set_header Connection "";
                  proxy_request_buffering off; }}
  }}
}}""")
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def haproxy_command(folder, port, upstream):
    (folder / "haproxy.cfg").write_text(f"""
global
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend in
  bind 127.0.0.1:{port}
  default_backend tessera
backend tessera
  http-reuse always
  server one 127.0.0.1:{upstream} maxconn 1
""")
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


PROXIES = {"nginx": nginx_command, "haproxy": haproxy_command}


class Proxy:
    tls = None  # towards the tests

    def __init__(self, name, folder, server):
        self.port = free_port()
        self._logs = [folder / "access.log", folder / "out.txt"]
        with (folder / "out.txt").open("wb") as out:
            self.process = subprocess.Popen(PROXIES[name](folder, self.port, server.port), stdout=out,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), connect(self):
                return
            assert self.process.poll() is None and time.monotonic() < deadline, (folder / "out.txt").read_text()
            time.sleep(0.05)

    def count(self, text):
        return sum(log.read_text(errors="replace").count(text) for log in self._logs if log.exists())

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request, server, tmp_path_factory):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    running = Proxy(request.param, tmp_path_factory.mktemp(request.param), server)
    yield running
    running.stop()


@pytest.mark.parametrize("name", VARIANTS)
def test_behind_a_proxy_the_next_client_gets_its_own_answer(server, proxy, name):
    log_before = server.log().count("/smuggled")
    proxy_before = proxy.count("/smuggled")
    with connect(proxy) as attacker:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            attacker.sendall(VARIANTS[name][0])
        for _ in range(2):  # over the one connection that the proxy keeps
            with connect(proxy) as victim:
                victim.sendall(b"GET /health/live?marker HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                answer, _ = read_until_quiet(victim, 12)
                assert answer.startswith(b"HTTP/1.1 200 ") and answers_in(answer) == 1, answer[:300]
                assert answer.rstrip().endswith(b"alive"), answer[-300:]
        read_until_quiet(attacker, 0.2)
    # What the proxy took for a request of its own may come here; what it took for a body may not.
    deadline = time.monotonic() + 2
    came = server.log().count("/smuggled") - log_before
    while came > proxy.count("/smuggled") - proxy_before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert came <= proxy.count("/smuggled") - proxy_before
