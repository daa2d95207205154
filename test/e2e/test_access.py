"""Who may do what, and what a browser of another site is told: tokens, CORS, public_url."""
import subprocess

import pytest

import dicom_files as make
from dicomweb import JSON, StoreAnswer, assert_says_why, value
from guards import OWNER, READER, TOKENS
from raw_http import exchange
from tessera_server import BINARY

SITE = "https://viewer.example"
CONFIG = f"""
public_url = "https://slides.example/base"
{TOKENS}
[cors]
origins = ["{SITE}"]
"""


@pytest.fixture(scope="module")
def guarded(start):
    return start(config=CONFIG)


@pytest.fixture(scope="module")
def file(guarded):
    made = make.rich()
    guarded.store(made, headers=OWNER)
    return made


def preflight(server, path, method="GET", fields="accept,authorization", origin=SITE):
    return server.request("OPTIONS", path, None, {
        "Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": fields})


class TestTokens:
    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"},
                                         {"Authorization": "Bearer "}, {"Authorization": "owner-secret-0123456789"}])
    def test_no_token_that_holds_is_401_with_a_challenge(self, guarded, prefix, file, headers):
        for response in (guarded.get(f"{prefix}/studies", JSON, {**headers, "Origin": SITE}),
                         guarded.get(f"{prefix}{file.path}/frames/1", headers={**headers, "Origin": SITE}),
                         guarded.post(f"{prefix}/studies", file.bytes, headers={**headers, "Origin": SITE}),
                         guarded.delete(prefix + file.path, headers={**headers, "Origin": SITE})):
            assert_says_why(response, 401)
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            assert response.headers["Access-Control-Allow-Origin"] == SITE

    def test_an_owner_may_store_read_and_delete(self, guarded, prefix):
        made = make.native()
        assert guarded.post(f"{prefix}/studies", made.bytes, headers=OWNER).status_code == 200
        assert guarded.get(f"{prefix}{made.path}/frames/1", headers=OWNER).status_code == 200
        assert guarded.delete(prefix + made.path, headers=OWNER).status_code == 204

    def test_a_reader_may_read_and_nothing_else(self, guarded, prefix, file):
        assert guarded.get(f"{prefix}/studies", JSON, READER).status_code == 200
        assert guarded.get(f"{prefix}{file.path}/frames/1", headers=READER).status_code == 200
        other = make.native()
        assert_says_why(guarded.post(f"{prefix}/studies", other.bytes, headers=READER), 403)
        assert guarded.get(f"{prefix}{other.path}/metadata", JSON, READER).status_code == 404
        assert_says_why(guarded.delete(prefix + file.path, headers=READER), 403)
        assert guarded.get(f"{prefix}{file.path}/metadata", JSON, READER).status_code == 200

    def test_the_scheme_is_known_in_any_case(self, guarded, file):
        headers = {"Authorization": "bearer reader-secret-0123456789"}
        assert guarded.get("/v2" + file.path + "/metadata", JSON, headers).status_code == 200

    def test_a_body_is_refused_before_it_is_sent(self, guarded):
        head = (f"POST /v2/studies HTTP/1.1\r\nHost: {guarded.host}\r\nContent-Type: application/dicom\r\n"
                "Accept: application/dicom+json\r\nContent-Length: 5000000000\r\nExpect: 100-continue\r\n\r\n")
        answer = exchange(guarded, head.encode())
        assert answer.startswith(b"HTTP/1.1 401 "), answer[:200]

    def test_liveness_needs_no_token(self, guarded):
        assert guarded.get("/health/live").status_code == 200

    def test_secrets_never_reach_the_log(self, guarded, file):
        guarded.get("/v2/studies", JSON, OWNER)
        assert "secret-0123456789" not in guarded.log()


class TestCors:
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_a_preflight_needs_no_token(self, guarded, prefix, file, method):
        response = preflight(guarded, f"{prefix}{file.path}/frames/1" if method == "GET" else f"{prefix}/studies", method,
                             "accept,authorization,content-type")
        assert response.status_code in (200, 204) and response.content == b""
        assert response.headers["Access-Control-Allow-Origin"] == SITE
        assert method in response.headers["Access-Control-Allow-Methods"]
        allowed = response.headers["Access-Control-Allow-Headers"].lower()
        assert allowed == "*" or all(name in allowed for name in ("accept", "authorization", "content-type"))
        assert "origin" in response.headers["Vary"].lower()

    def test_an_answer_carries_its_headers(self, guarded, file):
        response = guarded.get(f"/dicom-web{file.path}/metadata", JSON, {**READER, "Origin": SITE})
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == SITE
        assert "etag" in response.headers["Access-Control-Expose-Headers"].lower()
        assert "origin" in response.headers["Vary"].lower()

    @pytest.mark.parametrize("path, accept, status", [
        ("/dicom-web/studies/1.2.3/metadata", JSON, 404), ("/dicom-web/studies/x/metadata", JSON, 400),
        ("/dicom-web/studies", "text/html", 406), ("/nowhere", "*/*", 404), ("/v2/studies?limit=0", JSON, 400)])
    def test_an_error_carries_them_too(self, guarded, path, accept, status):
        response = guarded.get(path, accept, {**READER, "Origin": SITE})
        assert response.status_code == status
        assert response.headers["Access-Control-Allow-Origin"] == SITE

    def test_a_wrong_method_carries_them_too(self, guarded, file):
        response = guarded.request("PATCH", f"/v2{file.path}/metadata", "*/*", {**OWNER, "Origin": SITE})
        assert response.status_code == 405 and response.headers["Access-Control-Allow-Origin"] == SITE

    def test_another_site_is_told_nothing(self, guarded, file):
        response = guarded.get(f"/v2{file.path}/metadata", JSON, {**READER, "Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Access-Control-Allow-Origin" not in preflight(guarded, "/v2/studies", origin="https://evil.example").headers

    def test_without_configuration_no_site_is_allowed(self, server):
        response = server.get("/v2/studies", JSON, {"Origin": SITE})
        assert "Access-Control-Allow-Origin" not in response.headers

    def test_a_star_allows_every_site(self, start):
        server = start(config='[cors]\norigins = ["*"]\n')
        assert server.get("/v2/studies", JSON, {"Origin": SITE}).headers["Access-Control-Allow-Origin"] in ("*", SITE)


class TestPublicUrl:
    BASE = "https://slides.example/base"

    def test_it_is_the_base_of_every_url_in_an_answer(self, guarded, prefix, file):
        instance = guarded.get(f"{prefix}{file.path}/metadata", JSON, READER).json()[0]
        uri = value(instance, "00480105")["00282000"]["BulkDataURI"]
        assert uri.startswith(f"{self.BASE}{prefix}{file.path}/bulkdata/")
        made = make.native()
        item = StoreAnswer(guarded.post(f"{prefix}/studies", made.bytes, headers=OWNER)).stored[0]
        assert value(item, "00081190") == f"{self.BASE}{prefix}{made.path}"

    def test_without_it_the_host_of_the_request_is_the_base(self, server):
        made = make.native()
        headers = {"Host": "pathology.example:8443"}
        item = StoreAnswer(server.post("/v2/studies", made.bytes, headers=headers)).stored[0]
        assert value(item, "00081190") == f"{'https' if server.tls else 'http'}://pathology.example:8443/v2{made.path}"


class TestConfiguration:
    def test_listening_beyond_loopback_without_tokens_is_refused(self, tmp_path):
        done = subprocess.run([BINARY, "serve", "--data", tmp_path / "data", "--listen", "0.0.0.0:0"],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode != 0 and "--insecure-no-auth" in done.stderr

    def test_an_unknown_key_is_refused_by_name_with_the_nearest_known(self, tmp_path):
        (tmp_path / "c.toml").write_text('public_ulr = "https://x.example"\n')
        done = subprocess.run([BINARY, "serve", "--config", tmp_path / "c.toml", "--data", tmp_path / "data",
                               "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=30)
        assert done.returncode != 0 and "public_ulr" in done.stderr and "public_url" in done.stderr
