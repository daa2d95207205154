"""Signing in on the page, by a certified provider: what is let in, what is refused, and that no token leaves the server."""
import base64
import concurrent.futures
import json
import subprocess
import time
import urllib.parse

import pytest

import audit_trail
from oidc import Provider
from signing_in import Browser, client, free_port, issuer, server_at
from tessera_server import BINARY, Server


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A provider and a server that know one another. Its log tells of the 503 that some tests bring about."""
    port = free_port()
    provider = Provider(tmp_path_factory.mktemp("provider"), clients=[client(f"http://127.0.0.1:{port}")]).start()
    server = server_at(tmp_path_factory.mktemp("server"), port, issuer(provider.url))
    wait_until_known(Browser(server.url))
    yield provider, server
    server.stop()
    provider.stop()


@pytest.fixture
def server(world):
    return world[1]


@pytest.fixture
def browser(server):
    return Browser(server.url)


def wait_until_known(browser, seconds=30):
    """Until the server has read what the provider says of itself."""
    deadline = time.monotonic() + seconds
    while browser.ask("GET", "/auth/login").status_code != 302:
        assert time.monotonic() < deadline, "the provider is not known"
        time.sleep(0.1)


def said(answer, status, *words):
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    for word in words:
        assert word in answer.text, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_who_signs_in_is_let_in_and_comes_back_to_where_they_were(browser):
    assert browser.search() == 401
    assert browser.session() == {"login": True, "signed_in": False}
    answer = browser.sign_in("viewer", "/?partition=a#/slide/1.2/3.4?name=doe")
    assert answer.headers["Location"] == "/?partition=a#/slide/1.2/3.4?name=doe"
    assert browser.search() == 200
    session = browser.session()
    assert session["signed_in"] and session["renews"] and session["name"] == "viewer of the laboratory"
    assert 3000 < session["expires_in"] <= 3600


def test_the_address_asked_for_is_the_authorization_code_flow_with_pkce(browser):
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.begin()).query))
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert all(len(asked[name]) == 43 for name in ("code_challenge", "state", "nonce"))
    assert asked["redirect_uri"] == browser.url + "/auth/callback"
    again = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.begin()).query))
    assert all(asked[name] != again[name] for name in ("code_challenge", "state", "nonce"))


def test_cookies_are_for_this_host_over_tls_and_out_of_reach_of_scripts(browser):
    browser.sign_in()
    assert {field.split("=")[0] for field in browser.set_cookies} == {
        "__Host-tessera-login", "__Host-tessera-login-1", "__Host-tessera-login-2", "__Host-tessera-login-3",
        "__Host-tessera", "__Host-tessera-1", "__Host-tessera-2", "__Host-tessera-3"}
    for field in browser.set_cookies:
        attributes = field.split("; ")[1:]
        assert {"Path=/", "Secure", "HttpOnly"} <= set(attributes) and "Domain" not in field
        if "Max-Age=0" not in attributes:
            site = "SameSite=Lax" if field.startswith("__Host-tessera-login=") else "SameSite=Strict"
            assert site in attributes
    assert "__Host-tessera-login" not in browser.cookies


def test_no_token_is_in_any_answer_and_none_can_be_read_from_a_cookie(browser):
    location = browser.begin()
    back = browser.at_provider(location)
    answers = [browser.ask("GET", back), browser.page("GET", "/auth/session"), browser.page("POST", "/auth/renew"),
               browser.page("POST", "/auth/logout")]
    text = location + "".join(answer.text + str(answer.headers) for answer in answers)
    assert "access_token" not in text and "refresh_token" not in text and "id_token" not in text
    # A JWT begins with the base64url of '{"'; what is sealed begins so, too, but names its encryption.
    for part in text.replace('"', " ").replace("=", " ").replace(";", " ").split():
        if ".eyJ" in part:
            header = part.split(".")[-5]
            assert json.loads(base64.urlsafe_b64decode(header + "=="))["enc"] == "A256GCM"


def test_the_cookie_counts_only_for_the_pages_own_requests(browser):
    browser.sign_in()
    for site in ("cross-site", "same-site", "none", "Same-Origin", "", None):
        headers = {"Accept": "application/dicom+json"} | ({} if site is None else {"Sec-Fetch-Site": site})
        answer = browser.ask("GET", "/v2/studies", headers)
        assert answer.status_code == 401, site
        assert browser.ask("GET", "/auth/session", headers).json()["signed_in"] is False
        said(browser.ask("POST", "/auth/renew", headers), 403, "own page")
        said(browser.ask("POST", "/auth/logout", headers), 403, "own page")
    assert browser.search() == 200


def test_an_authorization_field_wins_over_the_cookie(world, browser):
    browser.sign_in()
    assert browser.search(Authorization="Bearer wrong-wrong-wrong") == 401
    assert browser.search(**world[0].bearer("owner")) == 200


def test_the_cookie_grants_what_the_token_grants(browser):
    browser.sign_in("viewer")
    answer = browser.page("POST", "/v2/studies", {"Content-Type": "application/dicom"}, data=b"x")
    assert answer.status_code == 403, answer.text


def test_who_has_no_role_signs_in_and_may_do_nothing(browser):
    browser.sign_in("stranger")
    assert browser.search() == 403


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\\b", "evil", "", "/a b",
                                "/a\r\nSet-Cookie: x=y", "/a\tb", "/é", "javascript:alert(1)", "/auth/logout",
                                "/" + "a" * 2048])
def test_nobody_is_sent_elsewhere_after_signing_in(browser, to):
    answer = browser.ask("GET", "/auth/login?to=" + urllib.parse.quote(to, safe=""))
    said(answer, 400, "&#39;to&#39;" if "&#39;" in answer.text else "'to'")
    assert "Location" not in answer.headers and not browser.cookies


@pytest.mark.parametrize("query", ["to=/&to=/a", "next=/", "to=/&x=1", "to=%ff"])
def test_a_query_of_another_kind_is_refused(browser, query):
    said(browser.ask("GET", "/auth/login?" + query), 400)


def test_a_changed_state_is_refused_and_no_code_is_used(world, browser):
    back = browser.at_provider(browser.begin())
    kept = dict(browser.cookies)
    changed = back.replace("state=", "state=A")
    said(browser.ask("GET", changed), 400, "begun last in this browser")
    assert "__Host-tessera" not in browser.cookies
    browser.cookies = kept  # the code is still good, and with the right state it is taken
    assert browser.ask("GET", back).status_code == 303


def test_another_browsers_answer_is_refused(browser, server):
    back = browser.at_provider(browser.begin())
    said(Browser(server.url).ask("GET", back), 400, "not begun in this browser")
    other = Browser(server.url)
    other.begin()
    said(other.ask("GET", back), 400, "begun last in this browser")


def test_a_code_works_once(browser):
    back = browser.at_provider(browser.begin())
    kept = dict(browser.cookies)
    assert browser.ask("GET", back).status_code == 303
    browser.cookies = kept
    said(browser.ask("GET", back), 403, "refused (invalid_grant)")
    assert "__Host-tessera" not in browser.cookies


@pytest.mark.parametrize("change", [lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"), lambda text: text[:-7],
                                    lambda text: text + "A", lambda text: "2." + text[2:], lambda text: "", lambda text: "1.",
                                    lambda text: text.replace(".", "")])
def test_a_changed_cookie_is_no_session(browser, change):
    browser.sign_in()
    browser.cookies["__Host-tessera"] = change(browser.cookies["__Host-tessera"])
    assert browser.search() == 401
    assert browser.session()["signed_in"] is False


def test_the_cookie_of_a_sign_in_under_way_is_no_session(browser):
    browser.begin()
    browser.cookies["__Host-tessera"] = browser.cookies["__Host-tessera-login"]
    assert browser.search() == 401


def test_what_the_provider_says_against_it_is_shown_as_text(world, browser):
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.begin()).query))["state"]
    query = urllib.parse.urlencode({"state": state, "error": "access_denied", "error_description": "<b>no&now</b>",
                                    "iss": "http://elsewhere.example"})
    kept = dict(browser.cookies)
    said(browser.ask("GET", "/auth/callback?" + query), 400, "Another identity provider")
    browser.cookies = kept
    query = query.replace(urllib.parse.quote_plus("http://elsewhere.example"), urllib.parse.quote_plus(world[0].url))
    answer = browser.ask("GET", "/auth/callback?" + query)
    said(answer, 403, "access_denied", "&lt;b&gt;no&amp;now&lt;/b&gt;")
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_session_is_renewed_and_stays_the_same(browser):
    browser.sign_in()
    before = dict(browser.cookies)
    answer = browser.page("POST", "/auth/renew")
    assert answer.status_code == 200 and answer.json()["signed_in"], answer.text
    assert browser.cookies != before
    assert browser.search() == 200


def test_two_renewals_at_once_get_the_same_new_session(browser, server):
    browser.sign_in()

    def renew(_):
        tab = Browser(server.url)
        tab.cookies = dict(browser.cookies)
        answer = tab.page("POST", "/auth/renew")
        assert answer.status_code == 200, answer.text
        return tab

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tabs = list(pool.map(renew, range(16)))
    # A provider that saw a refresh token twice has revoked everything by now: then none could be renewed again.
    assert tabs[0].page("POST", "/auth/renew").status_code == 200
    assert all(tab.search() == 200 for tab in tabs)


def test_who_signs_out_is_out_everywhere(world, browser):
    provider, server = world
    browser.sign_in()
    stolen = Browser(server.url)
    stolen.cookies = dict(browser.cookies)
    answer = browser.page("POST", "/auth/logout")
    assert answer.status_code == 200 and answer.headers["Clear-Site-Data"] == '"cache"'
    url = urllib.parse.urlsplit(answer.json()["end_session"])
    assert f"{url.scheme}://{url.netloc}" == provider.url
    assert set(urllib.parse.parse_qs(url.query)) == {"client_id", "post_logout_redirect_uri"}
    assert not browser.cookies and browser.search() == 401
    assert stolen.search() == 401
    said(stolen.page("POST", "/auth/renew"), 401)


def test_signing_out_revokes_at_the_provider(tmp_path):
    """Seen from another process of the same key, which knows nothing of who signed out at this one."""
    port = free_port()
    provider = Provider(tmp_path, clients=[client(f"http://127.0.0.1:{port}")]).start()
    try:
        server = server_at(tmp_path, port, issuer(provider.url))
        browser = Browser(server.url)
        wait_until_known(browser)
        browser.sign_in()
        kept = dict(browser.cookies)
        assert browser.page("POST", "/auth/logout").status_code == 200
        server.stop()
        server = server_at(tmp_path, port, issuer(provider.url))
        browser.cookies = kept
        wait_until_known(Browser(server.url))
        said(browser.page("POST", "/auth/renew"), 401, "invalid_grant")
        assert not browser.cookies
        server.stop()
    finally:
        provider.stop()


def test_the_key_outlives_the_server_and_without_it_everybody_signs_in_anew(tmp_path):
    port = free_port()
    provider = Provider(tmp_path, clients=[client(f"http://127.0.0.1:{port}")]).start()
    try:
        server = server_at(tmp_path, port, issuer(provider.url))
        browser = Browser(server.url)
        wait_until_known(Browser(server.url))
        browser.sign_in()
        server.stop()
        key = server.data / "session.key"
        assert key.stat().st_mode & 0o777 == 0o600 and key.stat().st_size == 32
        server = server_at(tmp_path, port, issuer(provider.url))
        wait_until_known(Browser(server.url))
        assert browser.search() == 200
        server.stop()
        key.unlink()
        server = server_at(tmp_path, port, issuer(provider.url))
        wait_until_known(Browser(server.url))
        assert browser.session()["signed_in"] is False and browser.search() == 401
        server.stop()
    finally:
        provider.stop()


def test_a_provider_that_is_down_is_told_and_nobody_loses_their_session(tmp_path):
    port = free_port()
    provider = Provider(tmp_path, clients=[client(f"http://127.0.0.1:{port}")]).start()
    server = server_at(tmp_path, port, issuer(provider.url))
    try:
        browser, late = Browser(server.url), Browser(server.url)
        wait_until_known(Browser(server.url))
        browser.sign_in()
        back = late.at_provider(late.begin())
        provider.stop()
        said(late.ask("GET", back), 503, "does not answer")
        said(browser.page("POST", "/auth/renew"), 503, "does not answer")
        assert browser.search() == 200  # its token is good, and the keys are known
        answer = browser.page("POST", "/auth/logout")
        assert answer.status_code == 200 and browser.search() == 401
        server.wait_for_log("were not revoked")
    finally:
        server.stop()
        provider.stop()


def test_a_provider_that_was_never_there_is_told(tmp_path):
    server = Server(tmp_path, config=issuer(f"http://127.0.0.1:{free_port()}"), tls=None)
    try:
        browser = Browser(server.url)
        said(browser.ask("GET", "/auth/login"), 503, "cannot be reached")
        assert browser.session() == {"login": True, "signed_in": False}
    finally:
        server.stop()


def test_a_token_for_somebody_else_is_told_with_what_to_do(tmp_path):
    port = free_port()
    provider = Provider(tmp_path, clients=[client(f"http://127.0.0.1:{port}")]).start()
    config = issuer(provider.url).replace('resource = "urn:tessera"', 'resource = "urn:other"')
    server = server_at(tmp_path, port, config)
    try:
        browser = Browser(server.url)
        wait_until_known(browser)
        answer = browser.ask("GET", browser.at_provider(browser.begin()))
        said(answer, 403, "not meant for this server", "audiences")
        assert "__Host-tessera" not in browser.cookies
    finally:
        server.stop()
        provider.stop()


def test_an_opaque_access_token_and_a_client_with_a_secret_do_as_well(tmp_path):
    port = free_port()
    secret = tmp_path / "secret"
    secret.write_text("page-secret-page-secret-page-secret\n")
    secret.chmod(0o600)
    introspection = tmp_path / "introspection"
    introspection.write_text("tessera-secret\n")
    introspection.chmod(0o600)
    known = client(f"http://127.0.0.1:{port}", token_endpoint_auth_method="client_secret_basic",
                   client_secret="page-secret-page-secret-page-secret")
    provider = Provider(tmp_path, clients=[known]).start()
    config = issuer(provider.url, f', client_secret_file = "{secret}"',
                    f'introspection = {{ client_id = "tessera", client_secret_file = "{introspection}" }}')
    server = server_at(tmp_path, port, config.replace("urn:tessera\" }", "urn:tessera:opaque\" }").replace(
        'resource = "urn:tessera"', 'resource = "urn:tessera:opaque"'))
    try:
        browser = Browser(server.url)
        wait_until_known(browser)
        browser.sign_in()
        assert browser.search() == 200
        assert browser.page("POST", "/auth/renew").status_code == 200
        assert browser.search() == 200
    finally:
        server.stop()
        provider.stop()


def test_without_a_login_there_is_nothing_to_sign_in_with(start, world):
    plain = start(config=f'[[auth.issuers]]\nurl = "{world[0].url}"\naudiences = ["urn:tessera"]\n', tls=None)
    browser = Browser(plain.url)
    assert browser.session() == {"login": False, "signed_in": False}
    assert [browser.page(method, path).status_code for method, path in
            [("GET", "/auth/login"), ("GET", "/auth/callback"), ("POST", "/auth/renew"), ("POST", "/auth/logout"),
             ("GET", "/auth/other")]] == [404] * 5
    assert not (plain.data / "session.key").exists()


def test_each_address_knows_its_method_and_no_other_origin(browser):
    for method, path in [("POST", "/auth/login"), ("POST", "/auth/callback"), ("DELETE", "/auth/session"),
                         ("GET", "/auth/renew"), ("GET", "/auth/logout")]:
        answer = browser.page(method, path)
        said(answer, 405)
        assert answer.headers["Allow"] in ("GET", "POST")
    preflight = browser.ask("OPTIONS", "/auth/session", {"Origin": "https://viewer.example",
                                                         "Access-Control-Request-Method": "GET"})
    said(preflight, 405)


def test_an_answer_that_a_cookie_brought_is_for_no_shared_cache(browser):
    browser.sign_in()
    for path in ("/v2/studies", "/dicom-web/studies/1.2/metadata"):
        control = browser.page("GET", path, {"Accept": "application/dicom+json"}).headers["Cache-Control"]
        assert "private" in control or "no-store" in control, path


def test_signing_in_and_out_is_audited_and_neither_log_holds_a_secret(world, browser):
    server = world[1]
    back = browser.at_provider(browser.begin(), "owner")
    browser.ask("GET", "/auth/callback?state=x&code=y")
    browser.begin()
    back = browser.at_provider(browser.begin(), "owner")
    assert browser.ask("GET", back).status_code == 303
    cookie = browser.cookies["__Host-tessera"]
    browser.page("POST", "/auth/logout")
    deadline = time.monotonic() + 10
    lines = []
    while time.monotonic() < deadline and not any(line["event"] == "logout" and line["who"]["subject"] == "owner"
                                                  for line in lines):
        time.sleep(0.2)
        lines = [line for line in audit_trail.lines(server.data / "audit")]
    logins = [line for line in lines if line["event"] == "login"]
    assert any(line["outcome"] == "success" and line["who"]["subject"] == "owner" for line in logins)
    assert any(line["outcome"] == "failure" and "begun last" in line["what"]["why"] for line in logins)
    assert all(line["from"] == "127.0.0.1" for line in logins)
    code = dict(urllib.parse.parse_qsl(back.split("?")[1]))["code"]
    text = server.log() + json.dumps(lines)
    assert code not in text and cookie not in text and "eyJ" not in text


def start_fails(tmp_path, config, *arguments):
    """What the server says when it does not start."""
    file = tmp_path / "tessera.toml"
    file.write_text(config)
    file.chmod(0o600)
    ended = subprocess.run([BINARY, "serve", "--config", file, "--data", tmp_path / "data", *arguments],
                           capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    return ended.stderr


def test_the_login_is_refused_where_browsers_would_not_keep_its_cookie(tmp_path):
    said_why = start_fails(tmp_path, issuer("https://issuer.example"), "--listen", "0.0.0.0:0", "--insecure-cleartext")
    assert "https only" in said_why


@pytest.mark.parametrize("login, words", [
    ('"slides"', "must be a table"), ("{ scope = \"openid\" }", "needs client_id"), ("{ client_id = 1 }", "must be a string"),
    ('{ client = "slides" }', "the nearest is 'client_id'"), ('{ client_id = "slides", scope = "profile" }', "openid"),
    ('{ client_id = "slides", client_secret_file = "/nowhere" }', "login client_secret_file")])
def test_a_login_that_is_not_set_up_right_names_the_key(tmp_path, login, words):
    table = '[[auth.issuers]]\nurl = "https://{}.example"\naudiences = ["a"]\nlogin = {}\n'
    assert words in start_fails(tmp_path, table.format("one", login))


def test_people_sign_in_with_one_issuer_only(tmp_path):
    table = '[[auth.issuers]]\nurl = "https://{}.example"\naudiences = ["a"]\nlogin = {{ client_id = "slides" }}\n'
    assert "one issuer only" in start_fails(tmp_path, table.format("one") + table.format("two"))


def test_the_clients_secret_is_masked_where_settings_are_printed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a-secret-for-the-login\n")
    config = tmp_path / "tessera.toml"
    config.write_text(issuer("https://issuer.example", f', client_secret_file = "{secret}"'))
    printed = subprocess.run([BINARY, "serve", "--config", config, "--print-config"], capture_output=True, text=True,
                             timeout=60, check=True).stdout
    assert "a-secret-for-the-login" not in printed and "tessera-page" in printed and "********" in printed
