#include "convert/layout.h"

#include <limits>

#include "convert/identity.h"
#include "dicom/tags.h"

namespace tessera::convert {

namespace {

constexpr std::uint64_t kItemHeader = 8;      // tag and length (PS3.5 7.5)
constexpr std::uint64_t kElementHeader = 12;  // tag, VR, two reserved bytes, 32-bit length
constexpr std::uint32_t kUndefined = 0xFFFFFFFF;

std::uint64_t padded(std::uint64_t length) {
  return length + (length & 1);
}

void append_tag(ByteBuffer& out, dicom::Tag tag) {
  append_le(out, tag.group());
  append_le(out, tag.element());
}

void append_element_header(ByteBuffer& out, dicom::Tag tag, const char (&vr)[3], std::uint32_t length) {
  append_tag(out, tag);
  out.insert(out.end(), {static_cast<std::uint8_t>(vr[0]), static_cast<std::uint8_t>(vr[1]), 0, 0});
  append_le(out, length);
}

// Numbers written through a buffer of bounded size: a table of a million frames is never held.
class TableWriter {
 public:
  explicit TableWriter(const Emit& emit) : emit_(emit) {}

  ByteBuffer& buffer() { return buffer_; }
  template <class Number>
  Status put(Number value) {
    append_le(buffer_, value);
    return buffer_.size() >= kFull ? flush() : Status();
  }
  Status flush() {
    RETURN_IF_ERROR(emit_(buffer_));
    buffer_.clear();
    return {};
  }

 private:
  static constexpr std::size_t kFull = 64 * 1024;
  const Emit& emit_;
  ByteBuffer buffer_;
};

// Visits each frame with its offset (of its item tag, from the first byte after the offset item) and its
// length.
template <class Visit>
Status each_frame(const slide::SlideSource& source, std::size_t image, Visit visit) {
  std::uint64_t offset = 0;
  return each_tile(source.images()[image], [&](std::uint32_t column, std::uint32_t row) -> Status {
    TRY_ASSIGN(const std::uint64_t length, source.tile_bytes(image, column, row));
    RETURN_IF_ERROR(visit(offset, length));
    offset += kItemHeader + padded(length);
    return {};
  });
}

Status emit_extended(const slide::SlideSource& source, std::size_t image, const Layout& layout, TableWriter& out) {
  const std::uint32_t bytes = layout.frames * 8;
  append_element_header(out.buffer(), dicom::tags::kExtendedOffsetTable, "OV", bytes);
  RETURN_IF_ERROR(each_frame(source, image, [&](std::uint64_t offset, std::uint64_t) { return out.put(offset); }));
  append_element_header(out.buffer(), dicom::tags::kExtendedOffsetTableLengths, "OV", bytes);
  // The length without the pad byte (PS3.3 C.7.6.3.1.8).
  return each_frame(source, image, [&](std::uint64_t, std::uint64_t length) { return out.put(length); });
}

}  // namespace

Status each_tile(const slide::Image& image, const std::function<Status(std::uint32_t, std::uint32_t)>& visit) {
  for (std::uint32_t row = 0; row < image.rows(); ++row) {
    for (std::uint32_t column = 0; column < image.columns(); ++column) {
      RETURN_IF_ERROR(visit(column, row));
    }
  }
  return {};
}

namespace {

// Plain frames lie one after the other (PS3.5 8.2), and only the last may be padded.
Result<Layout> lay_out_native(const slide::SlideSource& source, std::size_t image, Layout layout) {
  RETURN_IF_ERROR(each_frame(source, image, [&](std::uint64_t, std::uint64_t length) -> Status {
    layout.payload += length;
    return {};
  }));
  if (padded(layout.payload) >= kUndefined) {
    return Status(Code::TooLarge, image_name(source, image) + ": " + std::to_string(layout.payload) +
                                      " bytes of uncompressed pixels are more than one instance can have");
  }
  layout.native = true;
  layout.items = padded(layout.payload);
  layout.pixel_data = kElementHeader + layout.items;
  return layout;
}

}  // namespace

Result<Layout> lay_out(const slide::SlideSource& source, std::size_t image, std::uint64_t last_basic_offset) {
  const slide::Image& shape = source.images()[image];
  const std::uint64_t frames = std::uint64_t{shape.columns()} * shape.rows();
  // NumberOfFrames is an IS, and the extended table's length (8 bytes each) a 32-bit number.
  if (frames > std::numeric_limits<std::uint32_t>::max() / 8 - 1) {
    return Status(Code::TooLarge, image_name(source, image) + ": " + std::to_string(frames) +
                                      " tiles are more frames than one instance can have");
  }
  Layout layout;
  layout.frames = static_cast<std::uint32_t>(frames);
  if (shape.coding.is_native()) {
    return lay_out_native(source, image, layout);
  }
  std::uint64_t last = 0;
  RETURN_IF_ERROR(each_frame(source, image, [&](std::uint64_t offset, std::uint64_t length) -> Status {
    if (padded(length) >= kUndefined) {
      return Status(Code::TooLarge, image_name(source, image) + ": a tile of " + std::to_string(length) +
                                        " bytes does not fit a fragment");
    }
    last = offset;
    layout.payload += length;
    layout.items += kItemHeader + padded(length);
    return {};
  }));
  layout.extended = last > last_basic_offset;
  layout.tables = layout.extended ? 2 * (kElementHeader + 8 * frames) : 0;
  layout.pixel_data = kElementHeader + kItemHeader + (layout.extended ? 0 : 4 * frames) + layout.items + kItemHeader;
  return layout;
}

Status emit_tables(const slide::SlideSource& source, std::size_t image, const Layout& layout, const Emit& emit) {
  TableWriter out(emit);
  if (layout.native) {
    append_element_header(out.buffer(), dicom::tags::kPixelData, "OB", static_cast<std::uint32_t>(layout.items));
    return out.flush();
  }
  if (layout.extended) {
    RETURN_IF_ERROR(emit_extended(source, image, layout, out));
  }
  append_element_header(out.buffer(), dicom::tags::kPixelData, "OB", kUndefined);
  append_tag(out.buffer(), dicom::tags::kItem);
  append_le(out.buffer(), layout.extended ? 0 : layout.frames * 4);
  if (!layout.extended) {
    RETURN_IF_ERROR(each_frame(source, image, [&](std::uint64_t offset, std::uint64_t) {
      return out.put(static_cast<std::uint32_t>(offset));
    }));
  }
  return out.flush();
}

}  // namespace tessera::convert
