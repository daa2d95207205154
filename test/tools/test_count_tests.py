"""tools/count_tests.py: what script/test's last line is made of."""
import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "count_tests.py"
JUNIT = """<testsuites><testsuite name="s">
<testcase classname="A" name="good"/><testcase classname="A" name="bad"><failure message="x"/></testcase>
<testcase classname="A" name="late"><error/></testcase><testcase classname="A" name="off" status="notrun"/>
<testcase classname="A" name="not_here"><skipped message="no such&#10;tool"/></testcase></testsuite></testsuites>"""


def count(*paths):
    done = subprocess.run([sys.executable, TOOL, *paths], capture_output=True, text=True, check=True)
    return done.stdout.strip(), done.stderr


def test_cases_are_counted_and_a_skip_tells_its_reason(tmp_path):
    (tmp_path / "a.xml").write_text(JUNIT)
    counts, told = count(tmp_path / "a.xml", tmp_path / "a.xml")
    assert counts == "2 4 4"
    assert "skipped: A.not_here: no such tool" in told and "failed: A.bad" in told


def test_a_file_cut_short_by_a_crash_is_a_failure(tmp_path):
    (tmp_path / "a.xml").write_text(JUNIT[:60])
    assert count(tmp_path / "a.xml")[0] == "0 1 0"
