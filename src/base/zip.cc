#include "base/zip.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace tessera {

namespace {

constexpr std::uint64_t kNoRoom = 0xFFFFFFFF;  // of a 32-bit field: the Zip64 extra field says it
constexpr std::uint64_t kMaxEntries = 0xFFFF;

constexpr std::uint16_t kPlain = 20;           // version 2.0: files and folders
constexpr std::uint16_t kZip64 = 45;           // version 4.5
constexpr std::uint16_t kMadeByUnix = 3 << 8;  // so that the mode below counts
constexpr std::uint16_t kFlags = 0x0808;       // a data descriptor follows (3), names are UTF-8 (11)
constexpr std::uint16_t kStored = 0;           // DICOM of slides is compressed already
constexpr std::uint16_t kDate = (1 << 5) | 1;  // 1980-01-01, DOS's first day: the same images give the same archive
constexpr std::uint32_t kMode = 0100644u << 16;
constexpr std::uint16_t kZip64Extra = 1;

bool is_large(std::uint64_t number) {
  return number >= kNoRoom;
}

std::uint32_t in_32_bits(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min(number, kNoRoom));
}

// The low bytes of `value`, little endian.
void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  std::uint8_t field[8];
  store_le(field, value);
  out.append(reinterpret_cast<const char*>(field), bytes);
}
void put16(std::string& out, std::uint64_t value) {
  put(out, value, 2);
}
void put32(std::string& out, std::uint64_t value) {
  put(out, value, 4);
}
void put64(std::string& out, std::uint64_t value) {
  put(out, value, 8);
}

// Version needed, flags, method, time and date, which a local head and a row of the directory share.
void put_kind(std::string& out, bool zip64) {
  put16(out, zip64 ? kZip64 : kPlain);
  put16(out, kFlags);
  put16(out, kStored);
  put16(out, 0);
  put16(out, kDate);
}

}  // namespace

std::string ZipFraming::begin(std::string name, std::uint64_t size) {
  const bool large = is_large(size);
  std::string out;
  put32(out, 0x04034b50);
  put_kind(out, large);
  put32(out, 0);  // CRC and sizes: in the descriptor
  put32(out, large ? kNoRoom : 0);
  put32(out, large ? kNoRoom : 0);
  put16(out, name.size());
  put16(out, large ? 20 : 0);
  out += name;
  if (large) {  // with it the descriptor's sizes have 64 bits
    put16(out, kZip64Extra);
    put16(out, 16);
    put64(out, 0);
    put64(out, 0);
  }
  entries_.push_back({std::move(name), size, at_, 0});
  at_ += out.size() + size;
  return out;
}

std::string ZipFraming::end(std::uint32_t crc32) {
  Entry& entry = entries_.back();
  entry.crc32 = crc32;
  std::string out;
  put32(out, 0x08074b50);
  put32(out, crc32);
  for (int of = 0; of < 2; ++of) {  // compressed and not
    if (is_large(entry.size)) {
      put64(out, entry.size);
    } else {
      put32(out, entry.size);
    }
  }
  at_ += out.size();
  return out;
}

void ZipFraming::append_directory_row(std::string& out, const Entry& entry) {
  std::string extra;
  if (is_large(entry.size)) {
    put64(extra, entry.size);
    put64(extra, entry.size);
  }
  if (is_large(entry.offset)) {
    put64(extra, entry.offset);
  }
  put32(out, 0x02014b50);
  put16(out, kMadeByUnix | kZip64);
  put_kind(out, !extra.empty());
  put32(out, entry.crc32);
  put32(out, in_32_bits(entry.size));
  put32(out, in_32_bits(entry.size));
  put16(out, entry.name.size());
  put16(out, extra.empty() ? 0 : extra.size() + 4);
  put16(out, 0);  // comment
  put16(out, 0);  // disk
  put16(out, 0);  // internal attributes
  put32(out, kMode);
  put32(out, in_32_bits(entry.offset));
  out += entry.name;
  if (!extra.empty()) {
    put16(out, kZip64Extra);
    put16(out, extra.size());
    out += extra;
  }
}

std::string ZipFraming::finish() {
  std::string out;
  for (const Entry& entry : entries_) {
    append_directory_row(out, entry);
  }
  const std::uint64_t size = out.size();
  const std::uint64_t count = entries_.size();
  if (count >= kMaxEntries || is_large(size) || is_large(at_)) {
    put32(out, 0x06064b50);
    put64(out, 44);  // bytes of this record that follow
    put16(out, kMadeByUnix | kZip64);
    put16(out, kZip64);
    put32(out, 0);
    put32(out, 0);
    put64(out, count);
    put64(out, count);
    put64(out, size);
    put64(out, at_);
    put32(out, 0x07064b50);
    put32(out, 0);
    put64(out, at_ + size);
    put32(out, 1);
  }
  put32(out, 0x06054b50);
  put16(out, 0);
  put16(out, 0);
  put16(out, std::min(count, kMaxEntries));
  put16(out, std::min(count, kMaxEntries));
  put32(out, in_32_bits(size));
  put32(out, in_32_bits(at_));
  put16(out, 0);
  return out;
}

}  // namespace tessera
