// VR: the value representations of PS3.5 6.2, one row each in vr.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tessera::dicom {

enum class Vr : std::uint8_t {
  AE,
  AS,
  AT,
  CS,
  DA,
  DS,
  DT,
  FD,
  FL,
  IS,
  LO,
  LT,
  OB,
  OD,
  OF,
  OL,
  OV,
  OW,
  PN,
  SH,
  SL,
  SQ,
  SS,
  ST,
  SV,
  TM,
  UC,
  UI,
  UL,
  UN,
  UR,
  US,
  UT,
  UV,
};

struct VrRow {
  Vr vr;
  char name[3];
  bool long_length;   // explicit VR: two reserved bytes and a 32-bit length (PS3.5 7.1.2)
  bool is_text;       // characters; multiple values are separated by a backslash unless single_value
  bool single_value;  // text that is never split at backslashes (LT, ST, UT, UR)
  bool is_charset;    // SpecificCharacterSet applies (PS3.5 6.1.2.2)
  std::uint8_t unit;  // bytes of one binary number, 0 for text and sequences; 1 for OB and UN
  bool is_bulk;       // binary without a value multiplicity of its own: OB OD OF OL OV OW UN
};

const VrRow& vr_row(Vr vr);
// Nothing for two bytes that are no VR of the standard.
std::optional<Vr> parse_vr(char first, char second);
inline std::string_view vr_name(Vr vr) {
  return {vr_row(vr).name, 2};
}

}  // namespace tessera::dicom
