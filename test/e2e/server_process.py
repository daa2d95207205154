"""A tessera server as a child process: started on a free port of loopback, stopped by its pid."""
import os
import pathlib
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TESSERA_BIN", str(ROOT / "build/release/tessera"))
READY = "tessera: listening on "


class Server:
    def __init__(self, data, environment=None, arguments=(), log_level="warning"):
        self.data = pathlib.Path(data)
        self.log = []
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", str(data), "--listen", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TESSERA_LOG_LEVEL": log_level, **(environment or {})})
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        line = self.process.stdout.readline().strip()
        if not line.startswith(READY):
            self.process.kill()
            self._reader.join(5)
            raise AssertionError(f"no ready line but {line!r}; log: {self.log}")
        self.url = line[len(READY):]

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks it to end, and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self._reader.join(5)
        return code


def free_of_orphans(data, visible):
    """Files below blobs/ and incoming/ that belong to no visible instance (study, series, instance UIDs)."""
    left = [str(path) for path in (data / "incoming").rglob("*") if path.is_file()]
    for path in (data / "blobs").rglob("*"):
        if path.is_file():
            sop = path.stem.rpartition("_")[0]
            if (path.parent.parent.name, path.parent.name, sop) not in visible:
                left.append(str(path))
    return left
