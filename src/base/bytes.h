// Bytes: views of memory, and numbers read from and written to it in a stated byte order.
//
// A ByteView borrows; whoever hands one out says how long it lives. The loaders do not check bounds (the
// caller has), and work at any alignment.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
using ByteBuffer = std::vector<std::uint8_t>;

// A half-open stretch of an object: [offset, offset + length).
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t end() const { return offset + length; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

static_assert(std::endian::native == std::endian::little, "loaders below assume a little-endian machine");

template <class T>
T load_le(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
inline std::uint16_t load_le16(const std::uint8_t* at) {
  return load_le<std::uint16_t>(at);
}
inline std::uint32_t load_le32(const std::uint8_t* at) {
  return load_le<std::uint32_t>(at);
}
inline std::uint64_t load_le64(const std::uint8_t* at) {
  return load_le<std::uint64_t>(at);
}
inline std::uint16_t load_be16(const std::uint8_t* at) {
  return __builtin_bswap16(load_le16(at));
}
inline std::uint32_t load_be32(const std::uint8_t* at) {
  return __builtin_bswap32(load_le32(at));
}
inline std::uint64_t load_be64(const std::uint8_t* at) {
  return __builtin_bswap64(load_le64(at));
}

template <class T>
void store_le(std::uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}
template <class T>
void append_le(ByteBuffer& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  store_le(out.data() + at, value);
}

}  // namespace tessera
