"""What one client may have: requests, connections, wrong credentials, bytes; and whom a forwarded address is believed."""
import contextlib
import re
import subprocess
import time

import pytest

import dicom_files as make
from dicomweb import JSON, MULTIPART_DICOM, StoreAnswer, multipart
from raw_http import connect, exchange, post_head, read_head
from tessera_server import BINARY

# Loopback is exempt as shipped; here it is the client.
LIMITS = "[limits]\nexempt_clients = []\n"
LIVE = "/health/live"


def live(connection, fields=""):
    connection.sendall(f"GET {LIVE} HTTP/1.1\r\nHost: h\r\n{fields}\r\n".encode())
    return status_of(read_head(connection))


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


@pytest.fixture(scope="module")
def slow(start):
    """One request a minute or so, after ten; its own proxy is trusted."""
    return start(config='trusted_proxies = ["127.0.0.0/30"]\n' + LIMITS + "requests_per_second = 1\nburst = 10\n")


def forwarded(address):
    return f"X-Forwarded-For: {address}\r\n"


def use_up(server, address):
    with connect(server) as connection:
        statuses = [live(connection, forwarded(address)) for _ in range(14)]
    assert statuses[0] == 200 and statuses[-1] == 429, statuses
    return statuses


class TestRequestsPerSecond:
    def test_above_the_rate_it_is_429_which_says_when_to_come_back(self, slow):
        assert use_up(slow, "198.51.100.1").count(200) in (10, 11, 12)
        answer = slow.get(LIVE, headers={"X-Forwarded-For": "198.51.100.1"})
        assert answer.status_code == 429 and 1 <= int(answer.headers["Retry-After"]) <= 60
        assert "too many requests" in answer.text

    def test_another_client_of_the_same_proxy_is_served(self, slow):
        use_up(slow, "198.51.100.2")
        assert slow.get(LIVE, headers={"X-Forwarded-For": "198.51.100.3"}).status_code == 200

    def test_addresses_that_the_client_put_in_front_change_nothing(self, slow):
        use_up(slow, "198.51.100.4")
        for claimed in ("9.9.9.9, 198.51.100.4", "198.51.100.5, 198.51.100.4, 127.0.0.2"):
            assert slow.get(LIVE, headers={"X-Forwarded-For": claimed}).status_code == 429, claimed

    def test_an_upload_is_refused_before_its_body(self, slow):
        use_up(slow, "198.51.100.6")
        head = post_head(slow, "/dicom-web/studies", "application/dicom", 10_000_000)
        answer = exchange(slow, head[:-2] + b"Expect: 100-continue\r\n" + forwarded("198.51.100.6").encode() + b"\r\n")
        assert status_of(answer) == 429 and b"100 Continue" not in answer

    def test_the_access_log_names_the_forwarded_client(self, slow):
        slow.get(LIVE, headers={"X-Forwarded-For": "198.51.100.77"})
        slow.wait_for_log("198.51.100.77")

    def test_the_metrics_count_it(self, slow):
        use_up(slow, "198.51.100.8")
        text = slow.get("/metrics", headers={"X-Forwarded-For": "198.51.100.9"}).text
        (line,) = [line for line in text.splitlines() if line.startswith('tessera_limit_refused_total{limit="rate"}')]
        assert float(line.split()[-1]) >= 4


def test_without_a_trusted_proxy_a_forwarded_address_is_not_believed(start):
    server = start(config=LIMITS + "requests_per_second = 1\nburst = 5\n")
    statuses = [server.get(LIVE, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(8)]
    assert statuses[:5] == [200] * 5 and 429 in statuses
    assert "198.51.100." not in server.log()


def test_as_shipped_a_viewer_on_loopback_meets_no_limit(server):
    with connect(server) as connection:
        assert {live(connection) for _ in range(500)} == {200}


def test_requests_at_once_are_limited_and_given_back(start):
    server = start(config=LIMITS + "concurrent_requests_per_client = 2\n")
    head = post_head(server, "/dicom-web/studies", "application/dicom", 1000)
    with connect(server) as one, connect(server) as two, connect(server) as three:
        for upload in (one, two):
            upload.sendall(head + b"x" * 10)
        time.sleep(0.5)
        assert live(three) == 429
        two.close()
        deadline = time.monotonic() + 10
        while live(three) != 200:
            assert time.monotonic() < deadline, "a request that ended still counts"
            time.sleep(0.05)


def test_connections_are_limited_and_given_back(start):
    server = start(config=LIMITS + "connections_per_client = 3\n")
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(connect(server)) for _ in range(3)]
        assert [live(connection) for connection in held] == [200] * 3
        with connect(server) as above:
            assert status_of(read_head(above)) == 429
        held[0].close()
        deadline = time.monotonic() + 10
        while True:
            with connect(server) as again, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                if live(again) == 200:
                    break
            assert time.monotonic() < deadline, "a connection that ended still counts"
            time.sleep(0.05)


class TestWrongCredentials:
    @pytest.fixture(scope="class")
    def guarded(self, start):
        return start(config=LIMITS + 'wrong_credentials_per_client = 5\n[[auth.tokens]]\nname = "a"\n'
                                     'token = "the-right-token"\nrole = "owner"\n')

    def test_guessing_is_429_soon_even_with_the_right_one(self, guarded):
        ask = lambda token: guarded.get("/v2/studies", JSON, headers={"Authorization": f"Bearer {token}"}).status_code
        statuses = [ask(f"guess-{n}") for n in range(12)]
        assert statuses[:5] == [401] * 5 and 429 in statuses, statuses
        assert 429 in [ask("the-right-token") for _ in range(1)] or 429 in [ask("guess") for _ in range(3)]
        assert guarded.get("/v2/studies", JSON).status_code == 401, "who shows none is asked for one"
        time.sleep(2.5)
        assert ask("the-right-token") in (200, 204)


class TestMalformedRequests:
    """Of one address they are answered at once up to a number; then its connections rest before they are read."""
    GARBAGE = [b"GET / HTTP/1.1\nbad\r\n\r\n",
               b"POST /dicom-web/studies HTTP/1.1\r\nHost: h\r\nContent-Type: application/dicom\r\nConnection: close\r\n"
               b"Content-Length: 10\r\n\r\nnot DICOM "]

    @staticmethod
    def rests(server):
        return float(re.search(r"^tessera_limit_rests_total (\S+)$", server.get("/metrics").text, re.M)[1])

    @pytest.mark.parametrize("garbage", GARBAGE, ids=["heads", "uploads"])
    def test_who_sends_them_over_and_over_is_held_up_and_answered_all_the_same(self, start, garbage):
        server = start(config=LIMITS + "malformed_requests_per_client = 3\n")
        statuses = [status_of(exchange(server, garbage)) for _ in range(2)]
        assert self.rests(server) == 0
        statuses += [status_of(exchange(server, garbage)) for _ in range(4)]
        assert self.rests(server) >= 1
        assert set(statuses) <= {400, 409}, "each gets its answer, sooner or later"
        assert server.get("/health/live").status_code == 200, "and so does what is well-formed"

    def test_instances_that_are_refused_for_what_they_say_hold_nobody_up(self, start):
        server = start(config=LIMITS + "malformed_requests_per_client = 3\n")
        once = make.native().bytes
        assert server.post("/dicom-web/studies", once, "application/dicom").status_code == 200
        assert [server.post("/dicom-web/studies", once, "application/dicom").status_code for _ in range(8)] == [409] * 8
        assert self.rests(server) == 0


class TestUploadQuotas:
    @pytest.fixture(scope="class")
    def small(self, start):
        return start(config=LIMITS + "max_instance_mib = 1\nmax_request_gib = 1\nupload_gib_per_day = 2\n")

    @pytest.mark.parametrize("length, status", [(2 << 20, 413), ((1 << 30) + 1, 413), (3 << 30, 413)])
    def test_a_stated_length_above_it_is_refused_before_the_body(self, small, length, status):
        head = post_head(small, "/dicom-web/studies", "application/dicom", length)
        answer = exchange(small, head[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert status_of(answer) == status and b"100 Continue" not in answer

    def test_a_multipart_request_above_it_is_refused_before_the_body(self, small):
        head = post_head(small, "/dicom-web/studies", MULTIPART_DICOM, (1 << 30) + 1)
        answer = exchange(small, head[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert status_of(answer) == 413 and b"100 Continue" not in answer

    def test_a_chunked_file_above_it_is_refused_on_the_way_and_leaves_nothing(self, small):
        large = make.native(side_data=1024).bytes
        assert len(large) > 2 << 20
        with connect(small) as connection:
            connection.sendall(post_head(small, "/dicom-web/studies", "application/dicom"))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for at in range(0, len(large), 65536):
                    piece = large[at:at + 65536]
                    connection.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
            assert status_of(read_head(connection)) == 413
        small.wait_for_no_files()
        assert small.get("/dicom-web/instances", JSON).status_code == 204

    def test_of_several_parts_only_the_large_one_is_refused(self, start):
        server = start(config=LIMITS + "max_instance_mib = 1\n")
        first, large, last = make.native(), make.native(side_data=1024), make.native()
        answer = server.post("/dicom-web/studies", multipart(first.bytes, large.bytes, last.bytes), MULTIPART_DICOM)
        assert answer.status_code == 202
        stored = StoreAnswer(answer)
        assert len(stored.stored) == 2 and len(stored.failed) == 1
        assert server.get(f"/dicom-web{large.path}/metadata", JSON).status_code == 404
        assert server.get(f"/dicom-web{last.path}/metadata", JSON).status_code == 200

    def test_a_day_that_is_used_up_is_429_until_tomorrow(self, start):
        server = start(config=LIMITS + "upload_gib_per_day = 1\n")
        head = post_head(server, "/dicom-web/studies", "application/dicom", (1 << 30) + 1)
        answer = exchange(server, head[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert status_of(answer) == 429 and b"Retry-After: " in answer and b"100 Continue" not in answer
        server.store(make.native())

    def test_parts_without_end_are_refused_before_their_outcomes_fill_the_memory(self, small):
        answer = small.post("/dicom-web/studies", multipart(*[("text/plain", b"")] * 65_537), MULTIPART_DICOM)
        assert answer.status_code == 413 and "65536 parts" in answer.text

    def test_a_compressed_body_is_refused(self, small):
        answer = small.post("/dicom-web/studies", b"\x1f\x8b" + bytes(100), headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 415 and "Content-Encoding" in answer.text


class TestFieldsOfEveryAnswer:
    @pytest.mark.parametrize("path", ["/", LIVE, "/metrics", "/nothing", "/dicom-web/studies", "/dicom-web/studies/%zz",
                                      "/v2/studies?x=%3Cscript", "/dicom-web/studies/1.2/metadata"])
    def test_no_browser_guesses_types_or_runs_what_was_stored(self, server, path):
        fields = server.get(path).headers
        assert fields["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in fields["Content-Security-Policy"]
        assert "unsafe" not in fields["Content-Security-Policy"]
        assert "Server" not in fields

    def test_a_refusal_of_the_protocol_has_them_too(self, server):
        answer = exchange(server, b"GET / HTTP/1.1\r\n\r\n")
        assert b"X-Content-Type-Options: nosniff" in answer and b"Content-Type: text/plain" in answer

    def test_the_page_may_not_be_framed_embedded_or_given_devices(self, server):
        fields = server.get("/").headers
        assert "frame-ancestors 'self'" in fields["Content-Security-Policy"]
        assert fields["Cross-Origin-Opener-Policy"] == fields["Cross-Origin-Resource-Policy"] == "same-origin"
        assert fields["Referrer-Policy"] == "no-referrer" and "camera=()" in fields["Permissions-Policy"]

    @pytest.mark.parametrize("origins, policy", [('["https://viewer.example"]', "cross-origin"), ("[]", "same-origin")])
    def test_other_sites_may_embed_data_only_where_origins_are_named(self, start, origins, policy):
        server = start(config=f"[cors]\norigins = {origins}\n")
        assert server.get("/dicom-web/studies").headers["Cross-Origin-Resource-Policy"] == policy


class TestSecrets:
    CONFIG = '[[auth.tokens]]\nname = "a"\ntoken = "a-very-secret-token"\nrole = "owner"\n'

    def test_a_token_that_everybody_may_read_stops_the_start(self, tmp_path):
        config = tmp_path / "tessera.toml"
        config.write_text(self.CONFIG)
        config.chmod(0o644)
        run = subprocess.run([BINARY, "serve", "--config", config, "--data", tmp_path / "data", "--listen", "127.0.0.1:0"],
                             capture_output=True, text=True, timeout=60)
        assert run.returncode == 1 and str(config) in run.stderr and "chmod" in run.stderr
        assert "a-very-secret-token" not in run.stderr + run.stdout

    def test_a_token_is_neither_printed_nor_logged_nor_in_the_process_list(self, start, tmp_path):
        server = start(config=self.CONFIG)
        assert server.get("/v2/studies", JSON, headers={"Authorization": "Bearer a-very-secret-token"}).status_code == 204
        server.get("/v2/studies", JSON, headers={"Authorization": "Bearer a-wrong-secret-token"})
        command = open(f"/proc/{server.process.pid}/cmdline").read()
        config = tmp_path / "tessera.toml"
        config.write_text(self.CONFIG)
        printed = subprocess.run([BINARY, "serve", "--config", config, "--print-config"], capture_output=True, text=True,
                                 timeout=60)
        assert printed.returncode == 0 and "********" in printed.stdout
        for text in (command, server.log(), printed.stdout + printed.stderr):
            assert "secret-token" not in text
