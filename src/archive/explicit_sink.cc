#include "archive/explicit_sink.h"

#include "dicom/byte_order.h"
#include "dicom/tags.h"

namespace tessera::archive {

namespace {

using dicom::ElementHeader;
using dicom::Tag;
using dicom::Vr;

constexpr Tag kIconImageSequence{0x00880200};
constexpr std::uint16_t kItem = 0xE000, kItemEnd = 0xE00D, kSequenceEnd = 0xE0DD;

template <class T>
void append(std::string& out, T value) {
  std::uint8_t bytes[sizeof value];
  store_le(bytes, value);
  out.append(as_text(bytes));
}

void append_tag(std::string& out, Tag tag) {
  append(out, tag.group());
  append(out, tag.element());
}

char padding_of(Vr vr) {
  return dicom::vr_row(vr).is_text && vr != Vr::UI ? ' ' : '\0';
}

bool is_offset_table(Tag tag) {
  return tag == dicom::tags::kExtendedOffsetTable || tag == dicom::tags::kExtendedOffsetTableLengths;
}

}  // namespace

void append_explicit_header(std::string& out, Tag tag, Vr vr, std::uint64_t length) {
  const bool too_long = !dicom::vr_row(vr).long_length && length > 0xFFFE;
  const Vr written = too_long ? Vr::UN : vr;
  append_tag(out, tag);
  out.append(dicom::vr_name(written));
  if (dicom::vr_row(written).long_length) {
    append(out, std::uint16_t{0});
    append(out, static_cast<std::uint32_t>(length));
  } else {
    append(out, static_cast<std::uint16_t>(length));
  }
}

void ExplicitSink::delimiter(std::uint16_t element, std::uint32_t length) {
  append_tag(out, Tag(0xFFFE, element));
  append(out, length);
}

bool ExplicitSink::enter(const ElementHeader& element) {
  if (skipped_depth_ > 0) {
    return false;
  }
  if (element.depth == 0) {
    if (element.tag.group() <= 2) {
      return false;
    }
    while (!changes_.values.empty() && changes_.values.begin()->first <= element.tag) {
      const auto change = changes_.values.extract(changes_.values.begin());
      const auto& [vr, value] = change.mapped();
      append_explicit_header(out, change.key(), vr, value.size());
      out += value;
      if (change.key() == element.tag) {
        return false;
      }
    }
    if (is_offset_table(element.tag)) {
      return false;
    }
    if (element.tag == dicom::tags::kPixelData && changes_.own_pixels) {
      pixels_at = pixels_at.value_or(out.size());
      return false;
    }
  }
  return element.tag.element() != 0;  // a group length
}

void ExplicitSink::finish() {
  ElementHeader last;
  last.tag = Tag(0xFFFFFFFF);
  (void)enter(last);
}

std::size_t ExplicitSink::unit_of(const ElementHeader& element) const {
  if (!element.big_endian) {
    return 1;
  }
  const bool pixels = element.depth == 0 && element.tag == dicom::tags::kPixelData;
  return pixels ? changes_.pixel_unit : dicom::swap_unit(element.vr);
}

Status ExplicitSink::on_value(const ElementHeader& element, ByteView value) {
  if (!enter(element)) {
    return {};
  }
  append_explicit_header(out, element.tag, element.vr, value.size() + value.size() % 2);
  const std::size_t at = out.size();
  out.append(as_text(value));
  // Given whole, numbers are little endian by their VR; samples of pixels may be wider or narrower than its words.
  if (element.big_endian && element.depth == 0 && element.tag == dicom::tags::kPixelData) {
    const MutableBytes written(reinterpret_cast<std::uint8_t*>(out.data()) + at, value.size());
    dicom::swap_units(written, dicom::swap_unit(element.vr));
    dicom::swap_units(written, changes_.pixel_unit);
  }
  if (value.size() % 2 != 0) {
    out += padding_of(element.vr);
  }
  return {};
}

Status ExplicitSink::on_large_value_begin(const ElementHeader& element) {
  skipping_value_ = !enter(element);
  if (!skipping_value_) {
    append_explicit_header(out, element.tag, element.vr, std::uint64_t{element.length} + element.length % 2);
    large_is_odd_ = element.length % 2 != 0;
    large_vr_ = element.vr;
    carried_.clear();
  }
  return {};
}

Status ExplicitSink::on_large_value_chunk(const ElementHeader& element, ByteView chunk) {
  if (skipping_value_) {
    return {};
  }
  const std::size_t unit = unit_of(element);
  if (unit == 1) {
    out.append(as_text(chunk));
    return {};
  }
  carried_.append(as_text(chunk));
  const std::size_t whole = carried_.size() - carried_.size() % unit;
  dicom::swap_units(MutableBytes(reinterpret_cast<std::uint8_t*>(carried_.data()), whole), unit);
  out.append(carried_, 0, whole);
  carried_.erase(0, whole);
  return {};
}

Status ExplicitSink::on_large_value_end(const ElementHeader&) {
  if (!skipping_value_) {
    out += carried_;
    carried_.clear();
    if (large_is_odd_) {
      out += padding_of(large_vr_);
    }
  }
  skipping_value_ = false;
  return {};
}

Status ExplicitSink::on_sequence_begin(const ElementHeader& element) {
  const bool dropped = changes_.drop_icons && element.tag == kIconImageSequence;
  if (skipped_depth_ > 0 || !enter(element) || dropped) {
    ++skipped_depth_;
    return {};
  }
  append_explicit_header(out, element.tag, Vr::SQ, dicom::kUndefinedLength);
  return {};
}

Status ExplicitSink::on_item_begin() {
  if (skipped_depth_ == 0) {
    delimiter(kItem, dicom::kUndefinedLength);
  }
  return {};
}

Status ExplicitSink::on_item_end() {
  if (skipped_depth_ == 0) {
    delimiter(kItemEnd, 0);
  }
  return {};
}

Status ExplicitSink::on_sequence_end() {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else {
    delimiter(kSequenceEnd, 0);
  }
  return {};
}

Status ExplicitSink::on_fragments_begin(const ElementHeader& element) {
  skipping_value_ = !enter(element);
  if (!skipping_value_) {
    append_explicit_header(out, element.tag, Vr::OB, dicom::kUndefinedLength);
  }
  return {};
}

Status ExplicitSink::on_fragment_begin(const dicom::FragmentHeader& fragment) {
  if (!skipping_value_) {
    delimiter(kItem, fragment.length);
  }
  return {};
}

Status ExplicitSink::on_fragment_chunk(const dicom::FragmentHeader&, ByteView chunk) {
  if (!skipping_value_) {
    out.append(as_text(chunk));
  }
  return {};
}

Status ExplicitSink::on_fragment_end(const dicom::FragmentHeader&) {
  return {};
}

Status ExplicitSink::on_fragments_end(std::uint64_t) {
  if (!skipping_value_) {
    delimiter(kSequenceEnd, 0);
  }
  skipping_value_ = false;
  return {};
}

}  // namespace tessera::archive
