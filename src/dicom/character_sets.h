// The character sets DICOM names (PS3.3 C.12.1.1.2) and the escapes that call them up (PS3.3 tables C.12-3
// and C.12-4), as tables. Used by TextDecoder only. Read-only, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tessera::dicom {

// A coded set that G0 (bytes 00 to 7F) or G1 (80 to FF) can hold, or one that stands alone.
enum class CodedSet : std::uint8_t {
  Ascii,
  JisRomaji,  // G0, one byte
  JisX0208,
  JisX0212,  // G0, two bytes
  Latin1,
  Latin2,
  Latin3,
  Latin4,
  Cyrillic,
  Arabic,  // G1, one byte
  Greek,
  Hebrew,
  Latin5,
  Latin9,
  Thai,
  JisKatakana,
  KsX1001,
  Gb2312,  // G1, two bytes
  Utf8,
  Gb18030,
  Gbk,  // alone: no escapes
};

struct CodedSetRow {
  CodedSet set;
  const char* iconv_name;  // nullptr: the decoder does it by itself
  std::uint8_t bytes;      // of one character; 0 where it varies
  std::uint8_t prefix;     // put before each character for iconv (EUC-JP calls JIS X 0212 up by 8F), or 0
};
const CodedSetRow& coded_set_row(CodedSet set);

// A defined term of SpecificCharacterSet: what G0 and G1 hold where a value begins.
struct CharacterSetTerm {
  std::uint16_t number;   // of the ISO registry; 0 where the term has none
  std::string_view word;  // for terms without number
  CodedSet g0;
  CodedSet g1;
  bool alone;  // g1 decodes the whole value; escapes mean nothing
};
// Tolerates spellings seen in the field ("ISO-IR 100", "ISO_IR_100", "UTF-8"). An unknown or empty term gives
// the default repertoire.
const CharacterSetTerm& find_character_set(std::string_view term);

struct EscapeSequence {
  std::string_view bytes;  // after ESC
  CodedSet set;
  bool g1;
};
// The escape that `text` (the bytes after ESC) begins with, or nullptr.
const EscapeSequence* find_escape(std::string_view text);

}  // namespace tessera::dicom
