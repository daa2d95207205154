"""The audit trail as an outsider reads it: JSON lines, and the chain checked by an independent implementation."""
import hashlib
import json
import subprocess
import time

from tessera_server import BINARY


def files(folder):
    return sorted(folder.glob("*-*.jsonl"), key=lambda path: int(path.stem.split("-")[1]))


def raw_lines(folder):
    return [line for path in files(folder) for line in path.read_bytes().splitlines(keepends=True)]


def lines(folder, event=None):
    """Every whole line as an object; the chain is checked on the way."""
    objects, prev = [], None
    for raw in raw_lines(folder):
        if not raw.endswith(b'"}\n'):
            continue
        line = json.loads(raw)
        head, _, rest = raw.rpartition(b',"hash":"')
        assert hashlib.sha256(head).hexdigest() == line["hash"] == rest[:64].decode()
        assert prev in (None, line["prev"])
        assert line["seq"] == (objects[-1]["seq"] + 1 if objects else line["seq"])
        prev = line["hash"]
        objects.append(line)
    return [line for line in objects if event in (None, line["event"])]


def wait_for(folder, condition, seconds=15):
    """The lines, once one of them meets the condition: reads are written a moment later."""
    deadline = time.monotonic() + seconds
    while True:
        found = [line for line in lines(folder) if condition(line)]
        if found:
            return found
        assert time.monotonic() < deadline, "no such line in:\n" + "\n".join(map(str, lines(folder)[-20:]))
        time.sleep(0.1)


def verify(data, *more):
    """(exit code, the JSON result or None, stderr)"""
    done = subprocess.run([BINARY, "admin", "verify-audit", "--data", data, "--json", *more], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr
