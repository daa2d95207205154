// DicomBytes: builds small DICOM files byte by byte, right or deliberately wrong. For tests and seed corpora.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tessera::test {

class DicomBytes {
 public:
  std::string bytes;

  DicomBytes& raw(std::string_view text) {
    bytes += text;
    return *this;
  }
  DicomBytes& u16(std::uint32_t number) {
    bytes += {static_cast<char>(number), static_cast<char>(number >> 8)};
    return *this;
  }
  DicomBytes& u32(std::uint32_t number) { return u16(number & 0xFFFF).u16(number >> 16); }
  DicomBytes& tag(std::uint32_t value) { return u16(value >> 16).u16(value & 0xFFFF); }

  // Explicit VR with a 16-bit and with a 32-bit length, and implicit VR: the header alone, and with its
  // value.
  DicomBytes& head16(std::uint32_t t, std::string_view vr, std::uint32_t length) { return tag(t).raw(vr).u16(length); }
  DicomBytes& head32(std::uint32_t t, std::string_view vr, std::uint32_t length) {
    return tag(t).raw(vr).u16(0).u32(length);
  }
  DicomBytes& implicit_head(std::uint32_t t, std::uint32_t length) { return tag(t).u32(length); }
  DicomBytes& el16(std::uint32_t t, std::string_view vr, std::string_view value) {
    return head16(t, vr, static_cast<std::uint32_t>(value.size())).raw(value);
  }
  DicomBytes& el32(std::uint32_t t, std::string_view vr, std::string_view value) {
    return head32(t, vr, static_cast<std::uint32_t>(value.size())).raw(value);
  }
  DicomBytes& implicit(std::uint32_t t, std::string_view value) {
    return implicit_head(t, static_cast<std::uint32_t>(value.size())).raw(value);
  }

  DicomBytes& item(std::uint32_t length) { return implicit_head(0xFFFEE000, length); }
  DicomBytes& fragment(std::string_view value) { return item(static_cast<std::uint32_t>(value.size())).raw(value); }
  DicomBytes& item_end() { return implicit_head(0xFFFEE00D, 0); }
  DicomBytes& sequence_end() { return implicit_head(0xFFFEE0DD, 0); }

  // Preamble, "DICM" and group 0002 (with a right group length) for a data set of this syntax.
  DicomBytes& start(std::string_view syntax) {
    std::string padded(syntax);
    padded.resize(padded.size() + padded.size() % 2, '\0');
    raw(std::string(128, '\0')).raw("DICM");
    head16(0x00020000, "UL", 4).u32(static_cast<std::uint32_t>(8 + padded.size()));
    return el16(0x00020010, "UI", padded);
  }

  ByteView view() const { return as_bytes(bytes); }
};

inline constexpr std::uint32_t kUndefined = 0xFFFFFFFF;

}  // namespace tessera::test
