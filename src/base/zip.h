// The parts of a ZIP archive (APPNOTE 6.3) around files that are stored as they are, for archives that are made while
// they are sent: an entry's CRC follows its bytes, its size is known before. Zip64 fields stand where a size, a place
// or a count needs them and nowhere else, so that old readers open what they can.
//
//   archive := (begin(name, size) bytes end(crc))* finish()
//
// Pure; one thread. Holds what the central directory wants: about 50 bytes and the name of each entry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

class ZipFraming {
 public:
  // `name` in UTF-8, at most 65,535 bytes. Exactly `size` bytes must follow.
  std::string begin(std::string name, std::uint64_t size);
  // `crc32` of the bytes that followed.
  std::string end(std::uint32_t crc32);
  std::string finish();

 private:
  struct Entry {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t offset = 0;
    std::uint32_t crc32 = 0;
  };
  static void append_directory_row(std::string& out, const Entry& entry);

  std::vector<Entry> entries_;
  std::uint64_t at_ = 0;  // bytes of the archive so far
};

}  // namespace tessera
