"""Hardening: what the compiler put into the program, what the unit takes from it, that it need not be root, and that
its workers stand apart. (What a worker cannot do is shown by src/sandbox/worker_test.cc.)"""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import time

import pytest

import dicom_files as make
from tessera_server import BINARY, ROOT, Server, plain_binary_only

UNIT = ROOT / "packaging" / "tessera.service"
OTHER_USER = "daemon"  # one that every Debian has


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can stop being root")


# The program

@pytest.fixture(scope="module")
def headers():
    if shutil.which("readelf") is None:
        pytest.skip("there is no readelf here")
    return run("readelf", "--wide", "--program-headers", "--dynamic", BINARY)


def test_it_is_position_independent_and_resolves_everything_before_it_starts(headers):
    assert re.search(r"Elf file type is DYN", headers)
    assert re.search(r"FLAGS_1.*NOW.*PIE", headers)
    assert "GNU_RELRO" in headers and "BIND_NOW" in headers
    assert "TEXTREL" not in headers and "RUNPATH" not in headers and "RPATH" not in headers


def test_no_stack_and_no_segment_is_both_writable_and_executable(headers):
    flags = re.findall(r"^\s+(\w+)\s+0x\S+ 0x\S+ 0x\S+ 0x\S+ 0x\S+ ([R ][W ][E ])", headers, re.MULTILINE)
    assert ("GNU_STACK", "RW ") in flags, flags
    assert not [segment for segment, access in flags if "W" in access and "E" in access], flags


@plain_binary_only
def test_it_checks_stacks_buffers_and_indices():
    symbols = run("readelf", "--wide", "--dyn-syms", BINARY)
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__(memcpy|snprintf|vsnprintf|printf)_chk", symbols)  # _FORTIFY_SOURCE
    assert "__glibcxx_assert_fail" in symbols  # _GLIBCXX_ASSERTIONS


@plain_binary_only
def test_indirect_jumps_land_only_where_one_may():
    """CET: functions begin with endbr64. (The mark on the whole file is missing: Debian's crt1.o has none.)"""
    if os.uname().machine != "x86_64":
        pytest.skip("CET is of x86-64")
    code = run("objdump", "--disassemble", "--no-show-raw-insn", "--section=.text", BINARY)
    assert code.count("endbr64") > 1000


def test_warnings_are_errors_in_the_release_build():
    commands = json.loads((ROOT / "build" / "release" / "compile_commands.json").read_text())
    ours = [entry["command"] for entry in commands if "/src/" in entry["file"]]
    assert len(ours) > 100
    assert all(" -Wall -Wextra " in command and " -Werror " in command for command in ours)


# The unit

DIRECTIVES = """
User=tessera
Group=tessera
UMask=0077
StateDirectoryMode=0700
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
MemoryDenyWriteExecute=yes
ProtectSystem=strict
ProtectHome=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateUsers=yes
PrivateIPC=yes
DevicePolicy=closed
KeyringMode=private
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallFilter=seccomp landlock_create_ruleset landlock_restrict_self prlimit64 setrlimit setpriority
""".split("\n")[1:-1]


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_the_unit_has(directive):
    lines = UNIT.read_text().splitlines()
    assert directive in lines
    name = directive.split("=")[0]
    assert len([line for line in lines if line.startswith(name + "=")]) == len(
        [known for known in DIRECTIVES if known.startswith(name + "=")]), f"{name} is set to something else as well"


def test_systemd_finds_little_exposed():
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=10", str(UNIT)],
                          capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"exposure level for tessera.service: ([0-9.]+)", done.stdout)
    if found is None:
        pytest.skip(f"this systemd-analyze cannot judge a file: {done.stderr.strip()}")
    assert float(found.group(1)) <= 1.2, done.stdout


# Root

def credentials_of(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return {line.split(":")[0]: line.split(":", 1)[1].split() for line in status.splitlines()}


def reachable_folder(tmp_path):
    """A folder that OTHER_USER can get to and owns; pytest's own are its user's alone."""
    folder = pathlib.Path(f"/tmp/tessera-hardening-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir(mode=0o755)
    shutil.chown(folder, OTHER_USER)
    return folder


@needs_root
@plain_binary_only
def test_a_server_started_as_root_becomes_the_user_it_is_told_to_be(tmp_path):
    folder = reachable_folder(tmp_path)
    try:
        server = Server(folder, arguments=("--user", OTHER_USER))
        try:
            seen = credentials_of(server.process)
            uid = str(int(run("id", "-u", OTHER_USER)))
            assert seen["Uid"] == [uid] * 4 and "0" not in seen["Gid"] + seen["Groups"]
            assert int(seen["CapPrm"][0], 16) == int(seen["CapEff"][0], 16) == 0
            assert seen["NoNewPrivs"] == ["1"]
            for thread in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
                assert f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in (thread / "status").read_text()
            server.store(make.native())
            assert "running as root" not in server.log()
        finally:
            server.stop()
        assert {path.stat().st_uid for path in (folder / "data").rglob("*")} == {int(uid)}
        server.assert_clean_log()
    finally:
        shutil.rmtree(folder)


@needs_root
def test_a_server_that_stays_root_says_so_and_the_doctor_too(tmp_path):
    server = Server(tmp_path)
    server.stop()
    assert "warning running as root" in server.log()
    done = subprocess.run([str(BINARY), "doctor", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert re.search(r"^warning\s+user\s+this is root", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("name,why", [("nobody-of-that-name", "there is no such user on this machine"),
                                      pytest.param("root", "", marks=pytest.mark.skipif(
                                          os.geteuid() == 0, reason="root is root already"))])
def test_a_user_that_cannot_be_become_ends_the_start(tmp_path, name, why):
    done = subprocess.run([str(BINARY), "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--user",
                           name], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and why in done.stderr, done
    assert not (tmp_path / "data").exists()


# The data folder

def test_what_lies_in_the_data_folder_is_its_owners_alone(empty_server):
    empty_server.store(make.native())
    loose = {str(path): oct(path.stat().st_mode) for path in [empty_server.data, *empty_server.data.rglob("*")]
             if stat.S_IMODE(path.stat().st_mode) & 0o077}
    assert not loose


# Workers

def test_a_worker_that_nobody_knows_is_refused():
    done = subprocess.run([str(BINARY), "sandboxed", "shell", "1"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 2 and "there is none of that name" in done.stderr
    assert "sandboxed" not in run(BINARY, "--help")


@plain_binary_only
def test_label_pixels_are_decoded_by_a_worker_and_no_worker_is_left(tmp_path):
    """Shown from outside: the import runs a second program of itself, and it ends with it."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace here")
    slide = next(iter(sorted((ROOT.parent / "shared" / "data").rglob("CMU-1-Small-Region.svs"))), None)
    if slide is None:
        pytest.skip("there is no CMU-1-Small-Region.svs beside the checkout")
    calls = tmp_path / "calls"
    run("strace", "-f", "-e", "trace=execve,seccomp,exit_group", "-o", calls, BINARY, "import", slide, "--data",
        tmp_path / "data")
    text = calls.read_text()
    worker = re.search(r'^(\d+)\s+execve\("/proc/self/exe", \["tessera", "sandboxed", "tiff-pixels", "\d+"\], '
                       r"0x\w+ /\* 0 vars \*/\) = 0", text, re.MULTILINE)
    assert worker, text[:4000]
    assert re.search(rf"^{worker.group(1)}\s+seccomp\(SECCOMP_SET_MODE_FILTER", text, re.MULTILINE)
    assert re.search(rf"^{worker.group(1)}\s+\+\+\+ ", text, re.MULTILINE), "the worker did not end"
