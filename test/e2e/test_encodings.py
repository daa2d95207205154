"""Small twins of what the shared corpus holds: every encoding is stored, found, and given back right."""
import struct
import zlib

import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

import corpus_oracle as oracle
import dicom_files as make
from conftest import running
from dicomweb import JSON, StoreAnswer, bodies
from test_corpus import Client, check_stored
from tessera_server import plain_binary_only

OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


def charsets():
    """ISO 2022 with several escapes, and the multi-byte sets that stand alone."""
    return {
        "japanese": (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        "katakana": (["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
        "korean": (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        "chinese": (["GB18030"], "Wang^XiaoDong=王^小东"),
        "greek": (["ISO_IR 126"], "Διονυσιος"),
        "russian": (["ISO_IR 144"], "Люкceмбypг"),
        "latin": (["ISO_IR 100"], "Buc^Jérôme"),
        "utf8": (["ISO_IR 192"], "Wang^XiaoDong=王^小東"),
    }


def named(terms, name, syntax=ExplicitVRLittleEndian):
    return make.without_pixels(syntax=syntax, SpecificCharacterSet=terms if len(terms) > 1 else terms[0],
                               PatientName=name, ReferringPhysicianName=None)


FILES = {
    "big endian": make.big_endian(),
    "deflated": make.deflated(),
    "implicit": make.words(ImplicitVRLittleEndian),
    "explicit words": make.words(ExplicitVRLittleEndian),
    "bits of frames that begin inside bytes": make.bits(),
    "bits of frames of whole bytes": make.bits(frames=3, rows=8, columns=8),
    "float pixels": make.floats(),
    "double float pixels": make.floats(double=True),
    "bulk annotations": make.annotations(),
    "an encapsulated document": make.document(),
    "fragments by a Basic Offset Table": make.jpeg(fragments=3),
    "fragments by image markers": make.jpeg(fragments=2, offsets="none"),
    "an Extended Offset Table": make.jpeg(offsets="extended"),
    "no pixels": make.without_pixels(),
    "fifty levels": make.nested(50),
    "a class nobody knows": make.native(SOPClassUID="1.2.3.4.5.6.7"),
    "a concatenation part": make.jpeg(frames=2, ConcatenationUID="1.2.3.9", InConcatenationNumber=2,
                                      InConcatenationTotalNumber=3, ConcatenationFrameOffsetNumber=2),
    **{f"charset {name}": named(*row) for name, row in charsets().items()},
    **{f"implicit charset {name}": named(*row, ImplicitVRLittleEndian) for name, row in charsets().items()},
}


@pytest.fixture(scope="module")
def client(server):
    return Client(server)


@pytest.mark.parametrize("name", FILES)
def test_every_encoding_comes_back_byte_for_byte_with_its_attributes_and_frames(client, name):
    file = FILES[name]
    answer = client.store(file.bytes)
    assert answer.status_code == 200, answer.text
    item = answer.json()["00081199"]["Value"][0]
    assert "00081196" not in item, "a warning"
    frames, differences = check_stored(client, file.bytes, item)
    assert differences == []
    assert frames == len(oracle.frames(file.dataset))


def test_an_instance_without_pixels_has_no_frames(server):
    file = make.without_pixels()
    server.store(file)
    assert server.get(f"/dicom-web{file.path}/frames/1", OCTETS).status_code == 404


def with_fragments(frames, table, fragments):
    """A JPEG instance whose value is made by hand: table bytes, then one item per fragment."""
    dataset = make.jpeg(frames=frames).dataset
    items = [table, *fragments]
    dataset.PixelData = b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item for item in items)
    return make.File(dataset)


@pytest.mark.parametrize("table", [b"", struct.pack("<3I", 1, 3, 5), struct.pack("<2I", 0, 8), b"\0" * 6,
                                   struct.pack("<3I", 0, 1 << 31, 0xFFFFFFFF)],
                         ids=["empty", "misaligned", "partial", "odd", "past the end"])
def test_the_items_win_over_a_wrong_offset_table(server, table):
    fragments = [b"\xff\xd8\xff" + bytes([7 * i]) * (11 + 20 * i) for i in range(3)]
    fragments[1] = b""  # an empty frame
    file = with_fragments(3, table, fragments)
    server.store(file)
    assert bodies(server.get(f"/dicom-web{file.path}/frames/1,2,3", OCTETS)) == fragments


def test_extended_offset_table_lengths_that_are_off_by_eight_are_not_believed(server):
    dataset = make.jpeg(offsets="extended").dataset
    lengths = struct.unpack("<3Q", dataset.ExtendedOffsetTableLengths)
    dataset.ExtendedOffsetTableLengths = struct.pack("<3Q", *(length + 8 for length in lengths))
    file = make.File(dataset)
    server.store(file)
    got = bodies(server.get(f"/dicom-web{file.path}/frames/1,2,3", OCTETS))
    assert [frame.rstrip(b"\0") for frame in got] == [frame.rstrip(b"\0") for frame in make.jpeg_frames(3)]


def test_a_deflated_instance_is_inflated_again_when_its_sidecar_is_gone_or_wrong(tmp_path):
    file = make.deflated()
    with running(tmp_path) as server:
        server.store(file)
    (sidecar,) = tmp_path.rglob("*.inflated")
    whole = sidecar.read_bytes()
    for damage in (None, b"", whole[:-1], whole[:1000] + b"?" + whole[1001:]):
        sidecar.unlink()
        if damage is not None:
            sidecar.write_bytes(damage)
        with running(tmp_path) as server:
            assert bodies(server.get(f"/dicom-web{file.path}/frames/1,2,3", OCTETS)) == file.frames()
            assert sidecar.read_bytes() == whole
    with running(tmp_path) as server:
        assert server.delete(f"/dicom-web{file.study_path}").status_code == 204
        server.wait_for_no_files()


# ---- what would never end, and what is large ------------------------------------------------------------------------


def test_a_bomb_is_refused_before_it_goes_off(server):
    meta = make.deflated().bytes
    length = struct.unpack("<I", meta[140:144])[0]
    head = struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, 1 << 30)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = deflate.compress(head) + b"".join(deflate.compress(bytes(1 << 20)) for _ in range(1024)) + deflate.flush()
    response = server.post("/dicom-web/studies", meta[:144 + length] + stream)
    assert StoreAnswer(response).reasons() == [272]
    assert "bytes came of each byte" in response.text
    assert list((server.data / "incoming").iterdir()) == []


def rss_anon(server):
    with open(f"/proc/{server.process.pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) // 1024


def per_frame_groups(count):
    """The bytes of `count` items of per-frame functional groups, a thousand at a time."""
    position = b"".join(struct.pack("<HH2sHi", 0x0048, element, b"SL", 4, 1) for element in (0x021E, 0x021F))
    position += b"".join(struct.pack("<HH2sH", 0x0040, element, b"DS", 8) + b"12.34567" for element in (0x072A, 0x073A, 0x074A))
    plane = struct.pack("<HHI", 0xFFFE, 0xE000, len(position)) + position
    groups = struct.pack("<HH2sHI", 0x0048, 0x021A, b"SQ", 0, len(plane)) + plane
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(groups)) + groups
    for _ in range(count // 1000):
        yield item * 1000


@plain_binary_only
def test_per_frame_groups_of_200_megabytes_are_stored_and_told_in_flat_memory(start):
    server = start()
    count = 2_100_000
    file = make.without_pixels()
    item = next(per_frame_groups(1000))
    size = len(item) // 1000 * count
    assert size > 200_000_000
    head = struct.pack("<HH2sHI", 0x5200, 0x9230, b"SQ", 0, 0xFFFFFFFF)
    tail = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    peak = rss_anon(server)

    def body():
        nonlocal peak
        yield file.bytes + head
        for index, piece in enumerate(per_frame_groups(count)):
            yield piece
            peak = max(peak, rss_anon(server)) if index % 100 == 0 else peak
        yield tail

    response = server.post("/dicom-web/studies", body())
    assert response.status_code == 200, response.text
    answer = server.get(f"/dicom-web{file.path}/metadata", JSON, headers={"Accept-Encoding": "identity"}, stream=True)
    told, found = 0, 0
    for chunk in answer.iter_content(1 << 20):
        told += len(chunk)
        found += chunk.count(b'"0048021A"')
        peak = max(peak, rss_anon(server))
    print(f"{size >> 20} MiB of groups in, {told >> 20} MiB of JSON out, {peak} MiB of anonymous memory at most")
    assert answer.status_code == 200 and found >= count * 0.999
    assert peak < 256
