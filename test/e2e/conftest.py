"""Fixtures: the server as a user runs it. Every one ends by SIGTERM, exit code 0 and a clean log.

`server` is shared by the tests of a module (they use UIDs of their own); `empty_server` is one test's alone;
`start` makes servers with a configuration.
"""
import contextlib

import pytest

from tessera_server import BINARY, Server

# The URL prefixes: the contract's two versions, and the standard profile.
PREFIXES = ["/v1", "/v2", "/dicom-web"]


@contextlib.contextmanager
def running(folder, **options):
    assert BINARY.exists(), f"{BINARY} is not there: run script/build, or name another in TESSERA_BIN"
    server = Server(folder, **options)
    try:
        yield server
    finally:
        server.stop()
    server.assert_clean_log()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("server")) as running_server:
        yield running_server


@pytest.fixture
def empty_server(tmp_path):
    with running(tmp_path) as running_server:
        yield running_server


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """start(config=TOML text) -> Server, stopped when the module's tests are done."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(running(tmp_path_factory.mktemp("server"), **options))


@pytest.fixture(params=PREFIXES)
def prefix(request):
    return request.param


@pytest.fixture(params=["/v1", "/v2"])
def contract(request):
    """A prefix under which the contract's tables hold to the letter."""
    return request.param
