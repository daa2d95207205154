// One value of each VR as DICOM JSON (PS3.18 F.2.3): what JsonWriter and Elements are made of. Everything
// appends to `out`; pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "dicom/tag.h"
#include "dicom/vr.h"

namespace tessera::dicom {

// `"00280010":{"vr":"US"` — the caller closes the brace.
void append_member_begin(std::string& out, Tag tag, Vr vr);

// One value of a text VR, already split off and trimmed: null when empty, an object of component groups for
// PN, a number for IS and DS when it is one (else the string, as F.2.3 permits), a string otherwise.
void append_text_value(std::string& out, Vr vr, std::string_view utf8);

// All values of a numeric VR or AT, separated by commas. Bytes that make no whole value are left over;
// returns how many.
std::size_t append_binary_values(std::string& out, Vr vr, ByteView bytes);

// A number as its VR wants it: SV and UV beyond what a double holds exactly become strings (F.2.3 permits
// them).
void append_integer(std::string& out, Vr vr, std::int64_t value);

// `bytes` as base64, without quotes.
void append_base64(std::string& out, ByteView bytes);

}  // namespace tessera::dicom
