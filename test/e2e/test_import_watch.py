"""`tessera import --watch`: what arrives in a folder is taken, once, when it is whole."""
import contextlib
import http.server
import shutil
import signal
import threading
import time

import pytest

import dicom_files
from importing import incoming, instance_count, run_import, start_import, stored_blobs

SETTLE = 0.3


class Watch:
    def __init__(self, folder, *arguments):
        self.folder = folder
        self.data = folder.parent / "data"
        self.lines, self.errors = [], []
        target = [] if "--server" in arguments else ["--data", self.data]
        self.process = start_import("--watch", folder, *target, "--settle", SETTLE, "--rescan", 5, *arguments)
        self._readers = [threading.Thread(target=self._read, args=pair)
                         for pair in [(self.process.stdout, self.lines), (self.process.stderr, self.errors)]]
        for reader in self._readers:
            reader.start()
        self.wait_for(lambda: any("watching" in line for line in self.errors))

    def _read(self, stream, into):
        for line in stream:
            into.append(line)

    def wait_for(self, what, seconds=40):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if what():
                return
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s; stdout {self.lines}; stderr {self.errors}")

    def wait_for_line(self, *words):
        self.wait_for(lambda: any(all(word in line for word in words) for line in [*self.lines, *self.errors]))

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(60)
        for reader in self._readers:
            reader.join()
        return code


@pytest.fixture
def watch(tmp_path):
    (tmp_path / "in").mkdir()
    with contextlib.ExitStack() as stack:
        def start(*arguments):
            started = Watch(tmp_path / "in", *arguments)
            stack.callback(lambda: started.process.poll() is None and started.process.kill())
            return started
        yield start


def test_files_are_taken_by_rename_by_copy_and_in_new_folders(watch, tmp_path):
    folder = tmp_path / "in"
    files = [dicom_files.native() for _ in range(5)]
    (folder / "before.dcm").write_bytes(files[0].bytes)
    watching = watch()
    (tmp_path / "moved").write_bytes(files[1].bytes)
    (tmp_path / "moved").rename(folder / "moved.dcm")
    (folder / "copied.dcm").write_bytes(files[2].bytes)
    (folder / "new/deep").mkdir(parents=True)
    (folder / "new/deep/a.dcm").write_bytes(files[3].bytes)
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole/b.dcm").write_bytes(files[4].bytes)
    (tmp_path / "whole").rename(folder / "whole")
    for name in ["before.dcm", "moved.dcm", "copied.dcm", "a.dcm", "b.dcm"]:
        watching.wait_for_line(name, "1 stored")
    assert watching.stop() == 0
    assert sorted(path.read_bytes() for path in stored_blobs(watching.data)) == sorted(file.bytes for file in files)
    assert (folder / "copied.dcm").exists(), "what was imported stays"
    assert any(line.startswith("stored ") for line in watching.lines), "no summary"


def test_a_file_that_is_still_being_written_is_waited_for(watch, tmp_path):
    file = dicom_files.native()
    watching = watch()
    half = len(file.bytes) // 2
    with open(tmp_path / "in/slow.dcm", "wb") as out:
        out.write(file.bytes[:half])
        out.flush()
        time.sleep(SETTLE * 4)
        assert not any("slow.dcm" in line for line in [*watching.lines, *watching.errors])
        out.write(file.bytes[half:])
    watching.wait_for_line("slow.dcm", "1 stored")
    assert watching.stop() == 0


def test_unfinished_and_hidden_names_are_passed_over(watch, tmp_path):
    watching = watch()
    for name in ["x.dcm.part", ".hidden.dcm", "y.tmp"]:
        (tmp_path / "in" / name).write_bytes(dicom_files.native().bytes)
    (tmp_path / "in/z.dcm").write_bytes(dicom_files.native().bytes)
    watching.wait_for_line("z.dcm", "1 stored")
    (tmp_path / "in/x.dcm.part").rename(tmp_path / "in/x.dcm")
    watching.wait_for_line("x.dcm", "1 stored")
    assert watching.stop() == 0
    assert instance_count(watching.data) == 2


def test_a_restart_imports_nothing_twice(watch, tmp_path):
    (tmp_path / "in/a.dcm").write_bytes(dicom_files.native().bytes)
    first = watch()
    first.wait_for_line("a.dcm", "1 stored")
    first.wait_for(lambda: "a.dcm" in (tmp_path / "in/.tessera-imported").read_text())
    first.stop(signal.SIGKILL)
    second = watch()
    (tmp_path / "in/b.dcm").write_bytes(dicom_files.native().bytes)
    second.wait_for_line("b.dcm", "1 stored")
    assert second.stop() == 0
    assert not any("a.dcm" in line for line in second.lines)
    assert run_import("--watch", tmp_path / "none", "--data", tmp_path / "data").returncode == 1


def test_what_fails_goes_to_the_errors_folder_with_the_reason(watch, tmp_path):
    watching = watch()
    (tmp_path / "in/sub").mkdir()
    (tmp_path / "in/sub/cut.dcm").write_bytes(dicom_files.native().bytes[:-50])
    (tmp_path / "in/ok.dcm").write_bytes(dicom_files.native().bytes)
    errors = tmp_path / "in/.tessera-errors/sub"
    watching.wait_for(lambda: (errors / "cut.dcm.error.txt").exists())
    watching.wait_for_line("ok.dcm", "1 stored")
    assert "byte" in (errors / "cut.dcm.error.txt").read_text()
    assert (errors / "cut.dcm").exists() and not (tmp_path / "in/sub/cut.dcm").exists()
    time.sleep(1)
    assert watching.stop() == 0
    assert sum("cut.dcm: failed" in line for line in watching.errors) == 1, "the errors folder was looked into"
    assert incoming(watching.data) == []


def test_done_moves_and_move_consumes(watch, tmp_path):
    watching = watch("--done", tmp_path / "done")
    for _ in range(2):
        (tmp_path / "in/a.dcm").write_bytes(dicom_files.native().bytes)
        watching.wait_for(lambda: not (tmp_path / "in/a.dcm").exists())
    assert watching.stop() == 0
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["a.1.dcm", "a.dcm"]
    moving = watch("--move")
    (tmp_path / "in/b.dcm").write_bytes(dicom_files.native().bytes)
    moving.wait_for(lambda: not (tmp_path / "in/b.dcm").exists())
    assert moving.stop() == 0
    assert instance_count(moving.data) == 3 and not (tmp_path / "done/b.dcm").exists()


def test_many_files_at_once_and_one_watch_a_folder(watch, tmp_path):
    watching = watch("--json")
    for number in range(50):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(dicom_files.native(frames=1).bytes)
    watching.wait_for(lambda: sum('"result":"stored"' in line for line in watching.lines) == 50)
    second = run_import("--watch", tmp_path / "in", "--data", tmp_path / "data")
    assert second.returncode == 1 and "another import watches this folder" in second.stderr
    assert watching.stop() == 0
    assert '"type":"summary"' in watching.lines[-1] and '"files_stored":50' in watching.lines[-1]


def test_a_folder_that_is_removed_and_made_again_is_watched_on_and_remembered(watch, tmp_path):
    watching = watch()
    (tmp_path / "in/a.dcm").write_bytes(dicom_files.native().bytes)
    watching.wait_for_line("a.dcm", "1 stored")
    shutil.rmtree(tmp_path / "in")
    time.sleep(1)
    (tmp_path / "in").mkdir()
    for name in ["b.dcm", "c.dcm"]:
        (tmp_path / "in" / name).write_bytes(dicom_files.native().bytes)
        watching.wait_for_line(name, "1 stored")
    assert watching.stop() == 0
    again = watch()
    (tmp_path / "in/d.dcm").write_bytes(dicom_files.native().bytes)
    again.wait_for_line("d.dcm", "1 stored")
    assert again.stop() == 0
    assert not any("b.dcm" in line or "c.dcm" in line for line in again.lines), "imported twice"


def test_a_server_that_has_no_such_path_is_asked_again_and_told_of_once(watch, tmp_path):
    asked = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "in/a.dcm").write_bytes(dicom_files.native().bytes)
        watching = watch("--server", f"http://127.0.0.1:{server.server_address[1]}/wrong")
        watching.wait_for(lambda: len(asked) == 2, 50)
        time.sleep(0.5)
        assert watching.stop() == 0
        server.shutdown()
    assert (tmp_path / "in/a.dcm").exists(), "a wrong URL is no fault of the file"
    assert sum("a.dcm: failed" in line for line in watching.errors) == 1
    assert any(line.split() == ["failed", "1"] for line in watching.lines)
