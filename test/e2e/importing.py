"""`tessera import` as a user runs it, for the tests of it."""
import json
import os
import sqlite3
import subprocess
from pathlib import Path

from tessera_server import BINARY, ROOT

CMU = ROOT.parent / "shared/data/wsi-source/CMU-1-Small-Region.svs"
SECONDS = 240


def run_import(*arguments, cwd=None):
    command = [str(BINARY), "import", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=cwd, stdin=subprocess.DEVNULL)


def start_import(*arguments, **more):
    return subprocess.Popen([str(BINARY), "import", *map(str, arguments)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def json_lines(done):
    """The objects of --json: those of files, and the summary."""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["file"] * (len(lines) - 1) + ["summary"]
    return {os.path.basename(line["file"]): line for line in lines[:-1]}, lines[-1]


def stored_blobs(data):
    return sorted(path for path in (Path(data) / "blobs").rglob("*.dcm"))


def incoming(data):
    return [path for path in (Path(data) / "incoming").rglob("*") if path.is_file()]


def instance_count(data):
    with sqlite3.connect(Path(data) / "catalog.sqlite") as catalog:
        return catalog.execute("select count(*) from instances").fetchone()[0]
