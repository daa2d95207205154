// made_source: a slide without a file and a sink without a disk, for tests of the converter.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "convert/converter.h"

namespace tessera::test_support {

using convert::InstanceSink;
using convert::Planned;

// A slide without a file: tiles are `length(image, column, row)` bytes that tell where they belong.
class MadeSource final : public slide::SlideSource {
 public:
  explicit MadeSource(std::vector<slide::Image> images) : images_(std::move(images)) {
    facts_.format = "made";
    facts_.file_name = "made.tif";
    facts_.mm_per_pixel_x = facts_.mm_per_pixel_y = 0.00025;
    for (slide::Image& image : images_) {
      image.coding.transfer_syntax = "1.2.840.10008.1.2.4.50";
      image.coding.photometric = "YBR_FULL_422";
      image.coding.lossy_method = "ISO_10918_1";
    }
  }

  slide::SlideFacts& change_facts() { return facts_; }
  std::vector<slide::Image>& change_images() { return images_; }
  const slide::SlideFacts& facts() const override { return facts_; }
  const std::vector<slide::Image>& images() const override { return images_; }

  std::string bytes_of(std::size_t image, std::uint32_t column, std::uint32_t row) const {
    std::string bytes = std::to_string(image) + "/" + std::to_string(row) + "/" + std::to_string(column) + ":";
    bytes.append(10 + (column + row) % 5 + extra_, 'x');
    return bytes;
  }
  Result<Rope> tile(std::size_t image, std::uint32_t column, std::uint32_t row) const override {
    std::string bytes = bytes_of(image, column, row);
    if (lying_) {
      bytes += "more";
    }
    Rope rope;
    rope.append(bytes.substr(0, 3));
    const std::uint64_t rest = bytes.size() - 3;
    rope.append(memory_source("gap" + bytes.substr(3)), {3, rest});
    return rope;
  }
  Result<std::uint64_t> tile_bytes(std::size_t image, std::uint32_t column, std::uint32_t row) const override {
    return bytes_of(image, column, row).size();
  }

  bool lying_ = false;
  std::size_t extra_ = 0;

 private:
  slide::SlideFacts facts_;
  std::vector<slide::Image> images_;
};

inline MadeSource small_source() {
  return MadeSource({{100, 70, 32, 32, {}}, {50, 35, 32, 32, {}}});
}

// Keeps what it is given, by SOP Instance UID.
class MemorySink final : public InstanceSink {
 public:
  Result<bool> begin(const Planned& instance) override {
    if (declined == instance.image) {
      return false;
    }
    planned.push_back(instance);
    files.emplace_back();
    return true;
  }
  Status write(ByteView bytes) override {
    largest = std::max(largest, bytes.size());
    files.back() += as_text(bytes);
    return fail_after != 0 && files.back().size() >= fail_after ? Status(Code::NoSpace, "write: full") : Status();
  }
  Status end() override { return {}; }
  Status finish() override {
    finished = true;
    return {};
  }

  std::vector<Planned> planned;
  std::vector<std::string> files;
  std::size_t largest = 0, fail_after = 0;
  std::size_t declined = std::numeric_limits<std::size_t>::max();
  bool finished = false;
};

}  // namespace tessera::test_support
