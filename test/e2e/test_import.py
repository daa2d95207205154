"""`tessera import`: folders, many files, failures among them, terminals and logs, JSON, exit codes, servers."""
import fcntl
import http.server
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time

import pytest

import dicom_files
from importing import CMU, incoming, instance_count, json_lines, run_import, start_import, stored_blobs
from tessera_server import BINARY

needs_cmu = pytest.mark.skipif(not CMU.exists(), reason=f"no slide at {CMU}")


# What a killed import leaves is its own until its lease runs out.
SHORT_LEASE = ["--set", "uploads.lease_seconds=5"]


def write_files(folder, count, **options):
    folder.mkdir(parents=True, exist_ok=True)
    files = [dicom_files.native(frames=1, **options) for _ in range(count)]
    for number, file in enumerate(files):
        (folder / f"{number:03}.dcm").write_bytes(file.bytes)
    return files


@pytest.fixture
def mixed(tmp_path):
    """Good files, damaged ones, others, and links, in folders."""
    folder = tmp_path / "in"
    good = write_files(folder / "a", 3)
    (folder / "b").mkdir()
    (folder / "b" / "cut.dcm").write_bytes(good[0].bytes[:-100])
    (folder / "b" / "empty.dcm").write_bytes(b"")
    (folder / "b" / "notes.txt").write_text("hello")
    (folder / "b" / "broken.svs").write_bytes(b"II*\0" + b"\xff" * 200)
    (folder / "b" / "loop").symlink_to(folder)
    (folder / "b" / "dangling.dcm").symlink_to(folder / "nowhere")
    return folder, good


def test_a_folder_of_200_small_files_is_imported_by_several_jobs(tmp_path):
    files = write_files(tmp_path / "in", 200)
    done = run_import(tmp_path / "in", "--data", tmp_path / "data", "--jobs", 4)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^.*\.dcm: 1 stored, 0 there already", done.stdout, re.M)) == 200
    assert re.search(r"^stored +200 +200 ", done.stdout, re.M) and re.search(r"MB/s$", done.stdout, re.M)
    assert sorted(path.read_bytes() for path in stored_blobs(tmp_path / "data")) == sorted(f.bytes for f in files)
    assert incoming(tmp_path / "data") == []
    again = run_import(tmp_path / "in", "--data", tmp_path / "data", "--json")
    files, summary = json_lines(again)
    assert again.returncode == 0 and summary["already"] == 200 and summary["stored"] == 0 and summary["bytes"] == 0


def test_one_file_s_failure_stops_no_other_and_is_told(mixed, tmp_path):
    folder, good = mixed
    done = run_import(folder, "--data", tmp_path / "data", "--json")
    files, summary = json_lines(done)
    assert done.returncode == 1
    assert [files[f"{n:03}.dcm"]["result"] for n in range(3)] == ["stored"] * 3
    assert files["cut.dcm"]["result"] == "failed" and "byte" in files["cut.dcm"]["error"]
    assert files["broken.svs"]["result"] == "failed"
    assert files["dangling.dcm"]["code"] == "not found"
    assert files["notes.txt"]["result"] == files["empty.dcm"]["result"] == "ignored"
    assert files["loop"]["result"] == "ignored" and "link to a folder" in files["loop"]["note"]
    assert (summary["files_stored"], summary["files_failed"], summary["files_ignored"]) == (3, 3, 3)
    assert instance_count(tmp_path / "data") == 3 and incoming(tmp_path / "data") == []


def test_a_log_has_plain_lines_and_a_table(mixed, tmp_path):
    folder, _ = mixed
    done = run_import(folder, "--data", tmp_path / "data")
    assert "\r" not in done.stdout + done.stderr and "\033" not in done.stdout + done.stderr
    assert "cut.dcm: failed: " in done.stderr and "notes.txt: ignored" in done.stdout
    assert re.search(r"^failed +3$", done.stdout, re.M) and re.search(r"^ignored +3$", done.stdout, re.M)


def test_quiet_says_only_what_failed(mixed, tmp_path):
    folder, _ = mixed
    done = run_import(folder, "--data", tmp_path / "data", "--quiet")
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 3


def test_files_that_are_named_fail_where_a_folder_s_would_be_passed_over(mixed, tmp_path):
    folder, _ = mixed
    done = run_import(folder / "b/notes.txt", folder / "none", "--data", tmp_path / "data")
    assert done.returncode == 1
    assert "notes.txt: failed: it is neither a DICOM file" in done.stderr and "none: failed: " in done.stderr


def test_the_same_file_twice_at_once_is_stored_once(tmp_path):
    file = dicom_files.native(frames=40, side_data=128)
    (tmp_path / "in").mkdir()
    for number in range(6):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(file.bytes)
    done = run_import(tmp_path / "in", "--data", tmp_path / "data", "--jobs", 6, "--json")
    _, summary = json_lines(done)
    assert done.returncode == 0, done.stderr
    assert (summary["stored"], summary["already"]) == (1, 5)


def test_the_data_folder_itself_is_not_imported(tmp_path):
    write_files(tmp_path / "in", 2)
    for _ in range(2):
        done = run_import(".", cwd=tmp_path)
        assert done.returncode == 0
    assert re.search(r"^there already +2 +2$", done.stdout, re.M), done.stdout


def test_the_command_line_is_explained_and_checked(tmp_path):
    text = run_import("--help").stdout
    for word in ["PATH", "--data", "--server", "--partition", "--jobs", "--sheet", "--watch", "--move", "--json",
                 "--quiet", "--stain", "--case-id", "--patient-id", "--retries"]:
        assert word in text
    for arguments in [[], ["x", "--jobs", "0"], ["x", "--quiet", "--json"], ["x", "--done", "d"], ["x", "--nonsense"],
                      ["x", "--patient-sex", "female"], ["x", "--server", "nonsense"], ["x", "--sheet-strict"]]:
        done = run_import(*arguments, cwd=tmp_path)
        assert done.returncode == 2 and done.stderr, arguments
    assert list(tmp_path.iterdir()) == []


def run_on_terminal(arguments, columns):
    """What a terminal of so many columns is sent, and the exit code."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([str(BINARY), "import", *map(str, arguments)], stdin=other, stdout=other, stderr=other)
    os.close(other)
    seen = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(main)
    return seen.decode(), process.wait(60)


def shown(text):
    """The lines that stay on the terminal: what \\r and 'clear to the end' leave of them."""
    lines = []
    for line in text.split("\n"):
        lines.append(line.rstrip("\r").rsplit("\r", 1)[-1].replace("\x1b[K", ""))
    return lines


@pytest.mark.parametrize("columns", [40, 100])
def test_a_terminal_shows_one_line_that_is_redrawn_and_gone_at_the_end(tmp_path, columns):
    write_files(tmp_path / "in", 60, side_data=64)
    (tmp_path / "in" / "x-ümläut-組織.dcm").write_bytes(b"\0" * 128 + b"DICMrubbish")
    text, code = run_on_terminal([tmp_path / "in", "--data", tmp_path / "data"], columns)
    assert code == 1
    drawn = re.findall(r"\r([^\r\n\x1b]*)\x1b\[K", text)
    drawn = [line for line in drawn if line]
    assert drawn and all(re.search(r"\d+/\d+\+? files|^[\[#-]", line) for line in drawn)
    assert all(len(line) < columns for line in drawn)
    assert "\n" not in "".join(drawn)
    rest = "\n".join(shown(text))
    assert "x-ümläut-組織.dcm: failed: " in rest and re.search(r"^stored +60 +60", rest, re.M)
    assert "files  " not in re.sub(r"files  instances", "", rest), "the drawn line is left"


def test_ctrl_c_leaves_nothing_half_done_and_says_what_was_done(tmp_path):
    write_files(tmp_path / "in", 3)
    for number in range(3, 7):
        (tmp_path / "in" / f"{number:03}.dcm").write_bytes(dicom_files.native(frames=100, side_data=512).bytes)
    process = start_import(tmp_path / "in", "--data", tmp_path / "data", "--jobs", 1, "--json")
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert '"type":"summary"' in out.splitlines()[-1] and '"interrupted":true' in out.splitlines()[-1]
    assert first.count('"result":"stored"') == 1
    assert incoming(tmp_path / "data") == []
    stored = len(stored_blobs(tmp_path / "data"))
    assert stored == instance_count(tmp_path / "data") < 7
    again = run_import(tmp_path / "in", "--data", tmp_path / "data")
    assert again.returncode == 0 and instance_count(tmp_path / "data") == 7


@needs_cmu
def test_a_slide_that_was_killed_on_the_way_is_not_seen_and_can_be_imported_again(tmp_path):
    process = start_import(CMU, "--data", tmp_path / "data", *SHORT_LEASE)
    time.sleep(0.05)
    process.kill()
    process.communicate(timeout=30)
    done = run_import(CMU, "--data", tmp_path / "data", *SHORT_LEASE)
    assert done.returncode == 0 and instance_count(tmp_path / "data") >= 1


# ---- --move -------------------------------------------------------------------------------------------------------


def test_move_removes_a_dicom_file_once_it_is_stored_and_only_then(mixed, tmp_path):
    folder, good = mixed
    done = run_import(folder, "--data", tmp_path / "data", "--move", "--json")
    files, _ = json_lines(done)
    assert files["000.dcm"]["removed"] is True and not any((folder / "a").iterdir())
    assert (folder / "b/cut.dcm").exists() and (folder / "b/notes.txt").exists()
    blobs = stored_blobs(tmp_path / "data")
    assert sorted(path.read_bytes() for path in blobs) == sorted(file.bytes for file in good)
    assert all(path.stat().st_nlink == 1 for path in blobs), "a blob has one name"


def test_without_move_no_blob_shares_its_inode_with_the_file(tmp_path):
    write_files(tmp_path / "in", 1)
    assert run_import(tmp_path / "in", "--data", tmp_path / "data").returncode == 0
    assert (tmp_path / "in/000.dcm").stat().st_nlink == 1
    assert stored_blobs(tmp_path / "data")[0].stat().st_nlink == 1


def test_move_consumes_what_was_there_already(tmp_path):
    write_files(tmp_path / "in", 1)
    assert run_import(tmp_path / "in", "--data", tmp_path / "data").returncode == 0
    assert run_import(tmp_path / "in", "--data", tmp_path / "data", "--move").returncode == 0
    assert not any((tmp_path / "in").iterdir()) and len(stored_blobs(tmp_path / "data")) == 1


def test_a_kill_at_any_point_of_a_move_loses_nothing(tmp_path):
    files = write_files(tmp_path / "in", 12, side_data=128)
    arguments = [tmp_path / "in", "--data", tmp_path / "data", "--move", *SHORT_LEASE]
    wanted = {file.bytes for file in files}
    for step in range(12):
        process = start_import(*arguments, "--jobs", 2)
        time.sleep(0.02 * step)
        process.kill()
        process.communicate(timeout=30)
        left = {path.read_bytes() for path in (tmp_path / "in").iterdir()}
        blobs = {path.read_bytes() for path in stored_blobs(tmp_path / "data")} if (tmp_path / "data").exists() else set()
        assert left | blobs == wanted, "a file is neither here nor there"
    assert run_import(*arguments).returncode == 0
    assert {path.read_bytes() for path in stored_blobs(tmp_path / "data")} == wanted
    assert instance_count(tmp_path / "data") == 12 and not any((tmp_path / "in").iterdir())


@needs_cmu
def test_move_never_removes_a_slide(tmp_path):
    slide = tmp_path / "in" / "slide.svs"
    slide.parent.mkdir()
    slide.write_bytes(CMU.read_bytes())
    assert run_import(slide, "--data", tmp_path / "data", "--move").returncode == 0
    assert slide.read_bytes() == CMU.read_bytes()


# ---- --server -----------------------------------------------------------------------------------------------------


def test_a_server_is_sent_many_files_and_finds_them_again(tmp_path, empty_server):
    files = write_files(tmp_path / "in", 20)
    for expected in ["stored", "already"]:
        done = run_import(tmp_path / "in", "--server", empty_server.url, "--jobs", 4, "--json")
        _, summary = json_lines(done)
        assert done.returncode == 0 and summary[expected] == 20, done.stderr
    assert empty_server.get(f"/dicom-web{files[7].path}", "application/dicom").content == files[7].bytes


def test_a_server_s_refusal_is_quoted(tmp_path, empty_server):
    (tmp_path / "cut.dcm").write_bytes(dicom_files.native().bytes[:-100])
    done = run_import(tmp_path / "cut.dcm", "--server", empty_server.url + "/dicom-web")
    assert done.returncode == 1
    assert re.search(r"cut\.dcm: failed: the server at \S+ answered 409: .*byte", done.stderr), done.stderr


class Flaky(http.server.BaseHTTPRequestHandler):
    """Answers 503 twice, then takes what comes; remembers what it was sent."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.tokens.append(self.headers.get("Authorization"))
        self.server.requests += 1
        refuse = self.server.requests <= self.server.refusals
        if not refuse:
            self.server.bodies.append(body)
        text = b"busy now" if refuse else b"{}"
        self.send_response(503 if refuse else 200)
        self.send_header("Content-Length", str(len(text)))
        if refuse:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def flaky():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Flaky)
    server.requests, server.refusals, server.bodies, server.tokens = 0, 2, [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_busy_server_is_asked_again_with_the_token_and_the_whole_file(tmp_path, flaky):
    file = dicom_files.native()
    (tmp_path / "a.dcm").write_bytes(file.bytes)
    (tmp_path / "token").write_text("secret-token\n")
    done = run_import(tmp_path / "a.dcm", "--server", f"http://127.0.0.1:{flaky.server_port}", "--token-file",
                      tmp_path / "token")
    assert done.returncode == 0, done.stderr
    assert flaky.bodies == [file.bytes] and set(flaky.tokens) == {"Bearer secret-token"}
    assert done.stderr.count("trying again in 1 s") == 2 and "503: busy now" in done.stderr
    assert "secret-token" not in done.stdout + done.stderr


def test_retries_have_a_limit_and_a_dead_server_fails_the_other_files_at_once(tmp_path, flaky):
    flaky.refusals = 10**9
    write_files(tmp_path / "in", 20)
    began = time.monotonic()
    done = run_import(tmp_path / "in", "--server", f"http://127.0.0.1:{flaky.server_port}", "--retries", 1, "--jobs", 2)
    assert done.returncode == 1 and time.monotonic() - began < 30
    assert done.stderr.count(": failed: ") == 20 and flaky.requests < 30


def test_a_partition_becomes_a_segment_of_the_url(tmp_path):
    (tmp_path / "a.dcm").write_bytes(dicom_files.native().bytes)
    done = run_import(tmp_path / "a.dcm", "--server", "http://127.0.0.1:1/v2/", "--partition", "a b", "--retries", 0)
    assert "http://127.0.0.1:1/v2/partitions/a%20b/studies" in done.stderr


def test_a_partition_of_a_data_folder_is_made_and_kept_apart(tmp_path):
    write_files(tmp_path / "in", 2)
    for partition, expected in [("lab-7", "stored"), ("lab-7", "already"), ("lab-8", "stored")]:
        done = run_import(tmp_path / "in", "--data", tmp_path / "data", "--partition", partition, "--json")
        _, summary = json_lines(done)
        assert done.returncode == 0 and summary[expected] == 2, done.stderr
    assert len({path.relative_to(tmp_path / "data/blobs").parts[0] for path in stored_blobs(tmp_path / "data")}) == 2
    wrong = run_import(tmp_path / "in", "--data", tmp_path / "data", "--partition", "a/b")
    assert wrong.returncode == 1 and "partition" in wrong.stderr


# ---- shared blocks ------------------------------------------------------------------------------------------------


@pytest.fixture
def reflinking_folder(tmp_path):
    """A folder on a file system that shares blocks, made in an image and mounted; skipped loudly where that cannot be."""
    maker = next((path for path in map(shutil.which, ["mkfs.btrfs", "mkfs.xfs"]) if path), None)
    if os.geteuid() != 0 or maker is None:
        pytest.skip("FICLONE NOT TESTED: it wants root and mkfs.btrfs or mkfs.xfs")
    image, folder = tmp_path / "image", tmp_path / "mounted"
    with image.open("wb") as file:
        file.truncate(512 * 1024 * 1024)
    folder.mkdir()
    subprocess.run([maker, "-q", image], check=True, capture_output=True, timeout=60)
    mounted = subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True, text=True, timeout=60)
    if mounted.returncode != 0:
        pytest.skip(f"FICLONE NOT TESTED: {image} cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True, timeout=60)


@pytest.mark.parametrize("move", [False, True])
def test_on_one_file_system_blocks_are_shared(reflinking_folder, move):
    file = dicom_files.native(frames=100, side_data=512)
    source = reflinking_folder / "a.dcm"
    source.write_bytes(file.bytes)
    os.sync()
    before = shutil.disk_usage(reflinking_folder).used
    done = run_import(source, "--data", reflinking_folder / "data", "--set", "storage.min_free_mib=0",
                      *(["--move"] if move else []))
    os.sync()
    assert done.returncode == 0, done.stderr
    assert shutil.disk_usage(reflinking_folder).used - before < len(file.bytes) // 2
    blob = stored_blobs(reflinking_folder / "data")[0]
    assert blob.read_bytes() == file.bytes and source.exists() != move
    assert blob.stat().st_nlink == 1
