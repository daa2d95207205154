"""The Debian package: what is in it, that its program runs from there, and that its unit and scripts are sound."""
import os
import pathlib
import shutil
import subprocess

import pytest

from tessera_server import ROOT

PROGRAM = ROOT / "build" / "release" / "tessera"


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, check=False, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool} here")
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} was not built")
    folder = tmp_path_factory.mktemp("package")
    run("cpack", "-G", "DEB", "-B", folder, cwd=ROOT / "build" / "release")
    found = list(folder.glob("*.deb"))
    assert len(found) == 1, found
    return found[0]


def test_it_holds_program_unit_configuration_and_documents(package):
    listing = {line.split()[5].lstrip("."): line.split()[:2] for line in run("dpkg-deb", "-c", package).splitlines()}
    assert listing["/usr/bin/tessera"] == ["-rwxr-xr-x", "root/root"]
    assert listing["/etc/tessera/tessera.toml"] == ["-rw-r-----", "root/root"]
    for path in ("/lib/systemd/system/tessera.service", "/usr/share/doc/tessera/operations.md",
                 "/usr/share/doc/tessera/copyright"):
        assert path in listing, sorted(listing)
    assert not [path for path in listing if path.startswith(("/var", "/home", "/work", "/tmp", "/usr/local"))]


def test_control_names_libraries_conffile_and_scripts(package, tmp_path):
    run("dpkg-deb", "-e", package, tmp_path)
    control = dict(line.split(": ", 1) for line in (tmp_path / "control").read_text().splitlines() if ": " in line)
    assert control["Package"] == "tessera"
    for library in ("libc6", "libsqlite3-0", "libcurl4", "libspdlog", "libutf8proc2"):
        assert library in control["Depends"], control["Depends"]
    assert (tmp_path / "conffiles").read_text() == "/etc/tessera/tessera.toml\n"
    for script in ("postinst", "prerm", "postrm"):
        assert os.access(tmp_path / script, os.X_OK)
        run("sh", "-n", tmp_path / script)


def test_its_program_runs_from_a_scratch_root_and_reads_its_configuration(package, tmp_path):
    run("dpkg-deb", "-x", package, tmp_path)
    program = tmp_path / "usr" / "bin" / "tessera"
    version = run(program, "--version").strip()
    assert version.startswith("tessera ") and version.split()[1] == run("dpkg-deb", "-f", package, "Version").strip()
    printed = run(program, "serve", "--config", tmp_path / "etc/tessera/tessera.toml", "--print-config")
    assert 'data = "/var/lib/tessera"' in printed


def test_its_unit_is_one_that_systemd_reads(package, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    run("dpkg-deb", "-x", package, tmp_path)
    text = (tmp_path / "lib/systemd/system/tessera.service").read_text()
    unit = tmp_path / "tessera.service"
    unit.write_text(text.replace("/usr/bin/tessera", str(tmp_path / "usr/bin/tessera")))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                          timeout=60, check=False)
    complaints = [line for line in done.stderr.splitlines() if "tessera" in line]
    assert not complaints, done.stderr


def test_the_unit_waits_longer_than_the_server_may_take():
    text = (ROOT / "packaging" / "tessera.service").read_text()
    seconds = int(next(line for line in text.splitlines() if line.startswith("TimeoutStopSec=")).split("=")[1])
    printed = run(PROGRAM, "serve", "--print-config")
    configured = next(line for line in printed.splitlines() if line.startswith("shutdown_seconds"))
    assert seconds > int(configured.split(" = ")[1])
    assert pathlib.Path(ROOT / "packaging" / "tessera.toml").exists()
