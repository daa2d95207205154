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


# In a mount namespace of its own: the package is installed over this very system, and nothing of it stays.
INSTALL = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mkdir -p "$1/root/dev" "$1/root/proc"
mount --bind /dev "$1/root/dev"
mount -t proc proc "$1/root/proc"
cp "$2" "$1/root/tessera.deb"
rm -rf "$1/root/run/systemd/system"
cd "$1/root"
in_root() { chroot "$1" /bin/sh -ec "$2"; }
in_root . 'dpkg -i /tessera.deb; stat -c "%U %G %a" /etc/tessera/tessera.toml /var/lib/tessera
  setpriv --reuid tessera --regid tessera --clear-groups tessera serve --config /etc/tessera/tessera.toml --print-config'
in_root . 'rm /etc/tessera/tessera.toml; dpkg -i /tessera.deb; dpkg -s tessera | grep ^Status'
in_root . 'touch /var/lib/tessera/image; dpkg -P tessera; ls /var/lib/tessera; test ! -e /usr/bin/tessera'
"""


def test_it_is_installed_upgraded_and_purged_and_images_stay(package, tmp_path):
    command = ["unshare", "--mount", "sh", "-c", INSTALL, "install", str(tmp_path), str(package)]
    if os.geteuid() != 0 or subprocess.run(command[:2] + ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], check=False,
                                           capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here (it takes root): the package is not installed")
    said = run(*command)
    assert "root tessera 640" in said and "tessera tessera 700" in said, said
    assert 'data = "/var/lib/tessera"' in said
    assert "Status: install ok installed" in said, said
    assert said.rstrip().endswith("image")
