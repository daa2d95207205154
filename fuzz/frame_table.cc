// A frame table from arbitrary bytes. The checksums would stop nearly every input, so they are put right
// first: what is fuzzed are the bounds behind them. What parses must answer inside the blob.
#include <cstdint>
#include <cstdlib>

#include "base/hash.h"
#include "dicom/frame_table.h"

namespace {

using namespace tessera;
using namespace tessera::dicom;

void seal(ByteBuffer& table, ByteRange range) {
  if (range.length >= 8 && range.end() <= table.size()) {
    const ByteView part = ByteView(table).subspan(range.offset, range.length - 8);
    store_le(table.data() + range.end() - 8, xxh3_of(part));
  }
}

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void require_inside(const FrameTableHeader& header, const FrameExtents& extents) {
  for (const ByteRange& fragment : extents.fragments) {
    require(fragment.offset <= header.content_size && fragment.length <= header.content_size - fragment.offset);
  }
}

void look_up(const FrameTableHeader& header, ByteBuffer& table, FrameIndex frame) {
  if (header.kind == FrameKind::Native || header.kind == FrameKind::NativeBits) {
    require_inside(header, header.compute(frame));
    return;
  }
  const ByteRange range = header.block_range(frame);
  require(range.length <= kMaxBlockBytes);
  if (range.end() > table.size()) {
    return;
  }
  seal(table, range);
  const Result<FrameBlock> block = FrameBlock::parse(header, FrameTableHeader::first_frame_of_block(frame),
                                                     ByteView(table).subspan(range.offset, range.length));
  ByteRange extent;
  if (block.ok() && block->find(frame, extent)) {
    require_inside(header, {{extent}});
  }
}

void look_up_exceptions(const FrameTableHeader& header, ByteBuffer& table) {
  const ByteRange range = header.exceptions_range();
  if (range.end() > table.size()) {
    return;
  }
  seal(table, range);
  const Result<FrameExceptions> exceptions =
      FrameExceptions::parse(header, ByteView(table).subspan(range.offset, range.length));
  for (std::uint32_t i = 0; exceptions.ok() && i < header.frame_count && i < 2000; ++i) {
    if (const auto extents = exceptions->find(FrameIndex{i})) {
      require_inside(header, *extents);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteBuffer table(data, data + size);
  if (size < kFrameTableHeaderBytes) {
    (void)FrameTableHeader::parse(table);
    return 0;
  }
  seal(table, {0, kFrameTableHeaderBytes});
  const Result<FrameTableHeader> header = FrameTableHeader::parse(ByteView(table).first(kFrameTableHeaderBytes));
  if (header.ok() && header->frame_count > 0) {
    for (const std::uint32_t frame : {0U, header->frame_count / 2, header->frame_count - 1}) {
      look_up(*header, table, FrameIndex{frame});
    }
    look_up_exceptions(*header, table);
  }
  return 0;
}
