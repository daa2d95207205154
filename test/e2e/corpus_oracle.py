"""What an independent reader (pydicom) finds in a DICOM file, to hold a server's answers against.

Attributes are compared as PS3.18 F has them: tag, VR and values, bulk values by their bytes. Frames are cut by another
route than the server's: native ones by slicing the value, packed bits by numpy, encapsulated ones by pydicom's walk.
"""
import base64
import io
import warnings

import numpy
import pydicom
from pydicom.encaps import generate_pixel_data_fragment, generate_pixel_data_frame

from dicomweb import same_value

PIXEL_DATA = (0x7FE00008, 0x7FE00009, 0x7FE00010)
SWAPPED_UNIT = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8, "US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8}
BULK = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}


def read(content):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(content))


# ---- attributes ---------------------------------------------------------------------------------------------------


def differences(actual, dataset, fetch, where="", big=None):
    """What the DICOM JSON `actual` says otherwise than `dataset`, as a list of sentences. fetch(uri) -> bytes."""
    big = not dataset.is_little_endian if big is None else big
    found = []
    wanted = {f"{tag:08X}" for tag in dataset.keys() if is_compared(tag, where)}
    have = {tag for tag in actual if is_compared(int(tag, 16), where)}
    found += [f"{where}/{tag} is missing" for tag in sorted(wanted - have)]
    found += [f"{where}/{tag}: the file has no such attribute" for tag in sorted(have - wanted)]
    for tag in sorted(wanted & have):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found += element_differences(actual[tag], dataset, int(tag, 16), fetch, f"{where}/{tag}", big)
    return found


def is_compared(tag, where):
    if tag & 0xFFFF == 0 or tag >> 16 == 0xFFFE:
        return False  # group lengths are not for JSON (PS3.18 F.2.2)
    return bool(where) or tag not in PIXEL_DATA


def element_differences(actual, dataset, tag, fetch, where, big):
    raw = dataset.get_item(tag)
    if actual == {"vr": "UN"} and not raw.value:
        return []
    if actual.get("vr") == "UN" and isinstance(raw, pydicom.dataelem.RawDataElement) and is_unknown(raw):
        got = fetch(actual["BulkDataURI"]) if "BulkDataURI" in actual else base64.b64decode(actual.get("InlineBinary", ""))
        return [] if got == (raw.value or b"") else [f"{where}: other bytes of a value that nobody knows"]
    try:
        element = dataset[tag]
    except Exception as error:  # pydicom gives up on the value: nothing to compare with, said by the caller's table
        return [f"{where}: pydicom cannot read it ({type(error).__name__}); we say {str(actual)[:80]}"]
    if actual.get("vr") != element.VR:
        return [f"{where} has VR {actual.get('vr')}, pydicom says {element.VR}"]
    if element.VR == "SQ":
        items = actual.get("Value", [])
        if len(items) != len(element.value):
            return [f"{where} has {len(items)} items, pydicom finds {len(element.value)}"]
        return [line for index, (item, wanted) in enumerate(zip(items, element.value))
                for line in differences(item, wanted, fetch, f"{where}[{index}]", big)]
    if element.VR in BULK:
        return bytes_differences(actual, element, big, fetch, where)
    if "BulkDataURI" in actual:
        return long_value_differences(fetch(actual["BulkDataURI"]), element, where)
    return value_differences(actual, element, where)


def is_unknown(raw):
    """Written as UN, or private under implicit VR: pydicom asks its own list of makers' attributes, we have none."""
    return raw.VR == "UN" or (raw.is_implicit_VR and raw.tag.is_private)


def bytes_differences(actual, element, big, fetch, where):
    wanted = bytes(element.value or b"") if not isinstance(element.value, list) else b"".join(element.value)
    if big and element.VR in SWAPPED_UNIT:
        wanted = turned(wanted, SWAPPED_UNIT[element.VR])
    if "BulkDataURI" in actual:
        got = fetch(actual["BulkDataURI"])
        if element.is_undefined_length and got[-8:-4] == b"\xfe\xff\xdd\xe0":
            got = got[:-8]  # fragments of an icon come with their delimiter, pydicom leaves it out
    else:
        got = base64.b64decode(actual.get("InlineBinary", ""))
    return [] if got == wanted else [f"{where}: {len(got)} bytes {got[:16]!r}, pydicom has {len(wanted)} {wanted[:16]!r}"]


def turned(value, unit):
    whole = len(value) - len(value) % unit
    return numpy.frombuffer(value[:whole], f">u{unit}").astype(f"<u{unit}").tobytes() + value[whole:]


def long_value_differences(got, element, where):
    """A text or number value too long for the JSON: its bytes, little endian."""
    if element.VR in SWAPPED_UNIT:
        kind = {"US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "FL": "f4", "FD": "f8"}[element.VR]
        same = numpy.array_equal(numpy.frombuffer(got, "<" + kind), numpy.atleast_1d(element.value))
        return [] if same else [f"{where}: the numbers behind its URI differ"]
    text = str(element.value).strip()
    return [] if got.decode("utf-8", "replace").strip("\0 ") == text else [f"{where}: the text behind its URI differs"]


def value_differences(actual, element, where):
    try:
        wanted = element.to_json_dict(lambda _: "", 1 << 40).get("Value", [])
    except Exception as error:
        wanted = [str(element.value)] if not isinstance(element.value, list | pydicom.multival.MultiValue) else [
            str(value) for value in element.value]
        del error
    values = actual.get("Value", [])
    values, wanted = without_padding(values), without_padding(wanted)
    if element.tag == 0x00080005:
        return [] if not wanted or values == ["ISO_IR 192"] else [f"{where}: {values}"]
    if len(values) == len(wanted) and all(same_value(a, b) or same_text(a, b) for a, b in zip(values, wanted)):
        return []
    return [f"{where}: {str(values)[:120]}, pydicom says {str(wanted)[:120]}"]


def without_padding(values):
    """Empty values are null, "" or {} by taste; those at the end carry nothing."""
    out = [None if value in ("", {}, None) else value for value in values]
    while out and out[-1] is None:
        out.pop()
    return out


def same_text(one, wanted):
    if isinstance(one, dict) and isinstance(wanted, dict):
        keys = {key for side in (one, wanted) for key, text in side.items() if str(text).strip(" \0")}
        return all(str(one.get(key, "")).strip(" \0") == str(wanted.get(key, "")).strip(" \0") for key in keys)
    if isinstance(one, str) and isinstance(wanted, str):
        return one.strip(" \0") == wanted.strip(" \0")
    try:
        return float(one) == float(wanted) or (float(one) != float(one) and float(wanted) != float(wanted))
    except (TypeError, ValueError):
        return str(one).strip(" \0") == str(wanted).strip(" \0")


# ---- frames -------------------------------------------------------------------------------------------------------


def frames(dataset):
    """The frames of a data set as bytes; none without pixel data. Bits are packed from bit 0 of each frame's first."""
    tag = next((tag for tag in PIXEL_DATA if tag in dataset), None)
    if tag is None or not dataset[tag].value:
        return []
    value, count = dataset[tag].value, int(dataset.get("NumberOfFrames") or 1)
    syntax = dataset.file_meta.TransferSyntaxUID
    if dataset[tag].is_undefined_length:
        if is_video(syntax):
            return [b"".join(generate_pixel_data_fragment(value))]
        return list(generate_pixel_data_frame(value, count))
    bits = {0x7FE00008: 32, 0x7FE00009: 64}.get(tag) or dataset.BitsAllocated
    pixels = dataset.Rows * dataset.Columns * dataset.get("SamplesPerPixel", 1)
    if "422" in dataset.get("PhotometricInterpretation", "") and len(value) < pixels * count * bits // 8:
        pixels = pixels // 3 * 2
    if pixels * bits % 8 == 0:
        size = pixels * bits // 8
        return [value[index * size:(index + 1) * size] for index in range(count)]
    stream = numpy.unpackbits(numpy.frombuffer(value, numpy.uint8), bitorder="little")
    size = pixels * bits
    return [numpy.packbits(stream[index * size:(index + 1) * size], bitorder="little").tobytes() for index in range(count)]


def is_video(syntax):
    return str(syntax).startswith("1.2.840.10008.1.2.4.10") and str(syntax) != "1.2.840.10008.1.2.4.10"
