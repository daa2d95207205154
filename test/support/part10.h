// Small Part 10 files for tests, made with the writer: valid unless a test spoils them.
#pragma once

#include <string>
#include <vector>

#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"
#include "dicom/writer.h"

namespace tessera::test {

struct Part10 {
  std::string study = "1.2.3", series = "1.2.3.4", sop = "1.2.3.4.5";
  std::string sop_class = "1.2.840.10008.5.1.4.1.1.77.1.6";
  std::string patient_id = "P1";
  std::string modality = "SM";
  std::string image_type = "ORIGINAL\\PRIMARY\\VOLUME\\NONE";
  std::vector<std::string> frames = {"first frame.", "second frame", "third and last"};  // encapsulated, even lengths
  std::string icc_profile;                                                               // at 00480105/0/00282000

  dicom::DataSet header() const {
    namespace tags = dicom::tags;
    using dicom::Vr;
    dicom::DataSet set;
    set.text(tags::kImageType, Vr::CS, image_type);
    set.text(tags::kSOPClassUID, Vr::UI, sop_class);
    set.text(tags::kSOPInstanceUID, Vr::UI, sop);
    set.text(tags::kStudyDate, Vr::DA, "20260102");
    set.text(tags::kModality, Vr::CS, modality);
    set.text(tags::kPatientName, Vr::PN, "Doe^Jane");
    set.text(tags::kPatientID, Vr::LO, patient_id);
    set.text(tags::kStudyInstanceUID, Vr::UI, study);
    set.text(tags::kSeriesInstanceUID, Vr::UI, series);
    set.text(tags::kInstanceNumber, Vr::IS, "1");
    set.text(tags::kNumberOfFrames, Vr::IS, std::to_string(frames.size()));
    set.u16(tags::kRows, 8);
    set.u16(tags::kColumns, 8);
    set.u16(tags::kBitsAllocated, 8);
    set.u16(tags::kSamplesPerPixel, 3);
    if (!icc_profile.empty()) {
      dicom::DataSet path;
      path.bytes(tags::kICCProfile, Vr::OB, as_bytes(icc_profile));
      set.sequence(tags::kOpticalPathSequence, {path});
    }
    return set;
  }

  std::string bytes() const {
    ByteBuffer out = dicom::encode_file_meta(sop_class, sop, dicom::kJpegBaseline);
    const ByteBuffer set = header().encode();
    out.insert(out.end(), set.begin(), set.end());
    append_tag(out, dicom::tags::kPixelData);
    out.insert(out.end(), {'O', 'B', 0, 0});
    append_le<std::uint32_t>(out, 0xFFFFFFFF);
    append_item(out, "");
    for (const std::string& frame : frames) {
      append_item(out, frame);
    }
    append_tag(out, dicom::tags::kSequenceDelimitationItem);
    append_le<std::uint32_t>(out, 0);
    return std::string(as_text(out));
  }

 private:
  static void append_tag(ByteBuffer& out, dicom::Tag tag) {
    append_le(out, tag.group());
    append_le(out, tag.element());
  }
  static void append_item(ByteBuffer& out, const std::string& bytes) {
    append_tag(out, dicom::tags::kItem);
    append_le(out, static_cast<std::uint32_t>(bytes.size()));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
};

}  // namespace tessera::test
