"""Bearer tokens of OpenID providers: a certified one that rotates, goes down and comes back, and hostile ones."""
import base64
import json
import subprocess
import threading
import time

import pytest
import requests

import dicom_files as make
from dicomweb import JSON, assert_says_why
from oidc import HostileProvider, Provider, drip, endless, hang, text
from raw_http import exchange
from tessera_server import BINARY, SANITIZER, Server

SETTLE_SECONDS = 40


def issuer(url, more=""):
    return f'\n[[auth.issuers]]\nurl = "{url}"\naudiences = ["urn:tessera"]\n{more}\n'


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    started = Provider(tmp_path_factory.mktemp("provider")).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def guarded(start, provider, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secret") / "secret"
    secret.write_text("tessera-secret\n")
    secret.chmod(0o600)
    introspection = f'introspection = {{ client_id = "tessera", client_secret_file = "{secret}" }}'
    server = start(config=issuer(provider.url, introspection))
    wait_for(lambda: search(server, provider.bearer()), 200)
    return server


@pytest.fixture(scope="module")
def file(guarded, provider):
    made = make.rich()
    guarded.store(made, headers=provider.bearer())
    return made


@pytest.fixture
def lenient(tmp_path):
    """start(config) -> Server whose log may tell of 503s: those are what these tests bring about."""
    started = []

    def begin(config):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Server(folder, config=config))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


def search(server, headers):
    """The status of a search, 200 also where it finds nothing."""
    status = server.get("/v2/studies", JSON, headers).status_code
    return 200 if status == 204 else status


def wait_for(ask, wanted, seconds=SETTLE_SECONDS):
    deadline = time.monotonic() + seconds
    got = ask()
    while got != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
        got = ask()
    assert got == wanted


def changed(token, **claims):
    """The token with other claims under the old signature."""
    head, body, signature = token.split(".")
    members = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    members.update(claims)
    body = base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


class TestTokens:
    def test_roles_of_the_token_decide_what_its_bearer_may_do(self, guarded, provider, prefix, file):
        owner, viewer, stranger = (provider.bearer(name) for name in ("owner", "viewer", "stranger"))
        made = make.native()
        assert guarded.post(f"{prefix}/studies", made.bytes, headers=owner).status_code == 200
        assert guarded.get(f"{prefix}{made.path}/frames/1", headers=viewer).status_code == 200
        assert_says_why(guarded.delete(prefix + made.path, headers=viewer), 403)
        assert_says_why(guarded.get(f"{prefix}{made.path}/frames/1", headers=stranger), 403)
        assert guarded.delete(prefix + made.path, headers=owner).status_code == 204

    def test_opaque_tokens_are_introspected(self, guarded, provider, file):
        viewer = provider.bearer("viewer", "urn:tessera:opaque")
        assert "." not in viewer["Authorization"]
        assert guarded.get(f"/v2{file.path}/frames/1", headers=viewer).status_code == 200
        assert_says_why(guarded.delete("/v2" + file.path, headers=viewer), 403)

    def test_an_opaque_token_that_was_revoked_or_invented_is_refused(self, guarded, provider):
        token = provider.token("viewer", "urn:tessera:opaque")
        provider.revoke("viewer", token)
        for gone in (token, "x" * 43):
            assert_says_why(guarded.get("/v2/studies", JSON, {"Authorization": "Bearer " + gone}), 401)

    def test_a_token_for_somebody_else_is_refused(self, guarded, provider):
        for resource in ("urn:other", "urn:other:opaque"):
            answer = guarded.get("/v2/studies", JSON, provider.bearer("owner", resource))
            assert_says_why(answer, 401)
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
            assert "not meant for this server" in answer.headers["WWW-Authenticate"]

    def test_without_a_token_the_challenge_says_where_to_log_in(self, guarded, provider, prefix):
        answer = guarded.get(f"{prefix}/studies", JSON)
        assert_says_why(answer, 401)
        assert answer.headers["WWW-Authenticate"] == (
            f'Bearer authorization_uri="{provider.url}/auth", resource_id="urn:tessera", realm="tessera"')

    def test_a_token_whose_claims_were_changed_is_refused(self, guarded, provider):
        token = provider.token("viewer")
        for claims in ({"roles": ["owner"]}, {"exp": 2**40}, {"sub": "owner"}):
            headers = {"Authorization": "Bearer " + changed(token, **claims)}
            assert_says_why(guarded.get("/v2/studies", JSON, headers), 401)

    def test_tokens_elsewhere_than_in_the_field_are_not_taken(self, guarded, provider):
        token = provider.token()
        assert guarded.get(f"/dicom-web/studies?access_token={token}", JSON).status_code == 401
        assert guarded.post("/dicom-web/studies", f"access_token={token}".encode(),
                            "application/x-www-form-urlencoded").status_code == 401
        assert guarded.get("/dicom-web/studies", JSON, {"Cookie": f"access_token={token}"}).status_code == 401

    def test_two_credentials_in_one_request_are_400(self, guarded, provider):
        token = provider.token()
        head = (f"GET /v2/studies HTTP/1.1\r\nHost: {guarded.host}\r\nAccept: {JSON}\r\n"
                f"Authorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n\r\n")
        answer = exchange(guarded, head.encode())
        assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
        assert b'error="invalid_request"' in answer

    def test_a_token_in_use_costs_neither_signature_nor_issuer(self, guarded, provider, file):
        headers = provider.bearer("viewer")
        counts = []
        for _ in range(2):
            for _ in range(50):
                assert guarded.get(f"/v2{file.path}/frames/1", headers=headers).status_code == 200
            counts.append(samples(guarded, 'tessera_tokens_checked_total{outcome="accepted"}'))
        assert counts[0] == counts[1]
        assert samples(guarded, "tessera_tokens_cached_total") >= 99

    def test_refusals_are_counted_by_reason_and_logged_without_the_token(self, guarded, provider):
        token = changed(provider.token("viewer"), roles=["owner"])
        before = samples(guarded, 'tessera_tokens_checked_total{outcome="signature"}')
        guarded.get("/v2/studies", JSON, {"Authorization": "Bearer " + token})
        assert samples(guarded, 'tessera_tokens_checked_total{outcome="signature"}') == before + 1
        log = guarded.log()
        assert "token refused" in log and "reason=" in log
        assert token not in log and token.split(".")[1] not in log and token.split(".")[2] not in log

    def test_secrets_are_masked_where_the_configuration_is_printed(self, tmp_path, provider):
        secret = tmp_path / "secret"
        secret.write_text("tessera-secret")
        config = tmp_path / "t.toml"
        config.write_text(issuer(provider.url,
                                 f'introspection = {{ client_id = "tessera", client_secret_file = "{secret}" }}'))
        done = subprocess.run([BINARY, "serve", "--print-config", "--config", config], capture_output=True, text=True,
                              timeout=30)
        assert done.returncode == 0 and "tessera-secret" not in done.stdout
        assert f"url = '{provider.url}'" in done.stdout or f'url = "{provider.url}"' in done.stdout


def samples(server, name):
    for line in server.get("/metrics").text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    return 0


class TestRotation:
    def test_no_request_fails_while_keys_rotate(self, guarded, provider, file):
        """Four threads ask for frames with tokens of all ages while the keys change under them."""
        problems, count = [], [0]
        tokens = [provider.token("viewer")]
        over = threading.Event()

        def read(number):
            session = requests.Session()
            turn = 0
            while not over.is_set():
                turn += 1
                newest = tokens[-2:]  # of the key in use and of the one before: both are published
                headers = {"Authorization": "Bearer " + newest[(turn + number) % len(newest)]}
                try:
                    answer = session.get(f"{guarded.url}/v2{file.path}/frames/1", headers=headers, timeout=60)
                except requests.RequestException as error:
                    problems.append(error)
                    return
                count[0] += 1
                if answer.status_code != 200:
                    problems.append((answer.status_code, answer.headers.get("WWW-Authenticate")))

        threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            time.sleep(0.5)
            provider.rotate()
            tokens.append(provider.token("viewer"))
            time.sleep(0.7)
        while count[0] < 100 and not problems:
            time.sleep(0.1)
        over.set()
        for thread in threads:
            thread.join()
        assert not problems, problems[:5]

    def test_an_upload_waits_for_a_new_key_without_losing_its_body(self, guarded, provider):
        provider.rotate()
        made = make.native(side_data=0)
        answer = guarded.post("/v2/studies", made.bytes, headers=provider.bearer())
        assert answer.status_code == 200, answer.text
        assert guarded.get(f"/v2{made.path}", headers=provider.bearer()).content != b""


class TestOutage:
    def test_a_server_starts_without_its_issuer_and_finds_it_later(self, lenient, tmp_path):
        provider = Provider(tmp_path)
        server = lenient(issuer(provider.url))
        try:
            provider.start()
            headers = provider.bearer()
            provider.stop()
            # A second server, which never saw the issuer.
            late = lenient(issuer(provider.url))
            answer = late.get("/v2/studies", JSON, headers)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
            assert "WWW-Authenticate" not in answer.headers
            assert late.get("/health/ready").status_code == 200
            provider.start()
            for found in (late, server):
                wait_for(lambda: search(found, provider.bearer()), 200)
        finally:
            provider.stop()

    def test_tokens_hold_while_the_issuer_is_away(self, lenient, tmp_path):
        provider = Provider(tmp_path).start()
        try:
            server = lenient(issuer(provider.url))
            wait_for(lambda: search(server, provider.bearer()), 200)
            used, unused = provider.bearer(), provider.bearer("viewer")
            assert search(server, used) == 200
            provider.stop()
            for headers in (used, unused):
                assert search(server, headers) == 200
            provider.start()  # with a new key
            wait_for(lambda: search(server, provider.bearer()), 200)
        finally:
            provider.stop()


def hostile_cases():
    ok = lambda host: text(host.document())
    return {
        "huge": lambda host: (ok(host), text('{"keys":[' + ",".join(["{}"] * 200_000) + "]}")),
        "deep": lambda host: (ok(host), text('{"keys":' + "[" * 100_000)),
        "deep_discovery": lambda host: (text("[" * 100_000), None),
        "redirect": lambda host: (text("", 302, Location=host.url + "/elsewhere"), None),
        "redirected_keys": lambda host: (ok(host), text("", 307, Location=host.url + "/elsewhere")),
        "wrong_issuer": lambda host: (text(host.document(issuer="https://evil.example")), None),
        "wrong_type": lambda host: (ok(host), text('{"keys":[]}', kind="text/html")),
        "garbage": lambda host: (ok(host), text("\x00\x01 no JSON")),
        "foreign_keys_by_file": lambda host: (text(host.document(jwks_uri="file:///etc/passwd")), None),
        "endless": lambda host: (ok(host), endless),
        "drip": lambda host: (ok(host), drip),
        "hang": lambda host: (hang, None),
    }


class TestHostileIssuers:
    @pytest.mark.parametrize("case", hostile_cases())
    def test_it_harms_neither_the_server_nor_other_issuers(self, lenient, provider, case):
        host = HostileProvider()
        try:
            discovery, keys = hostile_cases()[case](host)
            host.discovery(discovery)
            if keys is not None:
                host.keys(keys)
            server = lenient(issuer(host.url) + issuer(provider.url))
            wait_for(lambda: search(server, provider.bearer()), 200)
            theirs = changed(provider.token(), iss=host.url)
            began = time.monotonic()
            answer = server.get("/v2/studies", JSON, {"Authorization": "Bearer " + theirs})
            assert answer.status_code == 503 and "Retry-After" in answer.headers
            assert time.monotonic() - began < 15
            assert "/elsewhere" not in host.asked
            assert search(server, provider.bearer()) == 200
            resident = samples(server, "process_resident_memory_bytes")
            assert SANITIZER or resident < 400 * 2**20, resident
        finally:
            host.stop()

    def test_a_flood_of_invented_keys_asks_the_issuer_seldom(self, lenient, provider):
        host = HostileProvider()
        try:
            host.discovery(text(host.document()))
            host.keys(text('{"keys":[]}'))
            server = lenient(issuer(host.url) + issuer(provider.url))
            began = time.monotonic()
            head, body, signature = changed(provider.token(), iss=host.url).split(".")

            def flood(number):
                for turn in range(20):
                    kid = json.dumps({"alg": "ES256", "kid": f"{number}-{turn}"}).encode()
                    invented = base64.urlsafe_b64encode(kid).decode().rstrip("=")
                    answer = server.get("/v2/studies", JSON,
                                        {"Authorization": f"Bearer {invented}.{body}.{signature}"})
                    assert answer.status_code in (401, 503)
                    if time.monotonic() - began > 12:
                        return

            threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert host.asked.count("/keys") <= 2 + (time.monotonic() - began) / 3
            assert search(server, provider.bearer()) == 200
        finally:
            host.stop()


class TestDoctor:
    def doctor(self, tmp_path, config):
        (tmp_path / "t.toml").write_text(f'data = "{tmp_path / "data"}"\nlisten = "127.0.0.1:0"\n' + config)
        done = subprocess.run([BINARY, "doctor", "--json", "--config", tmp_path / "t.toml"], capture_output=True,
                              text=True, timeout=60)
        return [finding for finding in json.loads(done.stdout) if finding["check"] == "issuer"]

    def test_it_finds_an_issuer_in_order(self, tmp_path, provider):
        findings = self.doctor(tmp_path, issuer(provider.url))
        assert [finding["verdict"] for finding in findings] == ["ok"], findings
        assert "usable keys" in findings[0]["what"]

    def test_it_says_which_part_of_an_issuer_is_wrong(self, tmp_path):
        host = HostileProvider()
        try:
            host.discovery(text(host.document(issuer=host.url + "/other")))
            assert "calls itself" in self.doctor(tmp_path, issuer(host.url))[0]["what"]
            host.discovery(text(host.document()))
            assert "404" in self.doctor(tmp_path, issuer(host.url))[0]["what"]
            host.keys(text('{"keys":[{"kty":"oct","k":"AAAA"}]}'))
            assert "no key that can check" in self.doctor(tmp_path, issuer(host.url))[0]["what"]
        finally:
            host.stop()
        assert [finding["verdict"] for finding in self.doctor(tmp_path, issuer(host.url))] == ["error"]


class TestConfiguration:
    @pytest.mark.parametrize("config, named", [
        ('url = "http://idp.example"\naudiences = ["a"]', "https://"),
        ('url = "https://idp.example"', "audiences"),
        ('url = "https://idp.example"\naudiences = []', "audiences"),
        ('url = "https://idp.example"\naudiences = ["a"]\nalgorithms = ["none"]', "algorithms"),
        ('url = "https://idp.example"\naudiences = ["a"]\nalgorithms = ["HS256"]', "algorithms"),
        ('url = "https://idp.example"\naudiences = ["a"]\nclock_skew_seconds = 301', "clock_skew_seconds"),
        ('url = "https://idp.example"\naudiences = ["a"]\naudience = "a"', "'audiences'"),
        ('url = "https://idp.example"\naudiences = ["a"]\nintrospection = { client_id = "x" }', "client_secret_file"),
        ('url = "https://idp.example"\naudiences = ["a"]\n'
         'introspection = { client_id = "x", client_secret_file = "/nowhere" }', "client_secret_file"),
        ('audiences = ["a"]', "url"),
    ])
    def test_an_issuer_that_cannot_be_is_refused_by_the_name_of_its_key(self, tmp_path, config, named):
        (tmp_path / "t.toml").write_text("[[auth.issuers]]\n" + config)
        done = subprocess.run([BINARY, "serve", "--config", tmp_path / "t.toml", "--data", tmp_path / "data"],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 2 and "auth.issuers" in done.stderr and named in done.stderr, done.stderr
        assert not (tmp_path / "data").exists()
