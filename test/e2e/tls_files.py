"""Certificates made by openssl, and clients that trust them."""
import functools
import os
import pathlib
import ssl
import subprocess
import tempfile


def openssl(*arguments, **more):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False,
                          **more)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"
    return done.stdout


class Pair:
    """A certificate and its key, as files, and the authority that vouches for it."""

    def __init__(self, certificate, key, ca):
        self.certificate, self.key, self.ca = certificate, key, ca

    def arguments(self):
        return ["--set", f"tls.certificate={self.certificate}", "--set", f"tls.key={self.key}"]

    def replace_by(self, other):
        """As a renewing program does it: one file, then the other, each at once."""
        for mine, new in ((self.certificate, other.certificate), (self.key, other.key)):
            beside = mine.with_suffix(".new")
            beside.write_bytes(new.read_bytes())
            beside.chmod(0o600)
            beside.rename(mine)

    def context(self):
        return ssl.create_default_context(cafile=self.ca)

    def wrap(self, connection, context=None):
        return (context or self.context()).wrap_socket(connection, server_hostname="localhost",
                                                       suppress_ragged_eofs=False)

    def serial(self):
        return int(openssl("x509", "-in", self.certificate, "-noout", "-serial").strip().removeprefix("serial="), 16)


class Authority:
    def __init__(self, folder, name="Tessera test authority"):
        self.folder = folder
        self.certificate, self.key = folder / "ca.pem", folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                "-out", self.certificate, "-days", 30, "-subj", f"/CN={name}")
        self.made = 0

    def issue(self, names="DNS:localhost,IP:127.0.0.1", subject="/CN=localhost", days=90, key=("ec", "ec_paramgen_curve:P-256")):
        """days < 0: it has ended before it began."""
        self.made += 1
        base = self.folder / f"issued-{self.made}"
        certificate, key_file = base.with_suffix(".pem"), base.with_suffix(".key")
        openssl("req", "-newkey", key[0], "-pkeyopt", key[1], "-nodes", "-keyout", key_file, "-out",
                base.with_suffix(".csr"), "-subj", subject)
        base.with_suffix(".ext").write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", base.with_suffix(".csr"), "-CA", self.certificate, "-CAkey", self.key, "-days",
                days, "-extfile", base.with_suffix(".ext"), "-out", certificate)
        return Pair(certificate, key_file, self.certificate)


@functools.cache
def of_the_session():
    """The pair that all servers have under TESSERA_TEST_TLS=1; none without it."""
    if os.environ.get("TESSERA_TEST_TLS") != "1":
        return None
    pair = Authority(pathlib.Path(tempfile.mkdtemp(prefix="tessera-tls-"))).issue()
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        os.environ[variable] = str(pair.ca)
    return pair
