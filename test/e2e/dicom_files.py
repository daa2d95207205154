"""Small DICOM files made with pydicom: an independent writer for what the server must read.

Every builder returns a File: its bytes, and what a reader should find in it.
"""
import io
import random

import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_pixel_data_frame
from pydicom.sequence import Sequence
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian,
                         ImplicitVRLittleEndian, JPEGBaseline8Bit, generate_uid)

WSI = "1.2.840.10008.5.1.4.1.1.77.1.6"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
ANNOTATIONS = "1.2.840.10008.5.1.4.1.1.91.1"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
SIDE = 16  # rows and columns of a frame


class File:
    def __init__(self, dataset):
        self.dataset = dataset
        self.bytes = to_bytes(dataset)
        self.study = str(dataset.get("StudyInstanceUID", "")).strip()
        self.series = str(dataset.get("SeriesInstanceUID", ""))
        self.sop = str(dataset.get("SOPInstanceUID", ""))
        self.syntax = str(dataset.file_meta.TransferSyntaxUID)

    @property
    def study_path(self):
        return f"/studies/{self.study}"

    @property
    def series_path(self):
        return f"{self.study_path}/series/{self.series}"

    @property
    def path(self):
        return f"{self.series_path}/instances/{self.sop}"

    def frames(self):
        """What pydicom extracts, frame by frame."""
        dataset = pydicom.dcmread(io.BytesIO(self.bytes))
        count = int(dataset.get("NumberOfFrames", 1))
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            return list(generate_pixel_data_frame(dataset.PixelData, count))
        size = len(dataset.PixelData) // count
        return [dataset.PixelData[i * size:(i + 1) * size] for i in range(count)]


def to_bytes(dataset):
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, write_like_original=False)
    return out.getvalue()


def header(study=None, series=None, syntax=ExplicitVRLittleEndian, **attributes):
    """A whole-slide instance without pixels. attributes: keyword=value; None leaves an attribute out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = WSI
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.is_little_endian = syntax != ExplicitVRBigEndian
    dataset.is_implicit_VR = syntax == ImplicitVRLittleEndian
    values = dict(
        SpecificCharacterSet="ISO_IR 192", ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        SOPClassUID=WSI, SOPInstanceUID=meta.MediaStorageSOPInstanceUID, StudyDate="20240229", StudyTime="112233",
        AccessionNumber="A-1", Modality="SM", Manufacturer="Maker", ManufacturerModelName="Model 7",
        ReferringPhysicianName="Ärztin^Eva", StudyDescription="Biopsy", SeriesDescription="HE",
        PatientName="Doe^Jane", PatientID="P-1", PatientBirthDate="19700101", PatientSex="F",
        StudyInstanceUID=study or generate_uid(), SeriesInstanceUID=series or generate_uid(), StudyID="7",
        SeriesNumber=3, InstanceNumber=1, PatientWeight="61.5", ContainerIdentifier="S24-1",
        TotalPixelMatrixColumns=32, TotalPixelMatrixRows=32, FrameIncrementPointer=None)
    values.update(attributes)
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def add_image_attributes(dataset, frames, photometric):
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = photometric
    dataset.PlanarConfiguration = 0
    dataset.NumberOfFrames = frames
    dataset.Rows = dataset.Columns = SIDE
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0


def native(frames=3, side_data=0, **options):
    """Native RGB frames. side_data: bytes of extra pixel rows per frame, for large files."""
    dataset = header(**options)
    add_image_attributes(dataset, frames, "RGB")
    if side_data:
        dataset.Rows = dataset.Columns = side_data
    size = dataset.Rows * dataset.Columns * 3
    dataset.PixelData = random.Random(frames * size).randbytes(frames * size)
    dataset["PixelData"].VR = "OB" if not dataset.is_implicit_VR else "OW"
    return File(dataset)


def implicit(**options):
    return native(syntax=ImplicitVRLittleEndian, **options)


def words(syntax, frames=3, **options):
    """Native 16-bit frames with a table of 16-bit words of bulk size, numbers of every VR, and a sequence."""
    dataset = header(syntax=syntax, **options)
    add_image_attributes(dataset, frames, "MONOCHROME2")
    dataset.SamplesPerPixel = 1
    del dataset.PlanarConfiguration
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 1
    dataset.SmallestImagePixelValue = -3
    dataset.FrameIncrementPointer = 0x00181063
    dataset.AcquisitionDuration = 1.5
    dataset.ImagedVolumeWidth = 12.25
    table = Dataset()
    table.is_little_endian, table.is_implicit_VR = dataset.is_little_endian, dataset.is_implicit_VR
    table.LUTDescriptor = [1024, 0, 16]
    table.LUTData = random.Random(7).randbytes(2048)
    table["LUTData"].VR = "OW"
    dataset.ModalityLUTSequence = Sequence([table])
    dataset.PixelData = random.Random(frames).randbytes(frames * SIDE * SIDE * 2)
    dataset["PixelData"].VR = "OW"
    return File(dataset)


def big_endian(**options):
    return words(ExplicitVRBigEndian, **options)


def deflated(**options):
    return words(DeflatedExplicitVRLittleEndian, **options)


def bits(frames=5, rows=5, columns=7, **options):
    """A segmentation of 1-bit pixels whose frames begin inside bytes."""
    dataset = header(**{"SOPClassUID": SEGMENTATION, "Modality": "SEG", **options})
    add_image_attributes(dataset, frames, "MONOCHROME2")
    dataset.SamplesPerPixel = dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.Rows, dataset.Columns = rows, columns
    size = (frames * rows * columns + 7) // 8
    dataset.PixelData = random.Random(size).randbytes(size + size % 2)
    return File(dataset)


def floats(double=False, frames=2, **options):
    """FloatPixelData or DoubleFloatPixelData."""
    dataset = header(**options)
    add_image_attributes(dataset, frames, "MONOCHROME2")
    dataset.SamplesPerPixel = 1
    size, (keyword, vr) = (8, ("DoubleFloatPixelData", "OD")) if double else (4, ("FloatPixelData", "OF"))
    dataset.BitsAllocated = size * 8
    setattr(dataset, keyword, random.Random(size).randbytes(frames * SIDE * SIDE * size))
    dataset[keyword].VR = vr
    return File(dataset)


def annotations(**options):
    """Bulk annotations with coordinates (OF, OD) and indices (OL) too long for the JSON."""
    dataset = header(**{"SOPClassUID": ANNOTATIONS, "Modality": "ANN", **options})
    group = Dataset()
    group.AnnotationGroupNumber = 1
    group.PointCoordinatesData = random.Random(4).randbytes(4000)
    group.DoublePointCoordinatesData = random.Random(8).randbytes(8000)
    group.LongPrimitivePointIndexList = random.Random(5).randbytes(2000)
    dataset.AnnotationGroupSequence = Sequence([group])
    return File(dataset)


def document(**options):
    dataset = header(**{"SOPClassUID": ENCAPSULATED_PDF, "Modality": "DOC", **options})
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument = b"%PDF-1.4\n" + bytes(3000)
    return File(dataset)


def nested(levels, **options):
    """Sequences in each other, of undefined and defined length by turns."""
    dataset = header(**options)
    inner = Dataset()
    inner.CodeValue = "DEEP"
    for level in range(levels):
        outer = Dataset()
        outer.ContentSequence = Sequence([inner])
        outer["ContentSequence"].is_undefined_length = level % 2 == 0
        inner.is_undefined_length_sequence_item = level % 3 == 0
        inner = outer
    dataset.ContentSequence = inner.ContentSequence
    return File(dataset)


def without_pixels(**options):
    return File(header(**options))


def jpeg_frames(count):
    """Baseline JPEGs of different colours and lengths."""
    frames = []
    for index in range(count):
        image = Image.new("RGB", (SIDE, SIDE), (200, 10 * index % 256, 180))
        for step in range(index + 1):
            image.putpixel((step % SIDE, index % SIDE), (0, 0, 90))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=60 + index % 30)
        frames.append(out.getvalue())
    return frames


def jpeg(frames=3, offsets="basic", fragments=1, **options):
    """Encapsulated JPEG. offsets: basic (a filled table), none (an empty one), extended."""
    dataset = header(syntax=JPEGBaseline8Bit, LossyImageCompression="01", LossyImageCompressionMethod="ISO_10918_1",
                     LossyImageCompressionRatio="10", **options)
    add_image_attributes(dataset, frames, "YBR_FULL_422")
    streams = jpeg_frames(frames)
    if offsets == "extended":
        dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(streams)
    else:
        dataset.PixelData = encapsulate(streams, fragments_per_frame=fragments, has_bot=offsets == "basic")
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    return File(dataset)


def rich(**options):
    """JPEG frames with an ICC profile of 3 KB, a short binary value, per-frame groups, private and odd elements."""
    dataset = jpeg(frames=4, **options).dataset
    path = Dataset()
    path.OpticalPathIdentifier = "1"
    path.ICCProfile = random.Random(3).randbytes(3072)
    dataset.OpticalPathSequence = Sequence([path])
    dataset.DimensionOrganizationType = "TILED_FULL"
    dataset.PerFrameFunctionalGroupsSequence = Sequence([frame_groups(index) for index in range(4)])
    dataset.add_new(0x00091001, "OB", bytes(range(200)))
    dataset.add_new(0x00090010, "LO", "TESSERA TEST")
    dataset.ImageOrientationSlide = [0, -1, 0, -1, 0, 0]
    dataset.PatientComments = ""
    dataset.FrameIncrementPointer = 0x00480000
    return File(dataset)


def frame_groups(index):
    position = Dataset()
    position.ColumnPositionInTotalImagePixelMatrix = 1 + SIDE * (index % 2)
    position.RowPositionInTotalImagePixelMatrix = 1 + SIDE * (index // 2)
    position.XOffsetInSlideCoordinateSystem = "1.25"
    position.YOffsetInSlideCoordinateSystem = "20.5"
    groups = Dataset()
    groups.PlanePositionSlideSequence = Sequence([position])
    return groups
