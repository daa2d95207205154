#include "dicom/transfer_syntax.h"

#include <algorithm>
#include <array>

namespace tessera::dicom {
namespace {

constexpr std::string_view kOctets = "application/octet-stream";
constexpr std::string_view kJpeg = "image/jpeg";
constexpr std::string_view kJls = "image/jls";
constexpr std::string_view kJp2 = "image/jp2";
constexpr std::string_view kJpx = "image/jpx";
constexpr std::string_view kJphc = "image/jphc";
constexpr std::string_view kJxl = "image/jxl";
constexpr std::string_view kRle = "image/dicom-rle";
constexpr std::string_view kMpeg2 = "video/mpeg";
constexpr std::string_view kMp4 = "video/mp4";

constexpr TransferSyntax native(std::string_view uid, std::string_view name, bool explicit_vr, bool big_endian,
                                bool deflated) {
  return {uid, name, kOctets, explicit_vr, big_endian, deflated, false, false};
}
constexpr TransferSyntax lossless(std::string_view uid, std::string_view name, std::string_view media_type) {
  return {uid, name, media_type, true, false, false, true, false};
}
constexpr TransferSyntax lossy(std::string_view uid, std::string_view name, std::string_view media_type) {
  return {uid, name, media_type, true, false, false, true, true};
}

// PS3.5 chapter 10 and annex A, PS3.6 annex A; media types of PS3.18 8.7.3. The encapsulated ones are all
// explicit little endian (PS3.5 A.4). Of the referenced ones (JPIP) the frames are not in the file. Retired ones are
// kept: archives hold them.
constexpr std::array kTable = {
    native(kImplicitLittleEndian, "Implicit VR Little Endian", false, false, false),
    native(kExplicitLittleEndian, "Explicit VR Little Endian", true, false, false),
    native(kExplicitBigEndian, "Explicit VR Big Endian", true, true, false),
    native(kDeflatedExplicitLittleEndian, "Deflated Explicit VR Little Endian", true, false, true),
    lossless("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", kOctets),
    lossy(kJpegBaseline, "JPEG Baseline (Process 1)", kJpeg),
    lossy("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)", kJpeg),
    lossy("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 and 5)", kJpeg),
    lossy("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)", kJpeg),
    lossy("1.2.840.10008.1.2.4.54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)", kJpeg),
    lossy("1.2.840.10008.1.2.4.55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)", kJpeg),
    lossy("1.2.840.10008.1.2.4.56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)", kJpeg),
    lossless("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", kJpeg),
    lossless("1.2.840.10008.1.2.4.58", "JPEG Lossless, Non-Hierarchical (Process 15)", kJpeg),
    lossy("1.2.840.10008.1.2.4.59", "JPEG Extended, Hierarchical (Process 16 and 18)", kJpeg),
    lossy("1.2.840.10008.1.2.4.60", "JPEG Extended, Hierarchical (Process 17 and 19)", kJpeg),
    lossy("1.2.840.10008.1.2.4.61", "JPEG Spectral Selection, Hierarchical (Process 20 and 22)", kJpeg),
    lossy("1.2.840.10008.1.2.4.62", "JPEG Spectral Selection, Hierarchical (Process 21 and 23)", kJpeg),
    lossy("1.2.840.10008.1.2.4.63", "JPEG Full Progression, Hierarchical (Process 24 and 26)", kJpeg),
    lossy("1.2.840.10008.1.2.4.64", "JPEG Full Progression, Hierarchical (Process 25 and 27)", kJpeg),
    lossless("1.2.840.10008.1.2.4.65", "JPEG Lossless, Hierarchical (Process 28)", kJpeg),
    lossless("1.2.840.10008.1.2.4.66", "JPEG Lossless, Hierarchical (Process 29)", kJpeg),
    lossless("1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction", kJpeg),
    lossless("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", kJls),
    lossy("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless)", kJls),
    lossless("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", kJp2),
    lossy("1.2.840.10008.1.2.4.91", "JPEG 2000", kJp2),
    lossless("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)", kJpx),
    lossy("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component", kJpx),
    native("1.2.840.10008.1.2.4.94", "JPIP Referenced", true, false, false),
    native("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", true, false, true),
    lossy("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level", kMpeg2),
    lossy("1.2.840.10008.1.2.4.100.1", "Fragmentable MPEG2 Main Profile / Main Level", kMpeg2),
    lossy("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level", kMpeg2),
    lossy("1.2.840.10008.1.2.4.101.1", "Fragmentable MPEG2 Main Profile / High Level", kMpeg2),
    lossy("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", kMp4),
    lossy("1.2.840.10008.1.2.4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1", kMp4),
    lossy("1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", kMp4),
    lossy("1.2.840.10008.1.2.4.103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", kMp4),
    lossy("1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", kMp4),
    lossy("1.2.840.10008.1.2.4.104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", kMp4),
    lossy("1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", kMp4),
    lossy("1.2.840.10008.1.2.4.105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", kMp4),
    lossy("1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", kMp4),
    lossy("1.2.840.10008.1.2.4.106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", kMp4),
    lossy("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile / Level 5.1", kMp4),
    lossy("1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", kMp4),
    lossless("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", kJxl),
    lossy("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", kJxl),
    lossy("1.2.840.10008.1.2.4.112", "JPEG XL", kJxl),
    lossless("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)", kJphc),
    lossless("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)", kJphc),
    lossy("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", kJphc),
    native("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", true, false, false),
    native("1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate", true, false, true),
    lossless("1.2.840.10008.1.2.5", "RLE Lossless", kRle),
    lossless("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", kOctets),
};

}  // namespace

std::span<const TransferSyntax> transfer_syntaxes() {
  return kTable;
}

const TransferSyntax* find_transfer_syntax(std::string_view uid) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const auto& row) { return row.uid == uid; });
  return found == kTable.end() ? nullptr : &*found;
}

}  // namespace tessera::dicom
