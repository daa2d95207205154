#include "dicom/checks_offsets.h"

#include <algorithm>

#include "dicom/tags.h"

namespace tessera::dicom {

namespace {
constexpr std::uint64_t kItemHeader = 8;

bool is_pixels(Tag tag) {
  return tag == tags::kPixelData || tag == tags::kFloatPixelData || tag == tags::kDoubleFloatPixelData;
}
}  // namespace

std::uint64_t OffsetCheck::Table::at(std::uint64_t index) const {
  return width == 4 ? load_le32(held.data() + 4 * index) : load_le64(held.data() + 8 * index);
}

void OffsetCheck::Table::hold(ByteView part) {
  bytes += part.size();
  const std::uint64_t room = kComparedFrames * width - held.size();
  held.insert(held.end(), part.begin(),
              part.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(room, part.size())));
}

void OffsetCheck::collect(Tag tag, ByteView part, std::uint64_t offset) {
  if (tag == tags::kExtendedOffsetTable) {
    extended_.offset = offset;
    extended_.hold(part);
  } else if (tag == tags::kExtendedOffsetTableLengths) {
    lengths_.offset = offset;
    lengths_.hold(part);
  }
}

Status OffsetCheck::on_value(const ElementHeader& header, ByteView value) {
  if (header.depth == 0) {
    has_pixels_ = has_pixels_ || is_pixels(header.tag);
    collect(header.tag, value, header.offset);
  }
  return {};
}

Status OffsetCheck::on_large_value_begin(const ElementHeader& header) {
  has_pixels_ = has_pixels_ || (header.depth == 0 && is_pixels(header.tag));
  return {};
}

Status OffsetCheck::on_large_value_chunk(const ElementHeader& header, ByteView part) {
  if (header.depth == 0) {
    collect(header.tag, part, header.offset);
  }
  return {};
}

Status OffsetCheck::on_fragments_begin(const ElementHeader& header) {
  in_image_ = header.depth == 0 && header.tag == tags::kPixelData;
  has_pixels_ = has_pixels_ || in_image_;
  encapsulated_ = encapsulated_ || in_image_;
  return {};
}

Status OffsetCheck::on_fragment_begin(const FragmentHeader& fragment) {
  if (!in_image_) {
    return {};
  }
  if (fragment.ordinal == 0) {
    basic_.offset = fragment.offset;
    return {};
  }
  first_item_ = fragment.ordinal == 1 ? fragment.offset : first_item_;
  ++fragments_;
  const std::uint64_t place = fragment.offset - first_item_;
  (void)meet(basic_, Rule::BasicOffsets, place, fragment.offset);
  const std::uint64_t index = extended_.matched;
  if (meet(extended_, Rule::ExtendedOffsets, place, fragment.offset) && extended_.matched == index + 1) {
    check_length(index, fragment);
  }
  return {};
}

bool OffsetCheck::meet(Table& table, Rule rule, std::uint64_t place, std::uint64_t offset) {
  const Tag tag = table.width == 4 ? tags::kPixelData : tags::kExtendedOffsetTable;
  while (table.matched < table.compared() && table.at(table.matched) < place) {
    findings_.add(rule, tag, table.offset,
                  "entry " + std::to_string(table.matched + 1) + " says " + std::to_string(table.at(table.matched)) +
                      ", where no item begins; the next one begins at " + std::to_string(place) + " (byte " +
                      std::to_string(offset) + ")");
    ++table.matched;
  }
  if (table.matched < table.compared() && table.at(table.matched) == place) {
    ++table.matched;
    return true;
  }
  return false;
}

void OffsetCheck::check_length(std::uint64_t index, const FragmentHeader& fragment) {
  if (index >= lengths_.compared()) {
    return;
  }
  const std::uint64_t said = lengths_.at(index);
  // The pad byte need not be counted.
  if (said == fragment.length || said + 1 == fragment.length) {
    return;
  }
  if (said == fragment.length + kItemHeader) {
    ++too_long_by_header_;
    return;
  }
  ++wrong_lengths_;
  findings_.add(Rule::ExtendedLengths, tags::kExtendedOffsetTableLengths, lengths_.offset,
                "entry " + std::to_string(index + 1) + " says " + std::to_string(said) + " bytes, the item at byte " +
                    std::to_string(fragment.offset) + " has " + std::to_string(fragment.length));
}

Status OffsetCheck::on_fragment_chunk(const FragmentHeader& fragment, ByteView part) {
  if (in_image_ && fragment.ordinal == 0) {
    basic_.hold(part);
  }
  return {};
}

Status OffsetCheck::on_fragments_end(std::uint64_t) {
  whole_ = whole_ || in_image_;
  in_image_ = false;
  return {};
}

void OffsetCheck::check_rest(Table& table, Rule rule, Tag tag, std::uint64_t frames) {
  if (table.bytes == 0) {
    return;
  }
  for (; table.matched < table.compared(); ++table.matched) {
    findings_.add(rule, tag, table.offset,
                  "entry " + std::to_string(table.matched + 1) + " says " + std::to_string(table.at(table.matched)) +
                      ", where no item begins");
  }
  if (table.bytes % table.width != 0) {
    findings_.add(rule, tag, table.offset,
                  "it has " + std::to_string(table.bytes) + " bytes, which is no whole number of entries");
  } else if (table.entries() != frames) {
    findings_.add(rule, tag, table.offset,
                  "it has " + std::to_string(table.entries()) + " entries for " + std::to_string(frames) + " frames");
  }
}

void OffsetCheck::finish(std::uint64_t frames, bool is_slide) {
  if (!encapsulated_ || !whole_) {
    return;
  }
  check_rest(basic_, Rule::BasicOffsets, tags::kPixelData, frames);
  check_rest(extended_, Rule::ExtendedOffsets, tags::kExtendedOffsetTable, frames);
  if (too_long_by_header_ > 0) {
    findings_.add(Rule::ExtendedLengthsHeader, tags::kExtendedOffsetTableLengths, lengths_.offset,
                  std::to_string(too_long_by_header_) + " lengths are 8 bytes longer than their items");
  }
  if (extended_.bytes != lengths_.bytes) {
    findings_.add(Rule::ExtendedLengths, tags::kExtendedOffsetTableLengths, lengths_.offset,
                  "there are " + std::to_string(extended_.entries()) + " offsets and " +
                      std::to_string(lengths_.entries()) + " lengths");
  }
  if (extended_.bytes > 0 && basic_.bytes > 0) {
    findings_.add(Rule::TwoOffsetTables, tags::kPixelData, basic_.offset,
                  "the Basic Offset Table has " + std::to_string(basic_.bytes) + " bytes beside an extended one");
  }
  if (fragments_ < frames) {
    findings_.add(
        Rule::FrameCount, tags::kNumberOfFrames, std::nullopt,
        "NumberOfFrames is " + std::to_string(frames) + ", pixel data has " + std::to_string(fragments_) + " items");
  } else if (fragments_ > frames && is_slide) {
    findings_.add(Rule::Fragments, tags::kPixelData, first_item_,
                  std::to_string(fragments_) + " fragments for " + std::to_string(frames) + " frames");
  }
}

}  // namespace tessera::dicom
