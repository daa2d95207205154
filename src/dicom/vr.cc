#include "dicom/vr.h"

#include <array>
#include <cstddef>

namespace tessera::dicom {
namespace {

// PS3.5 table 6.2-1 and 7.1.2, in the order of the enum.
constexpr std::array<VrRow, 34> kRows = {{
    // vr, name, long_length, is_text, single_value, is_charset, unit, is_bulk
    {Vr::AE, "AE", false, true, false, false, 0, false},  {Vr::AS, "AS", false, true, false, false, 0, false},
    {Vr::AT, "AT", false, false, false, false, 4, false}, {Vr::CS, "CS", false, true, false, false, 0, false},
    {Vr::DA, "DA", false, true, false, false, 0, false},  {Vr::DS, "DS", false, true, false, false, 0, false},
    {Vr::DT, "DT", false, true, false, false, 0, false},  {Vr::FD, "FD", false, false, false, false, 8, false},
    {Vr::FL, "FL", false, false, false, false, 4, false}, {Vr::IS, "IS", false, true, false, false, 0, false},
    {Vr::LO, "LO", false, true, false, true, 0, false},   {Vr::LT, "LT", false, true, true, true, 0, false},
    {Vr::OB, "OB", true, false, false, false, 1, true},   {Vr::OD, "OD", true, false, false, false, 8, true},
    {Vr::OF, "OF", true, false, false, false, 4, true},   {Vr::OL, "OL", true, false, false, false, 4, true},
    {Vr::OV, "OV", true, false, false, false, 8, true},   {Vr::OW, "OW", true, false, false, false, 2, true},
    {Vr::PN, "PN", false, true, false, true, 0, false},   {Vr::SH, "SH", false, true, false, true, 0, false},
    {Vr::SL, "SL", false, false, false, false, 4, false}, {Vr::SQ, "SQ", true, false, false, false, 0, false},
    {Vr::SS, "SS", false, false, false, false, 2, false}, {Vr::ST, "ST", false, true, true, true, 0, false},
    {Vr::SV, "SV", true, false, false, false, 8, false},  {Vr::TM, "TM", false, true, false, false, 0, false},
    {Vr::UC, "UC", true, true, false, true, 0, false},    {Vr::UI, "UI", false, true, false, false, 0, false},
    {Vr::UL, "UL", false, false, false, false, 4, false}, {Vr::UN, "UN", true, false, false, false, 1, true},
    {Vr::UR, "UR", true, true, true, false, 0, false},    {Vr::US, "US", false, false, false, false, 2, false},
    {Vr::UT, "UT", true, true, true, true, 0, false},     {Vr::UV, "UV", true, false, false, false, 8, false},
}};

constexpr std::uint8_t kNoVr = 0xFF;

constexpr std::size_t name_key(char first, char second) {
  return static_cast<std::size_t>(first - 'A') * 26 + static_cast<std::size_t>(second - 'A');
}

// Two capital letters to a row: the parser asks once per element.
constexpr std::array<std::uint8_t, 26 * 26> make_names() {
  std::array<std::uint8_t, 26 * 26> names{};
  names.fill(kNoVr);
  for (const VrRow& row : kRows) {
    names[name_key(row.name[0], row.name[1])] = static_cast<std::uint8_t>(row.vr);
  }
  return names;
}
constexpr std::array<std::uint8_t, 26 * 26> kNames = make_names();

constexpr bool rows_are_in_enum_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].vr) != i) {
      return false;
    }
  }
  return true;
}
static_assert(rows_are_in_enum_order());

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

const VrRow& vr_row(Vr vr) {
  return kRows[static_cast<std::size_t>(vr)];
}

std::optional<Vr> parse_vr(char first, char second) {
  if (!is_capital(first) || !is_capital(second)) {
    return std::nullopt;
  }
  const std::uint8_t found = kNames[name_key(first, second)];
  if (found == kNoVr) {
    return std::nullopt;
  }
  return static_cast<Vr>(found);
}

}  // namespace tessera::dicom
