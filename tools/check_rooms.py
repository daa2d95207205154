#!/usr/bin/python3
"""Checks that the house is built as tools/rooms.tsv says; prints a line per offence and exits 1 if there is one.

Usage: check_rooms.py [ROOT]   (ROOT: the project's folder; default: the one this file is in)

What is checked:
  - every row of the table is well-formed, and a room includes only rooms of lower floors;
  - every folder of src/ is a room of the table, and every room has its folder;
  - every #include "…" in src/ (tests too) and in test/conformance names an allowed room ("support/…" in tests only);
  - no hand-written file is longer than 700 lines (files with "generated" in their name are not counted).
"""
import pathlib
import re
import sys

MAX_LINES = 700
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]*)"')
CODE = {".cc", ".h"}
COUNTED = CODE | {".py", ".js", ".mjs", ".cjs", ".ts", ".css", ".html", ".cmake", ".sh"}
COUNTED_FOLDERS = ["src", "test", "fuzz", "bench", "tools", "web", "cmake", "script"]
SKIPPED_FOLDERS = {"node_modules", "__pycache__", "vendor"}


def read_table(path, offences):
    """{room: (floor, set of rooms it may include)}, in the table's order."""
    rooms = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        where = f"{path.name}:{number}"
        if len(cells) != 4 or not cells[0].isdigit():
            offences.append(f"{where}: a row is floor, room, may include, what lives here, parted by tabs")
            continue
        room = cells[1]
        if room in rooms:
            offences.append(f"{where}: room '{room}' has a row already")
        rooms[room] = (int(cells[0]), set() if cells[2] == "-" else set(cells[2].split()))
    return rooms


def check_floors(rooms, offences):
    for room, (floor, allowed) in rooms.items():
        for other in sorted(allowed):
            if other not in rooms:
                offences.append(f"rooms.tsv: '{room}' may include '{other}', which is no room of the table")
            elif rooms[other][0] >= floor:
                offences.append(f"rooms.tsv: '{room}' on floor {floor} may include '{other}' on floor "
                                f"{rooms[other][0]}: includes go down only")


def check_folders(root, rooms, offences):
    folders = {entry.name for entry in (root / "src").iterdir() if entry.is_dir()}
    for name in sorted(folders - rooms.keys()):
        offences.append(f"src/{name}: this folder is no room of tools/rooms.tsv")
    for name in sorted(rooms.keys() - folders):
        offences.append(f"src/{name}: tools/rooms.tsv names this room, but there is no such folder")
    for entry in sorted((root / "src").iterdir()):
        if not entry.is_dir():
            offences.append(f"src/{entry.name}: a file outside of any room")


def files_with_rooms(root, rooms):
    """(file, room it is bound by, whether it is a test)"""
    for room in rooms:
        for path in sorted((root / "src" / room).rglob("*")):
            if path.suffix in CODE:
                yield path, room, path.stem.endswith("_test")
    for path in sorted((root / "test" / "conformance").glob("*_test.cc")):
        yield path, path.name.split("_")[0], True


def check_includes(root, rooms, offences):
    for path, room, is_test in files_with_rooms(root, rooms):
        name = path.relative_to(root)
        if room not in rooms:
            offences.append(f"{name}: its name does not begin with a room")
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            target, slash, _ = found.group(1).partition("/")
            if is_test and target in ("support", "conformance") and slash:
                continue
            if not slash or target not in rooms:
                offences.append(f'{name}:{number}: #include "{found.group(1)}" names no room (quotes are for rooms)')
            elif target != room and target not in rooms[room][1]:
                offences.append(f"{name}:{number}: room '{room}' may not include room '{target}'")


def check_lengths(root, offences):
    for folder in COUNTED_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if SKIPPED_FOLDERS & set(parts) or "generated" in path.name or not path.is_file():
                continue
            if path.suffix not in COUNTED and not (folder == "script" and path.suffix == ""):
                continue
            with path.open("rb") as file:
                lines = sum(1 for _ in file)
            if lines > MAX_LINES:
                offences.append(f"{path.relative_to(root)}: {lines} lines, the limit is {MAX_LINES}: "
                                "look for the second idea in it")


def offences_of(root):
    offences = []
    rooms = read_table(root / "tools" / "rooms.tsv", offences)
    check_floors(rooms, offences)
    check_folders(root, rooms, offences)
    check_includes(root, rooms, offences)
    check_lengths(root, offences)
    return offences


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).resolve().parent.parent)
    offences = offences_of(root)
    for offence in offences:
        print(offence)
    print(f"rooms: {len(offences)} offences" if offences else "rooms: as the table says")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
