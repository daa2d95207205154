// make_tiff: small TIFF files built byte by byte, so that a test may put any wrong value anywhere. Both byte
// orders, TIFF and BigTIFF. Offsets of what was written can be asked for, to damage it afterwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tessera::test_support {

struct TiffValue {
  std::uint16_t tag = 0;
  std::uint16_t type = 4;              // 2 text, 3 u16, 4 u32, 5 rational (two numbers each), 7 bytes, 16 u64
  std::vector<std::uint64_t> numbers;  // or
  std::string bytes;                   // for types 2 and 7
  std::uint64_t claimed_count = 0;     // when not 0: what the entry claims instead of the truth
};

class TiffMaker {
 public:
  explicit TiffMaker(bool big = false, bool big_endian = false) : big_(big), big_endian_(big_endian) {
    out_ = big_endian ? "MM" : "II";
    number(big ? 43 : 42, 2);
    if (big) {
      number(8, 2);
      number(0, 2);
    }
    link_ = out_.size();
    number(0, word());
  }

  // Appends bytes and says where they begin.
  std::uint64_t data(const std::string& bytes) {
    out_.resize((out_.size() + 1) / 2 * 2);
    out_ += bytes;
    return out_.size() - bytes.size();
  }

  // Appends a directory and says where it begins; `linked` puts it into the main chain.
  std::uint64_t directory(std::vector<TiffValue> values, bool linked = true) {
    std::vector<std::pair<std::uint64_t, std::string>> encoded;
    for (const TiffValue& value : values) {
      std::string bytes = encode(value);
      std::uint64_t where = 0;
      if (bytes.size() > word()) {
        where = data(bytes);
      }
      encoded.emplace_back(where, bytes);
    }
    out_.resize((out_.size() + 1) / 2 * 2);
    const std::uint64_t at = out_.size();
    number(values.size(), big_ ? 8 : 2);
    for (std::size_t i = 0; i < values.size(); ++i) {
      entries_[{at, values[i].tag}] = out_.size();
      number(values[i].tag, 2);
      number(values[i].type, 2);
      number(values[i].claimed_count != 0 ? values[i].claimed_count : encoded[i].second.size() / width(values[i].type),
             word());
      if (encoded[i].second.size() > word()) {
        number(encoded[i].first, word());
      } else {
        std::string inline_value = encoded[i].second;
        inline_value.resize(word());
        out_ += inline_value;
      }
    }
    const std::uint64_t link = out_.size();
    number(0, word());
    if (linked) {
      put(link_, at, word());
      link_ = link;
    }
    return at;
  }

  // Where a directory's entry lies, and where the offset of the next directory stands (of the last linked
  // one).
  std::uint64_t entry(std::uint64_t directory, std::uint16_t tag) const { return entries_.at({directory, tag}); }
  std::uint64_t last_link() const { return link_; }
  void put(std::uint64_t at, std::uint64_t value, unsigned bytes) {
    std::string saved;
    saved.swap(out_);
    number(value, bytes);
    saved.replace(at, bytes, out_);
    out_.swap(saved);
  }
  unsigned word() const { return big_ ? 8 : 4; }
  const std::string& bytes() const { return out_; }

 private:
  static unsigned width(std::uint16_t type) {
    switch (type) {
      case 3:
        return 2;
      case 4:
        return 4;
      case 5:
      case 16:
        return 8;
      default:
        return 1;
    }
  }

  void number(std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
      const unsigned shift = 8 * (big_endian_ ? bytes - 1 - i : i);
      out_ += static_cast<char>(value >> shift & 255);
    }
  }

  std::string encode(const TiffValue& value) {
    std::string saved;
    saved.swap(out_);
    for (const std::uint64_t n : value.numbers) {
      number(n, value.type == 5 ? 4 : width(value.type));
    }
    std::string bytes = out_ + value.bytes;
    out_.swap(saved);
    return bytes;
  }

  const bool big_, big_endian_;
  std::string out_;
  std::uint64_t link_ = 0;
  std::map<std::pair<std::uint64_t, std::uint16_t>, std::uint64_t> entries_;
};

// A file under the test's own folder, which goes when it does.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tessera-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace tessera::test_support
