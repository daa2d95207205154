#include "dicom/character_sets.h"

#include <array>
#include <cstddef>
#include <string>

namespace tessera::dicom {
namespace {

using enum CodedSet;

// In the order of the enum.
constexpr std::array<CodedSetRow, 21> kSets = {{
    {Ascii, nullptr, 1, 0},
    {JisRomaji, nullptr, 1, 0},
    {JisX0208, "EUC-JP", 2, 0},
    {JisX0212, "EUC-JP", 2, 0x8F},
    {Latin1, "ISO-8859-1", 1, 0},
    {Latin2, "ISO-8859-2", 1, 0},
    {Latin3, "ISO-8859-3", 1, 0},
    {Latin4, "ISO-8859-4", 1, 0},
    {Cyrillic, "ISO-8859-5", 1, 0},
    {Arabic, "ISO-8859-6", 1, 0},
    {Greek, "ISO-8859-7", 1, 0},
    {Hebrew, "ISO-8859-8", 1, 0},
    {Latin5, "ISO-8859-9", 1, 0},
    {Latin9, "ISO-8859-15", 1, 0},
    {Thai, "TIS-620", 1, 0},
    {JisKatakana, "SHIFT_JIS", 1, 0},
    {KsX1001, "EUC-KR", 2, 0},
    {Gb2312, "EUC-CN", 2, 0},
    {Utf8, nullptr, 0, 0},
    {Gb18030, "GB18030", 0, 0},
    {Gbk, "GBK", 0, 0},
}};

// Row 0 is the default repertoire, its G1 what header charset.h says of bytes above 7F. Multi-byte terms as
// first value are against the standard but written; they begin as G1 where they live there.
constexpr std::array kTerms = {
    CharacterSetTerm{6, "", Ascii, Latin1, false},        CharacterSetTerm{100, "", Ascii, Latin1, false},
    CharacterSetTerm{101, "", Ascii, Latin2, false},      CharacterSetTerm{109, "", Ascii, Latin3, false},
    CharacterSetTerm{110, "", Ascii, Latin4, false},      CharacterSetTerm{144, "", Ascii, Cyrillic, false},
    CharacterSetTerm{127, "", Ascii, Arabic, false},      CharacterSetTerm{126, "", Ascii, Greek, false},
    CharacterSetTerm{138, "", Ascii, Hebrew, false},      CharacterSetTerm{148, "", Ascii, Latin5, false},
    CharacterSetTerm{203, "", Ascii, Latin9, false},      CharacterSetTerm{13, "", JisRomaji, JisKatakana, false},
    CharacterSetTerm{166, "", Ascii, Thai, false},        CharacterSetTerm{87, "", Ascii, Latin1, false},
    CharacterSetTerm{159, "", Ascii, Latin1, false},      CharacterSetTerm{149, "", Ascii, KsX1001, false},
    CharacterSetTerm{58, "", Ascii, Gb2312, false},       CharacterSetTerm{192, "", Ascii, Utf8, true},
    CharacterSetTerm{0, "GB18030", Ascii, Gb18030, true}, CharacterSetTerm{0, "GBK", Ascii, Gbk, true},
    CharacterSetTerm{0, "UTF8", Ascii, Utf8, true},
};

// Those of four bytes first: "$B" is no beginning of "$)C".
constexpr std::array kEscapes = {
    EscapeSequence{"$(D", JisX0212, false},  EscapeSequence{"$)C", KsX1001, true},
    EscapeSequence{"$)A", Gb2312, true},     EscapeSequence{"$B", JisX0208, false},
    EscapeSequence{"$@", JisX0208, false},  // its edition of 1978
    EscapeSequence{"(B", Ascii, false},      EscapeSequence{"(J", JisRomaji, false},
    EscapeSequence{")I", JisKatakana, true}, EscapeSequence{"-A", Latin1, true},
    EscapeSequence{"-B", Latin2, true},      EscapeSequence{"-C", Latin3, true},
    EscapeSequence{"-D", Latin4, true},      EscapeSequence{"-L", Cyrillic, true},
    EscapeSequence{"-G", Arabic, true},      EscapeSequence{"-F", Greek, true},
    EscapeSequence{"-H", Hebrew, true},      EscapeSequence{"-M", Latin5, true},
    EscapeSequence{"-b", Latin9, true},      EscapeSequence{"-T", Thai, true},
};

constexpr bool sets_are_in_enum_order() {
  for (std::size_t i = 0; i < kSets.size(); ++i) {
    if (static_cast<std::size_t>(kSets[i].set) != i) {
      return false;
    }
  }
  return true;
}
static_assert(sets_are_in_enum_order());

// Letters and digits only, in capitals.
std::string squeezed(std::string_view term) {
  std::string out;
  for (const char c : term) {
    if (c >= 'a' && c <= 'z') {
      out += static_cast<char>(c - 'a' + 'A');
    } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      out += c;
    }
  }
  return out;
}

// "ISOIR100", "ISO2022IR100" and "ISO202258" give 100, 100 and 58; anything else 0.
std::uint16_t registry_number(std::string_view squeezed_term) {
  for (const std::string_view start : {"ISO2022IR", "ISO2022", "ISOIR"}) {
    if (!squeezed_term.starts_with(start)) {
      continue;
    }
    const std::string_view digits = squeezed_term.substr(start.size());
    std::uint16_t number = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9' || number > 999) {
        return 0;
      }
      number = static_cast<std::uint16_t>(number * 10 + (c - '0'));
    }
    return number;
  }
  return 0;
}

}  // namespace

const CodedSetRow& coded_set_row(CodedSet set) {
  return kSets[static_cast<std::size_t>(set)];
}

const CharacterSetTerm& find_character_set(std::string_view term) {
  const std::string name = squeezed(term);
  const std::uint16_t number = registry_number(name);
  for (const CharacterSetTerm& row : kTerms) {
    if (number != 0 ? row.number == number : (!row.word.empty() && name.ends_with(row.word))) {
      return row;
    }
  }
  return kTerms[0];
}

const EscapeSequence* find_escape(std::string_view text) {
  for (const EscapeSequence& escape : kEscapes) {
    if (text.starts_with(escape.bytes)) {
      return &escape;
    }
  }
  return nullptr;
}

}  // namespace tessera::dicom
