#include "archive/frames.h"

#include <algorithm>

namespace tessera::archive {

namespace {

// A frame of 1-bit pixels that starts inside a byte of the content (PS3.5 §8.1.1: frames are packed without gaps), as
// if it started at a bit 0. Pixels fill a byte from its least significant bit.
class ShiftedBits final : public RangeSource {
 public:
  ShiftedBits(std::shared_ptr<RangeSource> blob, ByteRange range, unsigned first_bit, std::uint64_t bits)
      : blob_(std::move(blob)), range_(range), first_bit_(first_bit), bits_(bits) {}

  std::uint64_t size() const override { return (bits_ + 7) / 8; }

  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override {
    // One byte more than asked feeds the last shift, where the frame has it.
    const std::uint64_t have = std::min<std::uint64_t>(into.size() + 1, range_.length - offset);
    auto packed = std::make_shared<ByteBuffer>(have);
    blob_->read(range_.offset + offset, *packed, [=, this](Result<std::size_t> got) {
      if (got.ok()) {
        shift(*packed, offset, into);
        done(into.size());
      } else {
        done(got.status());
      }
    });
  }

 private:
  void shift(const ByteBuffer& packed, std::uint64_t offset, MutableBytes into) const {
    for (std::size_t i = 0; i < into.size(); ++i) {
      const unsigned low = packed[i];
      const unsigned high = i + 1 < packed.size() ? packed[i + 1] : 0;
      into[i] = static_cast<std::uint8_t>((low | high << 8) >> first_bit_);
    }
    const std::uint64_t spare = size() * 8 - bits_;  // bits of the next frame in the last byte
    if (spare > 0 && offset + into.size() == size()) {
      into.back() = static_cast<std::uint8_t>(into.back() & (0xFFu >> spare));
    }
  }

  const std::shared_ptr<RangeSource> blob_;
  const ByteRange range_;
  const unsigned first_bit_;
  const std::uint64_t bits_;
};

}  // namespace

Status check_frame(const Located& located, dicom::FrameNumber number) {
  if (number.value >= 1 && number.value <= located.frames.frame_count) {
    return {};
  }
  return Status(Code::NotFound, "frame " + std::to_string(number.value) + " of instance " + located.row.key.sop +
                                    ": it has " + std::to_string(located.frames.frame_count) + " frames");
}

std::optional<Rope> cached_frame(Locator& locator, const Located& located, dicom::FrameNumber number) {
  ByteRange extent;
  if (!locator.cached_extent(located, number.index(), extent)) {
    return std::nullopt;
  }
  Rope rope;
  rope.append(located.content, extent);
  return rope;
}

Result<Rope> read_frame(Locator& locator, const Located& located, dicom::FrameNumber number) {
  TRY_ASSIGN(const dicom::FrameExtents extents, locator.extents(located, number.index()));
  Rope rope;
  if (located.frames.kind == dicom::FrameKind::NativeBits) {
    auto bits = std::make_shared<ShiftedBits>(located.content, extents.fragments.front(), extents.first_bit,
                                              located.frames.frame_bits);
    const std::uint64_t size = bits->size();
    rope.append(std::move(bits), ByteRange{0, size});
    return rope;
  }
  for (const ByteRange& fragment : extents.fragments) {
    rope.append(located.content, fragment);
  }
  return rope;
}

}  // namespace tessera::archive
