"""A valid whole-slide image to spoil: `tessera demo` and `tessera convert` make it (test_demo.py and test_convert.py have
it judged by dciodvfy), pydicom or a few changed bytes damage it."""
import copy
import struct
import subprocess

import pydicom
from pydicom.encaps import encapsulate, encapsulate_extended, generate_pixel_data_frame

from tessera_server import BINARY


def make_series(folder, size="700x500", tile=256):
    """The files of a small slide, largest level first."""
    slide = folder / "slide.tif"
    subprocess.run([BINARY, "demo", "-o", slide, "--size", size, "--tile", str(tile)], check=True, capture_output=True)
    subprocess.run([BINARY, "convert", slide, "-o", folder / "series"], check=True, capture_output=True)
    files = list((folder / "series").rglob("*.dcm"))
    return sorted(files, key=lambda file: -pydicom.dcmread(file, stop_before_pixels=True).TotalPixelMatrixColumns)


def read(path):
    return pydicom.dcmread(path)


def save(dataset, path):
    dataset.save_as(path, write_like_original=True)
    return path


def frames(dataset):
    return list(generate_pixel_data_frame(dataset.PixelData, int(dataset.NumberOfFrames)))


def with_basic_offsets(dataset, change):
    """change(offsets) -> the offsets to write."""
    streams = frames(dataset)
    offsets, at = [], 0
    for stream in streams:
        offsets.append(at)
        at += 8 + len(stream) + len(stream) % 2
    table = struct.pack(f"<{len(change(offsets))}I", *change(offsets))
    body = encapsulate(streams, has_bot=False)[8:]
    dataset.PixelData = struct.pack("<HHI", 0xFFFE, 0xE000, len(table)) + table + body


def with_extended_offsets(dataset, change=lambda offsets: offsets, change_lengths=lambda lengths: lengths, keep_basic=False):
    streams = frames(dataset)
    data, offsets, lengths = encapsulate_extended(streams)
    unpack = lambda raw: list(struct.unpack(f"<{len(raw) // 8}Q", raw))
    pack = lambda values: struct.pack(f"<{len(values)}Q", *values)
    dataset.ExtendedOffsetTable = pack(change(unpack(offsets)))
    dataset.ExtendedOffsetTableLengths = pack(change_lengths(unpack(lengths)))
    if not keep_basic:
        dataset.PixelData = data


def with_fragments(dataset, fragments):
    dataset.PixelData = encapsulate(frames(dataset), fragments_per_frame=fragments, has_bot=True)


def made_sparse(dataset, positions=None):
    """TILED_SPARSE with a position for each frame: (column, row), or None for none."""
    across = -(-dataset.TotalPixelMatrixColumns // dataset.Columns)
    count = int(dataset.NumberOfFrames)
    places = [(1 + dataset.Columns * (i % across), 1 + dataset.Rows * (i // across)) for i in range(count)]
    for index, place in (positions or {}).items():
        places[index] = place
    dataset.DimensionOrganizationType = "TILED_SPARSE"
    index = pydicom.Dataset()
    index.DimensionOrganizationUID = dataset.DimensionOrganizationSequence[0].DimensionOrganizationUID
    index.DimensionIndexPointer = 0x0048021E  # ColumnPositionInTotalImagePixelMatrix
    index.FunctionalGroupPointer = 0x0048021A
    dataset.DimensionIndexSequence = pydicom.Sequence([index])
    groups = []
    for place in places:
        group = pydicom.Dataset()
        if place is not None:
            position = pydicom.Dataset()
            position.ColumnPositionInTotalImagePixelMatrix, position.RowPositionInTotalImagePixelMatrix = place
            position.XOffsetInSlideCoordinateSystem = position.YOffsetInSlideCoordinateSystem = "0"
            position.ZOffsetInSlideCoordinateSystem = "0"
            group.PlanePositionSlideSequence = pydicom.Sequence([position])
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = pydicom.Sequence(groups)


def copy_of(dataset):
    return copy.deepcopy(dataset)
