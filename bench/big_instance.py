"""A Part 10 instance of any size, written as a stream: encapsulated frames of random bytes with JPEG markers at their ends."""
import random
import struct

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info, write_dataset

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
WSI = "1.2.840.10008.5.1.4.1.1.77.1.6"


def header_bytes(frames, uids):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = WSI, uids[2], JPEG_BASELINE
    meta.ImplementationClassUID = "2.25.1"
    meta.FileMetaInformationVersion = b"\0\1"
    data = Dataset()
    data.is_little_endian, data.is_implicit_VR = True, False
    data.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = WSI, uids[2], "SM"
    data.PatientName, data.PatientID = "Bench^Mark", "BENCH"
    data.StudyInstanceUID, data.SeriesInstanceUID = uids[0], uids[1]
    data.SamplesPerPixel, data.PhotometricInterpretation, data.NumberOfFrames = 3, "YBR_FULL_422", frames
    data.Rows = data.Columns = 256
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    out.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(out, meta, enforce_standard=True)
    write_dataset(out, data)
    return out.getvalue()


def write_instance(path, frames, mean_bytes, uids, seed=1):
    """Writes the file and returns (offset, length) of every frame."""
    chance = random.Random(seed)
    noise = chance.randbytes(8 << 20)
    places = []
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(header_bytes(frames, uids))
        file.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF))
        file.write(struct.pack("<HHI", 0xFFFE, 0xE000, 0))
        at = file.tell()
        for _ in range(frames):
            length = int(mean_bytes * chance.uniform(0.8, 1.2)) & ~1
            start = chance.randrange(len(noise) - length)
            file.write(struct.pack("<HHI", 0xFFFE, 0xE000, length))
            file.write(b"\xff\xd8" + noise[start:start + length - 4] + b"\xff\xd9")
            places.append((at + 8, length))
            at += 8 + length
        file.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    return places
