"""What DICOMweb clients know: multipart both ways, store answers, and DICOM JSON as PS3.18 F wants it."""
import io
import math
import re

import pydicom

JSON = "application/dicom+json"
BOUNDARY = "tessera-test-boundary"
MULTIPART_DICOM = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'

INLINE_LIMIT = 1024  # larger binary values are bulk data
PIXELS = {"7FE00010", "7FE00001", "7FE00002"}
# What a server may add to an instance's own attributes.
ADDED = {"00080054", "00080056", "00081190", "00083002"}


def multipart(*parts, boundary=BOUNDARY, lead=b""):
    """parts: bytes, or (content type or None, bytes)."""
    out = io.BytesIO()
    out.write(lead)
    for part in parts:
        content_type, body = part if isinstance(part, tuple) else ("application/dicom", part)
        out.write(b"--" + boundary.encode() + b"\r\n")
        out.write(f"Content-Type: {content_type}\r\n".encode() if content_type else b"Content-ID: <1>\r\n")
        out.write(b"\r\n" + body + b"\r\n")
    out.write(b"--" + boundary.encode() + b"--\r\n")
    return out.getvalue()


def content_type(response):
    return response.headers.get("Content-Type", "")


def parts_of(response):
    """The parts of a multipart answer as (headers, body), read as strictly as the viewers do."""
    assert content_type(response).startswith("multipart/related"), content_type(response)
    boundary = re.search(r'boundary="?([^";,]+)"?', content_type(response)).group(1).encode()
    body = response.content[2:] if response.content.startswith(b"\r\n") else response.content
    assert body.startswith(b"--" + boundary + b"\r\n"), body[:80]
    ends = (b"--" + boundary + b"--", b"--" + boundary + b"--\r\n")
    assert body.endswith(ends), body[-80:]
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    parts = []
    for piece in pieces[1:-1]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        assert separator and head.startswith(b"\r\n") and len(head) < 1000, head[:80]
        fields = dict(line.decode().split(": ", 1) for line in head[2:].split(b"\r\n"))
        parts.append(({name.lower(): value for name, value in fields.items()}, content))
    return parts


def bodies(response):
    """The payloads of an answer, single or multipart."""
    if content_type(response).startswith("multipart/"):
        return [body for _, body in parts_of(response)]
    return [response.content]


class StoreAnswer:
    """The data set of a STOW answer."""

    def __init__(self, response):
        assert content_type(response) == JSON, f"{response.status_code} {content_type(response)}: {response.text}"
        self.json = response.json()
        assert isinstance(self.json, dict), self.json
        self.stored = self.items("00081199")
        self.failed = self.items("00081198")

    def items(self, tag):
        return self.json.get(tag, {}).get("Value", [])

    def stored_sops(self):
        return [value(item, "00081155") for item in self.stored]

    def reasons(self):
        return [value(item, "00081197") for item in self.failed]


def value(item, tag, index=0):
    return item[tag]["Value"][index]


def expected_json(file):
    """The instance's attributes as pydicom writes them, without file meta and pixels; large binaries as 'BULK'."""
    dataset = pydicom.dcmread(io.BytesIO(file.bytes))
    return dataset.to_json_dict(bulk_data_threshold=INLINE_LIMIT + 1, bulk_data_element_handler=lambda element: "BULK")


def assert_same_attributes(actual, expected, where=""):
    for tag, wanted in expected.items():
        if tag in PIXELS:
            continue
        assert tag in actual, f"{where}/{tag} is missing"
        assert_same_element(actual[tag], wanted, f"{where}/{tag}")
    extra = set(actual) - set(expected) - PIXELS - ADDED
    assert not extra, f"{where}: nobody asked for {sorted(extra)}"


def assert_same_element(actual, wanted, where):
    assert actual["vr"] == wanted["vr"], where
    if "BulkDataURI" in wanted:
        assert re.match(r"https?://", actual["BulkDataURI"]), f"{where}: {actual}"
        assert "InlineBinary" not in actual and "Value" not in actual, where
    elif "InlineBinary" in wanted:
        assert actual["InlineBinary"] == wanted["InlineBinary"], where
    elif wanted["vr"] == "SQ":
        items, wanted_items = actual.get("Value", []), wanted.get("Value", [])
        assert len(items) == len(wanted_items), where
        for index, (item, wanted_item) in enumerate(zip(items, wanted_items)):
            assert_same_attributes(item, wanted_item, f"{where}[{index}]")
    else:
        values, wanted_values = actual.get("Value", []), [v for v in wanted.get("Value", []) if v not in ("", {})]
        assert len(values) == len(wanted_values), f"{where}: {actual} for {wanted}"
        for one, wanted_one in zip(values, wanted_values):
            assert same_value(one, wanted_one), f"{where}: {one!r} for {wanted_one!r}"


def same_value(one, wanted):
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return isinstance(one, (int, float)) and math.isclose(one, wanted, rel_tol=1e-6)
    return one == wanted


def assert_says_why(response, status, *words):
    """An error is plain text: one message that names what is wrong."""
    assert response.status_code == status, f"{response.status_code}: {response.text[:300]}"
    assert content_type(response).startswith("text/plain"), content_type(response)
    text = response.text.strip()
    assert 8 <= len(text) <= 1000, repr(text)
    for word in words:
        assert word in text, f"'{word}' is not in: {text}"
