// Identities that must not be mixed up: a frame's number on the wire is not its index in memory.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::dicom {

// 0-based: arrays, frame tables, arithmetic.
struct FrameIndex {
  std::uint32_t value = 0;
  friend auto operator<=>(const FrameIndex&, const FrameIndex&) = default;
};

// 1-based: URLs, DICOM attributes, what people say.
struct FrameNumber {
  std::uint32_t value = 1;
  FrameIndex index() const { return FrameIndex{value - 1}; }
  friend auto operator<=>(const FrameNumber&, const FrameNumber&) = default;
};

// The UID rule of the service contract (service-api §1): after trailing spaces and NULs are cut, 1 to 64 characters,
// digits and dots, not ending in a dot; leading zeros pass.
bool is_valid_uid(std::string_view uid);

// `uid` without the trailing spaces and NULs that writers pad with.
std::string_view trim_uid(std::string_view uid);

// A UID below 2.25 (PS3.5 B.2) that depends on nothing but `seed`: the same seed, the same UID, on any machine.
std::string uid_from_seed(std::string_view seed);

// A fresh random UID below 2.25.
std::string random_uid();

}  // namespace tessera::dicom
