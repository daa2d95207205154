// Transfer syntaxes: the one table. Parser, frame retrieval, Accept negotiation and converter all read these rows.
#pragma once

#include <span>
#include <string_view>

namespace tessera::dicom {

struct TransferSyntax {
  std::string_view uid;
  std::string_view name;
  std::string_view frame_media_type;  // PS3.18 table 8.7.3-5: what one frame of it is, by itself
  bool explicit_vr;
  bool big_endian;
  bool deflated;
  bool encapsulated;
  bool lossy_possible;  // the syntax admits lossy streams
};

inline constexpr std::string_view kImplicitLittleEndian = "1.2.840.10008.1.2";
inline constexpr std::string_view kExplicitLittleEndian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view kExplicitBigEndian = "1.2.840.10008.1.2.2";
inline constexpr std::string_view kDeflatedExplicitLittleEndian = "1.2.840.10008.1.2.1.99";
inline constexpr std::string_view kJpegBaseline = "1.2.840.10008.1.2.4.50";

std::span<const TransferSyntax> transfer_syntaxes();
// nullptr when the table has no such row.
const TransferSyntax* find_transfer_syntax(std::string_view uid);

}  // namespace tessera::dicom
