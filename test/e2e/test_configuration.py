"""Settings that cannot be are refused with the key and what would do; secrets are never shown."""
import os
import subprocess

import pytest

from tessera_server import BINARY


def printed(*arguments, environment=None):
    """`serve --print-config` with these arguments."""
    return subprocess.run([str(BINARY), "serve", "--print-config", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False, env={**os.environ, **(environment or {})})


@pytest.mark.parametrize("setting, words", [
    ("data=", "data = ''"), ("listen=127.0.0.1:70000", "HOST:PORT"), ("threads.readers=257", "1 to 256"),
    ("limits.head_bytes=1", "1024"), ("storage.min_free_mib=-1", "0 to"), ("log.level=loud", "debug, info"),
    ("log.access=yes", "true or false"), ("public_url=ftp://a", "http://"), ("trusted_proxies=10.0.0.1,proxy", "'proxy'"),
    ("log.lvel=info", "'log.level'"), ("thread.readers=1", "'threads.readers'")])
def test_each_setting_that_cannot_be_is_refused_by_its_key(setting, words):
    refused = printed("--set", setting)
    assert refused.returncode == 2 and words in refused.stderr, refused.stderr
    assert setting.partition("=")[0] in refused.stderr and refused.stdout == ""


def test_a_variable_that_is_no_setting_is_refused_with_the_nearest():
    refused = printed(environment={"TESSERA_LOGLEVEL": "info"})
    assert refused.returncode == 2 and "TESSERA_LOG_LEVEL" in refused.stderr


@pytest.mark.parametrize("token, words", [
    ('name = "a"\ntoken = "12345678"\nrole = 7', "role must be a string"),
    ('name = "a"\ntoken = "1234567"', "shorter than 8"), ('name = "a"', "token or token_file"),
    ('name = "a"\ntoken = "12345678"\ntoken_file = "/none"', "token and token_file"),
    ('name = "a"\ntoken = "12345678"\n[[auth.tokens]]\nname = "b"\ntoken = "12345678"', "the same token"),
    ('token = "12345678"', "needs a name"), ('name = "a"\ntokn = "12345678"', "no key 'tokn'")])
def test_tokens_that_cannot_be_are_refused_and_not_shown(token, words, tmp_path):
    file = tmp_path / "tessera.toml"
    file.write_text(f"[[auth.tokens]]\n{token}\n")
    refused = printed("--config", file)
    assert refused.returncode == 2 and words in refused.stderr, refused.stderr
    assert "12345678" not in refused.stderr + refused.stdout


def test_a_token_of_a_role_that_the_policy_does_not_have_is_refused_at_the_start(tmp_path):
    file = tmp_path / "tessera.toml"
    file.write_text('[[auth.tokens]]\nname = "a"\ntoken = "12345678"\nrole = "admin"\n')
    refused = subprocess.run([BINARY, "serve", "--config", file, "--data", tmp_path / "data"], capture_output=True, text=True,
                             timeout=60)
    assert refused.returncode != 0 and "the role of token 'a'" in refused.stderr and "admin" in refused.stderr, refused.stderr
    assert "12345678" not in refused.stderr + refused.stdout



def test_a_password_in_the_public_address_is_refused_and_not_shown():
    refused = printed("--set", "public_url=https://user:secret@slides.example/")
    assert refused.returncode == 2 and "password" in refused.stderr
    assert "secret" not in refused.stderr + refused.stdout


def test_what_is_printed_reads_back_as_it_was(tmp_path):
    file = tmp_path / "tessera.toml"
    file.write_text('data = "a\\n\\"b\\\\c\\u0001"\n[cors]\norigins = ["https://a.example", "https://b.example"]\n')
    first = printed("--config", file)
    assert first.returncode == 0
    again = tmp_path / "again.toml"
    again.write_text(first.stdout)
    second = printed("--config", again)
    assert second.returncode == 0 and second.stdout == first.stdout
    file.write_text('[[auth.tokens]]\nname = "a\\n\\"b"\ntoken = "12345678"\n')
    tokens = printed("--config", file).stdout
    assert 'name = "a\\u000A\\"b"' in tokens and "12345678" not in tokens
