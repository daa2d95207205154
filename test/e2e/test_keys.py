"""API keys: made and revoked while the server runs, shown once, kept as hashes; and explanations of who may do what."""
import datetime
import json
import re
import subprocess
import time

import pytest

import dicom_files as make
from dicomweb import JSON, assert_says_why
from tessera_server import BINARY, Server

CONFIG = "[auth]\nkeys = true\n"


def tessera(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def add(data, name, *more, role="reader"):
    done = tessera("admin", "keys", "add", name, "--role", role, *more, "--data", data, "--set", "auth.keys=true")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def status(server, key):
    return server.get("/v2/studies", JSON, bearer(key)).status_code


def becomes(server, key, wanted, seconds=10):
    deadline = time.monotonic() + seconds
    while status(server, key) != wanted:
        assert time.monotonic() < deadline, f"still {status(server, key)}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def guarded(start):
    return start(config=CONFIG)


def test_a_key_works_and_stops_working_while_the_server_runs(guarded):
    assert_says_why(guarded.get("/v2/studies", JSON), 401)
    key = add(guarded.data, "scanner-1")
    assert re.fullmatch(r"tessera_[0-9a-f]{16}_[0-9a-f]{64}", key)
    becomes(guarded, key, 204)
    assert_says_why(guarded.post("/v2/studies", make.native().bytes, headers=bearer(key)), 403, "'scanner-1' may not write")
    assert tessera("admin", "keys", "revoke", "scanner-1", "--data", guarded.data).returncode == 0
    becomes(guarded, key, 401)
    assert tessera("admin", "keys", "revoke", "scanner-1", "--data", guarded.data).returncode == 1


def test_the_text_of_a_key_is_nowhere_but_in_the_answer(guarded):
    key = add(guarded.data, "secret-key")
    becomes(guarded, key, 204)
    secret = key.split("_")[2]
    listed = tessera("admin", "keys", "list", "--data", guarded.data).stdout
    assert "secret-key" in listed and secret not in listed
    for path in guarded.data.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    assert secret not in guarded.log()


def test_the_list_tells_the_day_of_the_last_use(guarded):
    key = add(guarded.data, "used")
    becomes(guarded, key, 204)
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    deadline = time.monotonic() + 10
    while f"last used {today}" not in next(line for line in tessera(
            "admin", "keys", "list", "--data", guarded.data).stdout.splitlines() if line.startswith("used ")):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_an_owner_key_may_store_and_a_wrong_one_is_nothing(guarded):
    key = add(guarded.data, "writer", role="owner")
    becomes(guarded, key, 204)
    made = make.native()
    assert guarded.post("/v2/studies", made.bytes, headers=bearer(key)).status_code == 200
    assert guarded.delete("/v2" + made.study_path, headers=bearer(key)).status_code == 204
    for wrong in (key[:-1] + ("0" if key[-1] != "0" else "1"), key[:-1], key + "0", "tessera_", "tessera__"):
        assert status(guarded, wrong) == 401


@pytest.mark.parametrize("arguments, says", [
    (["a b", "--role", "reader"], "no name for a key"), (["x" * 65, "--role", "reader"], "no name for a key"),
    (["k", "--role", "raeder"], "nearest is 'reader'"), (["k", "--role", "reader", "--expires", "yesterday"], "--expires"),
    (["k", "--role", "reader", "--expires", "2020-01-01"], "--expires"),
    (["k", "--role", "reader", "--expires", "2027-02-30"], "--expires"),
    (["k", "--role", "reader", "--expires", "0"], "--expires")])
def test_what_cannot_be_a_key_is_refused(guarded, arguments, says):
    done = tessera("admin", "keys", "add", *arguments, "--data", guarded.data)
    assert done.returncode == 1 and says in done.stderr and done.stdout == ""


def test_a_name_is_given_once_and_again_after_it_was_revoked(guarded):
    add(guarded.data, "twice")
    done = tessera("admin", "keys", "add", "twice", "--role", "reader", "--data", guarded.data)
    assert done.returncode == 1 and "twice" in done.stderr
    assert tessera("admin", "keys", "revoke", "twice", "--data", guarded.data).returncode == 0
    add(guarded.data, "twice", "--expires", "30")
    listed = tessera("admin", "keys", "list", "--data", guarded.data).stdout
    assert len([line for line in listed.splitlines() if line.startswith("twice ")]) == 2


def test_without_the_setting_keys_are_not_taken(tmp_path):
    config = '[[auth.tokens]]\nname = "lab"\ntoken = "owner-secret-0123456789"\nrole = "owner"\n'
    server = Server(tmp_path, config=config)
    done = tessera("admin", "keys", "add", "k", "--role", "reader", "--data", server.data)
    assert "auth.keys" in done.stderr
    time.sleep(1.5)
    assert status(server, done.stdout.strip()) == 401
    server.stop()


def test_a_rebuilt_catalog_keeps_the_keys(tmp_path):
    server = Server(tmp_path, config=CONFIG)
    key, revoked = add(server.data, "kept"), add(server.data, "gone")
    tessera("admin", "keys", "revoke", "gone", "--data", server.data)
    server.stop()
    done = tessera("admin", "rebuild-catalog", "--force", "--data", server.data)
    assert done.returncode == 0 and "API keys kept: 2" in done.stdout, done.stdout + done.stderr
    server = Server(tmp_path, config=CONFIG)
    assert status(server, key) == 204 and status(server, revoked) == 401
    server.stop()


class TestExplain:
    POLICY = """
[roles.pathologist]
[[grants]]
who = "role:pathologist"
actions = ["read"]
partitions = ["lab-*"]
[[grants]]
who = "user:https://idp.example|ann"
actions = ["read", "delete"]
studies = ["1.2.*"]
flavors = ["VOLUME", "LABEL"]
"""

    @pytest.fixture(scope="class")
    def explain(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("explain")
        (folder / "policy.toml").write_text(self.POLICY)

        def asked(who, what):
            return tessera("doctor", "--explain-access", who, what, "--data", folder / "none", "--set",
                           f"auth.policy_file={folder / 'policy.toml'}", "--set", "features.partitions=true")
        return asked

    @pytest.mark.parametrize("who, what, code", [
        ("role:pathologist", "read lab-a", 0), ("role:pathologist", "read lab-a/1.2.3 LABEL", 1),
        ("role:pathologist", "read other", 1), ("role:pathologist", "write lab-a", 1),
        ("role:pathologist,scope:user/ImagingStudy.c", "read lab-a", 1),
        ("user:https://idp.example|ann", "read other/1.2.3 LABEL", 0), ("user:https://idp.example|ann", "read other/1.3", 1),
        ("user:https://idp.example|ann", "DELETE /v2/partitions/x/studies/1.2.9", 0),
        ("user:https://idp.example|ann", "DELETE /v2/partitions/x/studies/1.3.9", 1),
        ("role:pathologist", "GET /dicom-web/partitions/lab-a/studies/1.2/series/3/instances/4/frames/1", 0),
        ("role:pathologist", "GET /v2/partitions", 0), ("anyone", "read lab-a", 1),
        ("pathologist", "read lab-a", 2), ("role:pathologist", "raed lab-a", 2), ("role:pathologist", "GET /nowhere", 2),
        ("role:pathologist", "GET /v2/studies", 2), ("", "read lab-a", 2), ("key:none", "read lab-a", 2)])
    def test_the_exit_code_is_the_decision(self, explain, who, what, code):
        done = explain(who, what)
        assert done.returncode == code, done.stdout + done.stderr
        assert {0: "allowed: ", 1: "refused: "}.get(code, "") in done.stdout
        assert (code == 2) == bool(done.stderr)

    def test_every_grant_is_named_with_its_line(self, explain):
        refused = explain("role:pathologist", "read lab-a/1.2.3 LABEL").stdout
        assert "line 3 to role:pathologist does not name LABEL images" in refused
        assert "line 7 to user:https://idp.example|ann is to somebody else" in refused

    def test_a_key_is_explained_with_its_roles(self, guarded):
        add(guarded.data, "explained")
        done = tessera("doctor", "--explain-access", "key:explained", "read Microsoft.Default", "--data", guarded.data,
                       "--set", "auth.keys=true")
        assert done.returncode == 0 and "built-in grant to role:reader" in done.stdout, done.stdout + done.stderr


def test_the_configuration_shows_where_the_policy_is(tmp_path):
    done = tessera("serve", "--print-config", "--set", "auth.policy_file=/etc/tessera/policy.toml")
    assert 'policy_file = "/etc/tessera/policy.toml"' in done.stdout


def test_the_table_of_routes_is_json():
    assert all(route["action"] for route in json.loads(tessera("routes").stdout))
