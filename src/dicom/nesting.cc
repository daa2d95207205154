#include "dicom/nesting.h"

#include <algorithm>

#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

std::string describe(const Level& level) {
  return describe_place(level.kind == Level::Kind::Item ? "item" : "sequence", level.tag, level.offset);
}

}  // namespace

void Nesting::open_sequence(Tag tag, std::uint64_t offset, Encoding encoding) {
  levels_.push_back({Level::Kind::Sequence, encoding, false, false, tag, offset, limit()});
}

void Nesting::open_item(std::uint64_t offset) {
  const Level& sequence = top();
  levels_.push_back({Level::Kind::Item, sequence.encoding, false, false, tags::kItem, offset, sequence.limit});
}

void Nesting::set_end(std::uint64_t end) {
  levels_.back().has_length = true;
  levels_.back().limit = end;
}

std::string Nesting::describe_top() const {
  return describe(top());
}

std::string Nesting::describe_limit() const {
  const auto setter =
      std::find_if(levels_.rbegin(), levels_.rend(), [](const Level& level) { return level.has_length; });
  return setter == levels_.rend() ? "the file" : "the " + describe(*setter);
}

std::string describe_place(std::string_view what, Tag tag, std::uint64_t offset) {
  return std::string(what) + " " + tag.text() + " at byte " + std::to_string(offset);
}

}  // namespace tessera::dicom
