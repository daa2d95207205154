"""A folder of format 1 comes to format 2 by itself, also when that is cut short; a newer one is refused in words."""
import sqlite3
import subprocess

import pytest

import dicom_files as make
from dicomweb import JSON
from tessera_server import BINARY, Server

WHOLE = "application/dicom; transfer-syntax=*"


@pytest.fixture
def old_folder(tmp_path):
    """A folder as format 1 left it: two partitions in the catalog, no record of the second, no lock file."""
    server = Server(tmp_path)
    file = make.native()
    server.store(file)
    server.stop()
    data = tmp_path / "data"
    (data / "FORMAT").write_text("tessera data format 1\n")
    (data / "lock").unlink()
    with sqlite3.connect(data / "catalog.sqlite") as catalog:
        catalog.execute("INSERT INTO partitions VALUES(2, 'Second', 0)")
    catalog.close()
    return data, file


PREFIX = "/dicom-web/partitions/Microsoft.Default"  # with a second partition, every path names one
PARTITIONS = ["--set", "features.partitions=true"]


def check(data, file):
    server = Server(data.parent, arguments=PARTITIONS)
    try:
        assert server.get(PREFIX + file.path, WHOLE).content == file.bytes
        assert [row["0020000D"]["Value"] for row in server.get(f"{PREFIX}/studies", JSON).json()] == [[file.study]]
        server.store(make.native(), prefix=PREFIX)
        server.assert_clean_log()
    finally:
        server.stop()
    assert (data / "FORMAT").read_text() == "tessera data format 2\n"
    assert (data / "blobs" / "2" / "partition.txt").read_text() == "Second\n"
    assert not (data / "blobs" / "1" / "partition.txt").exists()


def test_an_old_folder_is_brought_to_the_newest_format(old_folder):
    check(*old_folder)


def test_a_step_that_was_cut_short_runs_again(old_folder):
    data, file = old_folder
    # As far as a crash between the step and its stamp would have come.
    (data / "blobs" / "2").mkdir()
    (data / "blobs" / "2" / "partition.txt").write_text("Second\n")
    check(data, file)


def test_killed_while_it_migrates_it_goes_on_at_the_next_start(old_folder):
    data, file = old_folder
    process = subprocess.Popen(
        ["strace", "-f", "-qq", "-e", "trace=rename,renameat2", "-e", "inject=rename:signal=KILL:when=1",
         "-o", "/dev/null", str(BINARY), "serve", "--data", str(data), "--listen", "127.0.0.1:0",
         *PARTITIONS], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _, said = process.communicate(timeout=60)
    if "ptrace" in said or "Operation not permitted" in said:
        pytest.skip(f"strace cannot run the server here: {said}")
    assert process.returncode != 0
    check(data, file)


def test_two_servers_that_start_at_once_both_come_up(old_folder):
    data, file = old_folder
    servers = [subprocess.Popen([str(BINARY), "serve", "--data", str(data), "--listen", "127.0.0.1:0", *PARTITIONS],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
    try:
        for server in servers:
            assert server.stdout.readline().startswith("tessera: listening on")
    finally:
        for server in servers:
            server.terminate()
            assert server.wait(30) == 0
    check(data, file)


def test_a_newer_folder_is_refused_in_words(old_folder):
    data, _ = old_folder
    (data / "FORMAT").write_text("tessera data format 99\n")
    for command in (["serve", "--listen", "127.0.0.1:0"], ["admin", "gc"], ["admin", "rebuild-catalog"]):
        done = subprocess.run([str(BINARY), *command, "--data", str(data)], capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 1 and "format 99" in done.stderr and "newer program" in done.stderr, done
    assert (data / "FORMAT").read_text() == "tessera data format 99\n"
