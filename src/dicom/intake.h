// Intake: cuts units of a wished size (a header, a held value) out of chunks that come in any size. A unit
// that lies whole in a chunk is handed out in place; one that spans chunks is gathered. Used by the parser
// only; one thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/bytes.h"

namespace tessera::dicom {

class Intake {
 public:
  // True with the next `size` bytes in `unit` (valid until the next call or the end of `chunk`'s life). False
  // when `chunk` was too short: it was swallowed whole and the next call, with the same size, goes on.
  // `chunk` advances by what was taken from it.
  bool take(ByteView& chunk, std::size_t size, ByteView& unit) {
    if (handed_out_) {
      held_.clear();
      handed_out_ = false;
    }
    if (held_.empty() && chunk.size() >= size) {
      unit = chunk.first(size);
      chunk = chunk.subspan(size);
      return true;
    }
    const std::size_t part = std::min(size - held_.size(), chunk.size());
    held_.insert(held_.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(part));
    chunk = chunk.subspan(part);
    unit = held_;
    handed_out_ = held_.size() == size;
    return handed_out_;
  }

  // Bytes swallowed of a unit that is not complete.
  std::size_t waiting() const { return handed_out_ ? 0 : held_.size(); }
  ByteView held() const { return handed_out_ ? ByteView() : ByteView(held_); }

 private:
  ByteBuffer held_;
  bool handed_out_ = false;
};

}  // namespace tessera::dicom
