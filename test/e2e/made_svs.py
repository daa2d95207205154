"""An Aperio SVS made from nothing, small and whole: one level of tiles, then thumbnail, label and macro of strips.
Directories are tags and pieces in memory, so that a test may put any wrong value anywhere before they are written.

    svs = MadeSvs()
    svs["label"].tags[257] = 9
    path.write_bytes(svs.bytes())
"""
import io
import struct
import zlib

import numpy
from PIL import Image

TYPES = {2: "s", 3: "H", 4: "I", 7: "s"}
SHORTS = {258, 259, 262, 274, 277, 284, 317}
DESCRIPTION = "Aperio Image Library v11.2.1\r\n%s|AppMag = 20|MPP = 0.5000|Date = 12/29/09|Time = 09:59:15"


def picture(width, height, seed=0):
    y, x = numpy.mgrid[0:height, 0:width]
    return numpy.stack([x * 3 + seed, y * 5 + seed, (x + y) * 2 + seed], -1).astype("u1")


def jpeg(pixels, rgb=True, **options):
    """With `rgb` the colours themselves are the components, as Aperio has them; else YCbCr."""
    out = io.BytesIO()
    height, width = pixels.shape[:2]
    image = Image.frombytes("YCbCr" if rgb else "RGB", (width, height), pixels.tobytes())
    image.save(out, "JPEG", **{"quality": 80, "subsampling": 0, **options})
    return out.getvalue()


def split(whole):
    """A JPEG as tag 347 and an abbreviated stream without markers that state its colours."""
    tables, stream, at = b"\xff\xd8", b"\xff\xd8", 2
    while True:
        end = at + 2 + struct.unpack(">H", whole[at + 2 : at + 4])[0]
        marker, segment = whole[at + 1], whole[at:end]
        if marker in (0xDB, 0xC4):
            tables += segment
        elif marker != 0xE0:
            stream += segment
        at = end
        if marker == 0xDA:
            return tables + b"\xff\xd9", stream + whole[at:]


def lzw(data):
    """TIFF's LZW with literals alone: a clear code before the codes would need a tenth bit."""
    bits = ""
    for at in range(0, len(data), 250):
        bits += format(256, "09b") + "".join(format(byte, "09b") for byte in data[at : at + 250])
    bits += format(257, "09b")
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def packbits(data):
    return bytes([len(data) - 1]) + data if data else b""  # literals; a run of 128 at most, and rows apart


def differences(pixels):
    """Predictor 2."""
    out = pixels.copy()
    out[:, 1:] -= pixels[:, :-1]
    return out


LOSSLESS = {1: lambda data: data, 5: lzw, 8: zlib.compress, 32773: packbits}


class Directory:
    """Tags by number (int, list of ints or bytes), and the compressed pieces that its offsets tag points to."""

    def __init__(self, pixels, description, compression, photometric=2, subfile=0):
        self.pixels = pixels
        self.pieces = []
        self.replaced = {}  # (tag, index): value, put in place of what is true when written
        height, width = pixels.shape[:2]
        self.tags = {254: subfile, 256: width, 257: height, 258: [8, 8, 8], 259: compression, 262: photometric,
                     270: description.encode() + b"\0", 277: 3, 284: 1}
        self.tiled = False

    def cut(self, height, width=None):
        """The pieces as arrays; tiles are filled up to their size."""
        self.tiled = width is not None
        rows = range(0, self.pixels.shape[0], height)
        if not self.tiled:
            self.tags[278] = height
            return [self.pixels[y : y + height] for y in rows]
        self.tags.update({322: width, 323: height})
        below, right = -self.pixels.shape[0] % height, -self.pixels.shape[1] % width
        whole = numpy.pad(self.pixels, ((0, below), (0, right), (0, 0)), "edge")
        return [whole[y : y + height, x : x + width] for y in rows for x in range(0, self.pixels.shape[1], width)]

    def as_jpeg(self, height, width=None, abbreviated=True, **options):
        for piece in self.cut(height, width):
            stream = jpeg(piece, rgb=self.tags[262] == 2, **options)
            if abbreviated:
                self.tags[347], stream = split(stream)
            self.pieces.append(stream)
        return self

    def as_lossless(self, height, width=None, predictor=1):
        pack = LOSSLESS[self.tags[259]]
        self.tags[317] = predictor
        for piece in self.cut(height, width):
            data = differences(piece) if predictor == 2 else piece
            rows = [data] if pack is not packbits else data
            self.pieces.append(b"".join(pack(row.tobytes()) for row in rows))
        return self


class MadeSvs:
    def __init__(self):
        level = Directory(picture(200, 150), DESCRIPTION % "200x150 [0,0 200x150] (64x64) JPEG/RGB Q=80", 7)
        thumbnail = Directory(picture(67, 50, 9), DESCRIPTION % "200x150 -> 67x50 - ", 7)
        label = Directory(picture(41, 37, 50), "Aperio Image Library v11.2.1\nlabel 41x37", 5, subfile=1)
        macro = Directory(picture(150, 51, 90), "Aperio Image Library v11.2.1\nmacro 150x51", 7, subfile=9)
        self.directories = {"level": level.as_jpeg(64, 64), "thumbnail": thumbnail.as_jpeg(16),
                            "label": label.as_lossless(7, predictor=2), "macro": macro.as_jpeg(16)}

    def __getitem__(self, name):
        return self.directories[name]

    def bytes(self):
        out = bytearray(b"II*\0\0\0\0\0")
        link = 4
        for directory in self.directories.values():
            link = self._write(out, directory, link)
        return bytes(out)

    @staticmethod
    def _write(out, directory, link):
        places = []
        for piece in directory.pieces:
            out += b"\0" * (len(out) % 2)
            places.append(len(out))
            out += piece
        tags = dict(directory.tags)
        offsets, counts = (324, 325) if directory.tiled else (273, 279)
        tags.setdefault(offsets, places)
        tags.setdefault(counts, [len(piece) for piece in directory.pieces])
        for (tag, index), value in directory.replaced.items():
            tags[tag] = list(tags[tag])
            tags[tag][index] = value
        entries = b""
        for tag, value in sorted((tag, value) for tag, value in tags.items() if value is not None):
            if isinstance(value, bytes):
                kind, count, raw = (2 if tag == 270 else 7), len(value), value
            else:
                values = value if isinstance(value, list) else [value]
                kind, count = (3 if tag in SHORTS else 4), len(values)
                raw = struct.pack("<%d%s" % (count, TYPES[kind]), *values)
            if len(raw) > 4:
                out += b"\0" * (len(out) % 2)
                raw, where = struct.pack("<I", len(out)), raw
                out += where
            entries += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
        out += b"\0" * (len(out) % 2)
        out[link : link + 4] = struct.pack("<I", len(out))
        out += struct.pack("<H", len(entries) // 12) + entries
        out += bytes(4)
        return len(out) - 4
