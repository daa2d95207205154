// Cuts: an input taken apart at places that the fuzzer chooses. The first byte says how many lengths follow; what comes
// after them is the content, handed out in pieces of those lengths, over and over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace tessera::fuzz {

class Cuts {
 public:
  explicit Cuts(ByteView input) {
    if (!input.empty()) {
      const std::size_t count = std::min<std::size_t>(input.front() % 8, input.size() - 1);
      lengths_.assign(input.begin() + 1, input.begin() + 1 + static_cast<std::ptrdiff_t>(count));
      content_ = input.subspan(1 + count);
    }
  }

  ByteView content() const { return content_; }

  // Calls `take` with each piece until it returns false. Without lengths there is one piece.
  template <class Take>
  void each(ByteView content, Take take) const {
    for (std::size_t piece = 0; !content.empty(); ++piece) {
      const std::size_t wanted = lengths_.empty() ? content.size() : std::size_t{1} + lengths_[piece % lengths_.size()];
      const std::size_t length = std::min(wanted, content.size());
      if (!take(content.first(length))) {
        return;
      }
      content = content.subspan(length);
    }
  }

 private:
  std::vector<std::uint8_t> lengths_;
  ByteView content_;
};

}  // namespace tessera::fuzz
