"""TLS on the port: what is spoken and what is refused, whom it proves to be, how it is renewed, and that HTTP above it is
what it is in the clear."""
import hashlib
import http.client
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
import requests

import dicom_files as make
from conftest import running
from dicomweb import StoreAnswer, assert_says_why, value
from importing import run_import
from raw_http import connect, exchange, post_head, read_head
from tessera_server import BINARY, plain_binary_only
from test_doctor import about, doctor
from tls_files import Authority, openssl

OCTETS = "application/octet-stream; transfer-syntax=*"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(tmp_path_factory, authority):
    with running(tmp_path_factory.mktemp("tls"), tls=authority.issue()) as running_server:
        yield running_server


@pytest.fixture
def serve(tmp_path, authority):
    """serve(**options): a server of the test's own, with a pair of its own unless told."""
    started = []

    def start(config=None, pair=None, arguments=()):
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        started.append(running(folder, config=config, arguments=arguments, tls=pair or authority.issue()))
        return started[-1].__enter__()

    yield start
    for one in reversed(started):
        one.__exit__(None, None, None)


def s_client(server, *arguments, text="", timeout=30):
    """What openssl's own client says, with its errors."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", server.tls.ca,
                           *arguments], input=text, capture_output=True, text=True, timeout=timeout, check=False)
    return done.stdout + done.stderr


def serial_served(server):
    """Of the certificate that a new handshake shows."""
    with connect(server) as connection:
        return int(connection.getpeercert()["serialNumber"], 16)


def sized(padding):
    """An instance with that many bytes behind its attributes."""
    return make.native(DataSetTrailingPadding=secrets.token_bytes(padding))


def wait_until(holds, seconds=15):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def weight(server):
    """Anonymous memory in MiB, and descriptors."""
    folder = f"/proc/{server.process.pid}"
    with open(f"{folder}/status") as status:
        memory = int(re.search(r"RssAnon:\s+(\d+) kB", status.read()).group(1)) // 1024
    return memory, len(os.listdir(f"{folder}/fd"))


class TestWhatIsSpoken:
    @pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
    def test_tls_1_2_and_1_3_are(self, server, version):
        said = s_client(server, version, "-verify_return_error", "-verify_hostname", "localhost")
        assert "Verify return code: 0 (ok)" in said and "Compression: NONE" in said

    @pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
    def test_what_is_older_is_refused(self, server, version):
        said = s_client(server, version, "-cipher", "DEFAULT@SECLEVEL=0")
        assert "Cipher is (NONE)" in said and "alert" in said

    @pytest.mark.parametrize("cipher", ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256",
                                        "ECDHE-ECDSA-AES256-SHA384", "aNULL", "ECDHE-ECDSA-AES128-CCM"])
    def test_weak_ciphers_are_refused(self, server, cipher):
        assert "Cipher is (NONE)" in s_client(server, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")

    @pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                        "ECDHE-ECDSA-CHACHA20-POLY1305"])
    def test_the_intermediate_ciphers_are_spoken(self, server, cipher):
        assert f"Cipher is {cipher}" in s_client(server, "-tls1_2", "-cipher", cipher)

    def test_an_rsa_certificate_serves_too(self, serve, authority):
        server = serve(pair=authority.issue(key=("rsa", "rsa_keygen_bits:2048")))
        assert "Cipher is ECDHE-RSA-AES128-GCM-SHA256" in s_client(server, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")
        assert server.get("/health/live").text == "alive\n"

    def test_min_version_1_3_refuses_1_2(self, serve):
        server = serve(config='[tls]\nmin_version = "1.3"\n')
        assert "Cipher is (NONE)" in s_client(server, "-tls1_2")
        assert "Verify return code: 0 (ok)" in s_client(server, "-tls1_3")

    def test_http_1_1_is_agreed_on_and_h2_alone_is_refused(self, server):
        assert "ALPN protocol: http/1.1" in s_client(server, "-alpn", "h2,http/1.1")
        assert "no application protocol" in s_client(server, "-alpn", "h2")

    def test_a_peer_cannot_renegotiate(self, server):
        said = s_client(server, "-tls1_2", text="R\n")
        assert "RENEGOTIATING" in said and "no renegotiation" in said

    def test_early_data_is_off(self, server):
        said = s_client(server, "-tls1_3", "-ign_eof", text="GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert "Max Early Data: 0" in said


class TestResumption:
    def test_tls_1_2_sessions_are_resumed_whichever_loop_takes_them(self, server):
        said = s_client(server, "-tls1_2", "-reconnect")
        assert said.count("Reused, TLSv1.2") == 5, said

    def test_tls_1_2_sessions_without_tickets_are_resumed(self, server):
        assert s_client(server, "-tls1_2", "-reconnect", "-no_ticket").count("Reused, TLSv1.2") == 5

    def test_tls_1_3_sessions_are_resumed_also_after_a_reload(self, serve, tmp_path):
        server = serve()
        session = tmp_path / "session.pem"
        request = "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        assert "New, TLSv1.3" in s_client(server, "-tls1_3", "-ign_eof", "-sess_out", session, text=request)
        for _ in range(4):
            assert "Reused, TLSv1.3" in s_client(server, "-tls1_3", "-ign_eof", "-sess_in", session, text=request)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "read again" in server.log())
        assert "Reused, TLSv1.3" in s_client(server, "-tls1_3", "-ign_eof", "-sess_in", session, text=request)


class Load:
    """Threads that ask on kept and on new connections until the end; every answer must be right."""

    def __init__(self, server):
        self.server, self.ended, self.failures, self.answers = server, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self._ask, args=(keep,)) for keep in (True, True, False, False)]

    def _ask(self, keep):
        session = requests.Session()
        try:
            while not self.ended.is_set():
                if not keep:
                    session = requests.Session()
                answer = session.get(self.server.url + "/health/live", verify=str(self.server.tls.ca), timeout=30)
                assert answer.status_code == 200 and answer.text == "alive\n"
                self.answers += 1
                if not keep:
                    session.close()
        except Exception as error:  # whatever it is, it is the finding
            self.failures.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures and self.answers > 20, (self.failures, self.answers)


class TestRenewal:
    def test_sighup_takes_the_new_pair_without_a_failed_request(self, serve, authority):
        server = serve()
        new = authority.issue()
        with Load(server):
            server.tls.replace_by(new)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: serial_served(server) == new.serial())

    def test_files_that_change_are_taken_by_themselves_under_load(self, serve, authority):
        server = serve()
        with Load(server):
            for _ in range(2):
                new = authority.issue()
                server.tls.replace_by(new)
                wait_until(lambda new=new: serial_served(server) == new.serial())
        assert server.log().count("TLS certificate read again") == 2

    def test_a_connection_that_runs_keeps_its_certificate_and_goes_on(self, serve, authority):
        server = serve()
        with connect(server) as connection:
            connection.sendall(LIVE)
            assert b"alive" in read_head(connection)
            new = authority.issue()
            server.tls.replace_by(new)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: serial_served(server) == new.serial())
            connection.sendall(LIVE)
            assert b"alive" in read_head(connection)

    @pytest.mark.parametrize("asked", [True, False], ids=["by SIGHUP", "by the files"])
    def test_a_broken_pair_is_logged_and_the_old_one_stays(self, serve, authority, asked):
        server = serve()
        old = server.tls.serial()
        new = authority.issue()
        server.tls.certificate.write_bytes(new.certificate.read_bytes())  # its key is not there
        if asked:
            server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "is not the key of" in server.log())
        assert serial_served(server) == old
        time.sleep(0 if asked else 5)
        assert server.log().count("the old one stays") == 1  # said once, not every time it looks
        server.tls.key.write_bytes(new.key.read_bytes())  # now it is
        wait_until(lambda: serial_served(server) == new.serial())

    def test_when_it_ends_is_a_metric(self, server):
        found = re.search(r"^tessera_tls_certificate_expires_seconds (\S+)$", server.get("/metrics").text, re.MULTILINE)
        assert 88 * 86400 < float(found.group(1)) - time.time() < 91 * 86400


class TestClientCertificates:
    @pytest.fixture(scope="class")
    def clients(self, tmp_path_factory):
        return Authority(tmp_path_factory.mktemp("clients"), "Clients' authority")

    def ask(self, server, pair=None, version=None):
        context = server.tls.context()
        if version:
            context.maximum_version = version
        if pair:
            context.load_cert_chain(pair.certificate, pair.key)
        with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
            with server.tls.wrap(connection, context) as secured:
                secured.sendall(LIVE)
                return b" 200 " in read_head(secured)

    def config(self, clients, rule):
        return f'[tls]\nclient_ca = "{clients.certificate}"\nclient_certificates = "{rule}"\n'

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_required_lets_in_only_whom_the_authority_vouches_for(self, serve, authority, clients, version):
        server = serve(config=self.config(clients, "required"))
        assert self.ask(server, clients.issue(subject="/CN=scanner-3"), version)
        for stranger in (None, authority.issue(), clients.issue(days=-1)):
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                assert not self.ask(server, stranger, version)

    def test_optional_lets_in_who_shows_none_but_not_who_shows_a_wrong_one(self, serve, authority, clients):
        server = serve(config=self.config(clients, "optional"))
        assert self.ask(server) and self.ask(server, clients.issue())
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            assert not self.ask(server, authority.issue())

    def test_none_does_not_ask(self, server, clients):
        assert "No client certificate CA names sent" in s_client(server, "-tls1_2")
        assert self.ask(server, clients.issue())

    @pytest.mark.parametrize("config, words", [
        ('client_certificates = "required"', "client_ca"), ('client_ca = "ca.pem"', "client_certificates")])
    def test_half_of_the_setting_is_refused(self, tmp_path, authority, config, words):
        pair = authority.issue()
        (tmp_path / "c.toml").write_text(f"[tls]\n{config}\n")
        assert words in refused(tmp_path, "--config", tmp_path / "c.toml", *pair.arguments())


def refused(folder, *arguments):
    """The sentence with which the server refuses to start."""
    done = subprocess.run([BINARY, "serve", "--data", folder / "data", "--listen", "127.0.0.1:0", *arguments],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in (1, 2), done
    assert done.stderr.startswith("tessera: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


class TestPairsThatCannotServe:
    @pytest.fixture
    def pair(self, authority):
        return authority.issue()

    def check(self, folder, pair, *words):
        """The start and the doctor say the same."""
        said = refused(folder, *pair.arguments())
        (folder / "data").mkdir(exist_ok=True)
        found = about(doctor("--data", folder / "data", "--listen", "127.0.0.1:0", *pair.arguments(), code=1), "tls", "error")
        for word in words:
            assert word in said and word in found, (said, found)

    def test_a_key_of_another_certificate(self, tmp_path, pair, authority):
        pair.key = authority.issue().key
        self.check(tmp_path, pair, "is not the key of", str(pair.key))

    def test_an_expired_certificate(self, tmp_path, authority):
        self.check(tmp_path, authority.issue(days=-1), "expired on 20")

    def test_an_encrypted_key(self, tmp_path, pair):
        openssl("pkey", "-in", pair.key, "-aes128", "-passout", "pass:secret", "-out", tmp_path / "locked.key")
        (tmp_path / "locked.key").chmod(0o600)
        pair.key = tmp_path / "locked.key"
        self.check(tmp_path, pair, "is encrypted")

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_a_key_that_others_may_read(self, tmp_path, pair, mode):
        pair.key.chmod(mode)
        self.check(tmp_path, pair, "chmod 600", str(pair.key))

    def test_files_that_are_missing_empty_or_something_else(self, tmp_path, pair):
        good = pair.certificate
        for text, word in ((None, "No such file"), ("", "no certificate in PEM"), ("hello", "no certificate in PEM"),
                           (good.read_text().replace("M", "N"), "damaged")):
            pair.certificate = tmp_path / "wrong.pem"
            if text is not None:
                pair.certificate.write_text(text)
            self.check(tmp_path, pair, word, "wrong.pem")
        pair.certificate, pair.key = good, tmp_path / "wrong.key"
        self.check(tmp_path, pair, "No such file", "wrong.key")
        pair.key.write_text("hello")
        pair.key.chmod(0o600)
        self.check(tmp_path, pair, "no private key in PEM", "wrong.key")

    def test_a_certificate_without_a_key(self, tmp_path, pair):
        assert "tls.key is missing" in refused(tmp_path, "--set", f"tls.certificate={pair.certificate}")

    def test_the_doctor_finds_a_server_that_speaks_tls(self, server):
        arguments = ["--data", server.data, "--listen", server.host, *server.tls.arguments()]
        assert "is ready" in about(doctor(*arguments, code=0), "port", "ok")
        assert "another program" in about(doctor("--data", server.data, "--listen", server.host, code=1), "port", "error")

    def test_the_doctor_warns_before_the_end_and_of_another_name(self, tmp_path, authority):
        (tmp_path / "data").mkdir()
        pair = authority.issue(names="DNS:slides.example", days=20)
        arguments = ["--data", tmp_path / "data", "--listen", "127.0.0.1:0", *pair.arguments(), "--set"]
        found = about(doctor(*arguments, "public_url=https://other.example:8443/x"), "tls", "warning")
        assert "ends in" in found and "not for 'other.example'" in found and "DNS:slides.example" in found
        fine = [f for f in doctor(*arguments, "public_url=https://slides.example") if "not for" in f["what"]]
        assert fine == []


class TestInTheClear:
    @pytest.mark.parametrize("arguments, starts", [
        ((), False), (("--insecure-cleartext",), True), (("--set", "tls.allow_cleartext=true"), True),
        (("--set", "trusted_proxies=127.0.0.1"), True)])
    def test_beyond_loopback_it_must_be_said(self, tmp_path, arguments, starts):
        command = [BINARY, "serve", "--data", tmp_path / "data", "--listen", "0.0.0.0:0", "--insecure-no-auth", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            line = process.stdout.readline()
            process.terminate()
            assert bool(line) == starts and (starts or "--insecure-cleartext" in process.stderr.read())

    def test_no_hsts_there(self, tmp_path):
        with running(tmp_path, tls=None) as server:
            assert "Strict-Transport-Security" not in server.get("/health/live").headers

    def test_http_to_the_tls_port_is_told_so(self, server):
        for request in (LIVE, b"DELETE /v2/studies/1.2 HTTP/1.1\r\n\r\n", b"G",
                        b"POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000):
            with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
                connection.sendall(request)
                answer = b""
                while got := connection.recv(65536):
                    answer += got
            assert answer.startswith(b"HTTP/1.1 400 ") and b"speaks HTTPS" in answer and b"Strict-" not in answer


class TestHttpAboveIt:
    def test_every_answer_asks_browsers_to_stay(self, server):
        for path in ("/health/live", "/", "/v2/studies/x", "/nowhere"):
            assert server.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"
        assert b"Strict-Transport-Security: max-age=31536000" in exchange(server, b"NONSENSE\r\n\r\n")

    def test_hsts_can_be_set_and_switched_off(self, serve):
        assert serve(config="[tls]\nhsts_seconds = 60\n").get("/").headers["Strict-Transport-Security"] == "max-age=60"
        assert "Strict-Transport-Security" not in serve(config="[tls]\nhsts_seconds = 0\n").get("/").headers

    def test_urls_in_answers_are_https(self, server):
        made = make.native()
        item = StoreAnswer(server.post("/v2/studies", made.bytes)).stored[0]
        assert server.url.startswith("https://")
        assert value(item, "00081190") == f"{server.url}/v2{made.path}"

    def test_what_goes_up_comes_down_byte_for_byte_at_any_size(self, server):
        for padding in (0, 2, 15_000, 16_384, 65_536, 131_072, 1_048_576, 48 * 1024 * 1024):
            made = sized(padding)
            server.store(made)
            got = server.get(f"/dicom-web{made.path}", "application/dicom; transfer-syntax=*")
            assert got.status_code == 200 and got.content == made.bytes
            part = server.get(f"/dicom-web{made.path}", "application/dicom; transfer-syntax=*", {"Range": "bytes=100-40000"})
            assert part.content == made.bytes[100:40001]
            head = server.request("HEAD", f"/dicom-web{made.path}", "application/dicom; transfer-syntax=*")
            assert int(head.headers["Content-Length"]) == len(made.bytes)

    def test_many_frames_on_one_connection_and_in_one_answer(self, server):
        made = make.jpeg(frames=60)
        server.store(made)
        session = requests.Session()
        trust = str(server.tls.ca)
        for number, frame in enumerate(made.frames(), 1):
            got = session.get(f"{server.url}/dicom-web{made.path}/frames/{number}", headers={"Accept": OCTETS}, timeout=30,
                              verify=trust)
            assert got.content == frame
        every = ",".join(str(number) for number in range(1, 61))
        got = session.get(f"{server.url}/dicom-web{made.path}/frames/{every}", timeout=30, verify=trust,
                          headers={"Accept": 'multipart/related; type="application/octet-stream"; transfer-syntax=*'})
        assert got.status_code == 200 and all(frame in got.content for frame in made.frames())

    def test_pipelined_requests_are_answered_in_order(self, server):
        with connect(server) as connection:
            connection.sendall(LIVE * 50)
            answer = b""
            while answer.count(b"alive\n") < 50:
                answer += connection.recv(65536)
            assert answer.count(b"HTTP/1.1 200 OK") == 50

    def test_an_upload_waits_for_100_continue(self, server):
        made = make.native()
        with connect(server) as connection:
            head = post_head(server, "/v2/studies", "application/dicom", len(made.bytes))
            connection.sendall(head[:-2] + b"Expect: 100-continue\r\n\r\n")
            assert read_head(connection).startswith(b"HTTP/1.1 100 Continue")
            connection.sendall(made.bytes)
            assert read_head(connection).startswith(b"HTTP/1.1 200")

    def test_a_chunked_upload_in_tiny_records_is_taken(self, server):
        made = make.native()
        with connect(server) as connection:
            connection.sendall(post_head(server, "/v2/studies", "application/dicom"))
            for at in range(0, len(made.bytes), 37):
                piece = made.bytes[at:at + 37]
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            connection.sendall(b"0\r\n\r\n")
            assert read_head(connection).startswith(b"HTTP/1.1 200")

    def test_the_end_of_an_answer_is_told_by_close_notify(self, server):
        with connect(server) as connection:
            connection.sendall(LIVE[:-2] + b"Connection: close\r\n\r\n")
            answer = b""
            while got := connection.recv(65536):  # a ragged end would raise
                answer += got
            assert answer.endswith(b"alive\n")

    @pytest.mark.parametrize("polite", [True, False], ids=["with close_notify", "without"])
    def test_a_peer_that_said_all_it_had_to_say_is_answered(self, server, polite):
        assert half_closed(server, LIVE, polite).endswith(b"alive\n")

    def test_a_peer_that_is_cut_off_in_an_upload_leaves_nothing(self, serve):
        server = serve()
        made = sized(4_000_000)
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", server.port), 30) as plain:
                secured = server.tls.wrap(plain)
                secured.sendall(post_head(server, "/v2/studies", "application/dicom", len(made.bytes)) + made.bytes[:3_000_000])
                wait_until(server.files_left)
                os.close(secured.detach())  # no close_notify
            server.wait_for_no_files()

    def test_stopping_lets_a_slow_download_end(self, authority, tmp_path):
        made = sized(24 * 1024 * 1024)
        with running(tmp_path, tls=authority.issue()) as server:
            server.store(made)
            connection = http.client.HTTPSConnection("localhost", server.port, context=server.tls.context(), timeout=30)
            connection.request("GET", f"/dicom-web{made.path}", headers={"Accept": "application/dicom; transfer-syntax=*"})
            answer = connection.getresponse()
            digest = hashlib.sha256(answer.read(1000))
            server.process.send_signal(signal.SIGTERM)
            while piece := answer.read(1024 * 1024):
                digest.update(piece)
                time.sleep(0.02)
            assert digest.digest() == hashlib.sha256(made.bytes).digest()


class TestHostilePeers:
    @plain_binary_only
    def test_garbage_handshakes_leave_memory_and_descriptors_flat(self, serve):
        server = serve()
        hello = client_hello()

        def round_of_garbage(count):
            for number in range(count):
                with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
                    try:
                        kind = number % 5
                        connection.sendall([secrets.token_bytes(300), hello[:1 + number % len(hello)],
                                            b"\x16\x03\x01\xff\xff" + secrets.token_bytes(500),
                                            hello[:60] + secrets.token_bytes(200), hello][kind])
                    except OSError:
                        pass  # refused already

        round_of_garbage(300)
        time.sleep(1)
        memory, descriptors = weight(server)
        round_of_garbage(1500)
        wait_until(lambda: weight(server)[1] <= descriptors)
        assert weight(server)[0] <= memory + 8
        assert server.get("/health/live").status_code == 200

    def test_a_slow_handshake_is_cut(self, server):
        with socket.create_connection(("127.0.0.1", server.port), 60) as silent, \
             socket.create_connection(("127.0.0.1", server.port), 60) as dripping:
            began = time.monotonic()
            hello = client_hello()
            for byte in hello[:18]:  # a byte a second: no head start for being busy
                try:
                    dripping.sendall(bytes([byte]))
                except OSError:
                    break
                time.sleep(1)
            for connection in (silent, dripping):
                try:
                    assert connection.recv(100) == b""
                except ConnectionResetError:
                    pass
            assert time.monotonic() - began < 25

    @plain_binary_only
    def test_peers_that_read_nothing_hold_little_memory(self, serve):
        server = serve()
        made = sized(64 * 1024 * 1024)
        server.store(made)
        before, _ = weight(server)
        stalled = []
        for _ in range(40):
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.connect(("127.0.0.1", server.port))
            secured = server.tls.wrap(plain)
            secured.sendall(f"GET /dicom-web{made.path} HTTP/1.1\r\nHost: a\r\n"
                            "Accept: application/dicom; transfer-syntax=*\r\n\r\n".encode())
            stalled.append(secured)
        time.sleep(2)
        assert weight(server)[0] - before < 40  # MiB: not the 2,560 they asked for
        for connection in stalled:
            connection.close()

    @plain_binary_only
    def test_idle_connections_hold_no_buffers(self, serve):
        server = serve()
        server.get("/health/live")
        before, _ = weight(server)
        idle = []
        for _ in range(200):
            connection = connect(server)
            connection.sendall(LIVE)
            read_head(connection)
            idle.append(connection)
        assert weight(server)[0] - before < 200 * 64 / 1024 + 4
        for connection in idle:
            connection.close()


def half_closed(server, request, polite):
    """What comes back when a request is all that is sent: close_notify if polite, then the end of this direction."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = server.tls.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        shaking = True
        while shaking:
            try:
                client.do_handshake()
                shaking = False
            except ssl.SSLWantReadError:
                pass
            connection.sendall(outgoing.read())
            if shaking:
                incoming.write(connection.recv(65536))
        client.write(request)
        if polite:
            with pytest.raises(ssl.SSLWantReadError):
                client.unwrap()
        connection.sendall(outgoing.read())
        connection.shutdown(socket.SHUT_WR)
        while got := connection.recv(65536):
            incoming.write(got)
        answer = b""
        while True:
            try:
                got = client.read(65536)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                return answer
            if not got:
                return answer
            answer += got


def client_hello():
    """The first bytes that a client sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


class TestImportOverTls:
    def test_it_sends_to_a_server_whose_authority_is_named(self, server, tmp_path):
        made = make.native()
        (tmp_path / "a.dcm").write_bytes(made.bytes)
        done = run_import(tmp_path / "a.dcm", "--server", f"https://localhost:{server.port}", "--server-ca", server.tls.ca)
        assert done.returncode == 0, done.stderr
        got = server.get(f"/dicom-web{made.path}", "application/dicom; transfer-syntax=*")
        assert got.content == made.bytes

    def test_it_sends_nothing_to_a_server_that_it_cannot_know(self, server, serve, authority, tmp_path):
        other = serve(pair=authority.issue(names="DNS:slides.example"))
        made = make.native()
        (tmp_path / "a.dcm").write_bytes(made.bytes)
        for address, arguments, word in ((f"https://localhost:{server.port}", (), "certificate"),
                                         (other.url, ("--server-ca", server.tls.ca), "127.0.0.1")):
            began = time.monotonic()
            done = run_import(tmp_path / "a.dcm", "--server", address, *arguments)
            assert done.returncode == 1 and "SSL" in done.stderr and word in done.stderr, done.stderr
            assert time.monotonic() - began < 10  # asking again would not help
        assert_says_why(server.get(f"/dicom-web{made.path}", "application/dicom"), 404)
