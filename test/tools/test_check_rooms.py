"""tools/check_rooms.py on small houses with one fault each."""
import pathlib
import subprocess
import sys

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_rooms.py"
TABLE = "# floor\troom\n0\tbase\t-\tground\n1\tnet\tbase\tHTTP\n1\tdicom\tbase\tformat\n2\tblob\tbase net\tstore\n"


@pytest.fixture
def house(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "rooms.tsv").write_text(TABLE)
    for room in ("base", "net", "dicom", "blob"):
        (tmp_path / "src" / room).mkdir(parents=True)
    (tmp_path / "src/base/status.h").write_text("#include <string>\n")
    (tmp_path / "src/blob/store.cc").write_text('#include "blob/store.h"\n#include "base/status.h"\n')
    return tmp_path


def check(root):
    done = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert (done.returncode == 0) == (len(lines) == 1), done.stdout + done.stderr
    return lines[:-1]


def test_a_house_as_the_table_says_has_no_offence(house):
    assert check(house) == []


def test_an_include_the_table_does_not_allow_names_its_line(house):
    (house / "src/net/server.cc").write_text('#include "net/http.h"\n\n  #  include "dicom/tag.h"\n')
    assert check(house) == ["src/net/server.cc:3: room 'net' may not include room 'dicom'"]


def test_unit_tests_are_bound_by_their_room_but_may_use_support(house):
    (house / "src/base/status_test.cc").write_text('#include "support/fake_clock.h"\n#include "net/http.h"\n')
    assert check(house) == ["src/base/status_test.cc:2: room 'base' may not include room 'net'"]


def test_code_may_not_use_test_support(house):
    (house / "src/base/status.cc").write_text('#include "support/fake_clock.h"\n')
    assert len(check(house)) == 1


def test_a_conformance_test_is_bound_by_the_room_it_names(house):
    (house / "test/conformance").mkdir(parents=True)
    (house / "test/conformance/blob_store_test.cc").write_text('#include "net/a.h"\n#include "dicom/a.h"\n')
    assert check(house) == ["test/conformance/blob_store_test.cc:2: room 'blob' may not include room 'dicom'"]


def test_an_upward_or_sideways_row_is_an_offence(house):
    (house / "tools/rooms.tsv").write_text(TABLE.replace("net\tbase", "net\tbase dicom"))
    assert check(house) == ["rooms.tsv: 'net' on floor 1 may include 'dicom' on floor 1: includes go down only"]


def test_a_folder_without_a_row_and_a_row_without_a_folder_are_offences(house):
    (house / "src/kitchen").mkdir()
    (house / "src/dicom").rmdir()
    found = check(house)
    assert len(found) == 2 and "src/kitchen" in found[0] and "src/dicom" in found[1]


def test_a_file_of_more_than_700_lines_is_an_offence_unless_generated(house):
    (house / "src/base/long.cc").write_text("//\n" * 701)
    (house / "src/base/just.cc").write_text("//\n" * 700)
    (house / "src/base/table_generated.cc").write_text("//\n" * 5000)
    found = check(house)
    assert len(found) == 1 and found[0].startswith("src/base/long.cc: 701 lines")


def test_a_broken_row_names_its_line(house):
    (house / "tools/rooms.tsv").write_text(TABLE + "2 slide base text\n")
    assert check(house) == ["rooms.tsv:6: a row is floor, room, may include, what lives here, parted by tabs"]
