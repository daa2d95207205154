#include "dicom/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

// uid_from_seed("Tessera implementation class"), for ever.
constexpr std::string_view kImplementationClass = "2.25.153788503039753604078262242179097946142";
constexpr std::string_view kImplementationVersion = "TESSERA_0_1";
constexpr std::size_t kMaxShortValue = 0xFFFE;
constexpr std::size_t kMaxDsLength = 16;

// PS3.5 6.2: text is padded with a space, UIDs with a NUL, binary with zero.
void pad_to_even(ByteBuffer& value, Vr vr) {
  if (value.size() % 2 != 0) {
    value.push_back(vr_row(vr).is_text && vr != Vr::UI ? ' ' : '\0');
  }
}

void append_bytes(ByteBuffer& out, ByteView bytes) {
  const std::size_t at = out.size();
  out.resize(at + bytes.size());
  std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

void append_tag(ByteBuffer& out, Tag tag) {
  append_le(out, tag.group());
  append_le(out, tag.element());
}

void append_header(ByteBuffer& out, Tag tag, Vr vr, std::size_t length) {
  if (!vr_row(vr).long_length && length > kMaxShortValue) {
    vr = Vr::UN;  // what a 16-bit length cannot say, UN's can (PS3.5 6.2.2)
  }
  append_tag(out, tag);
  append_bytes(out, as_bytes(vr_name(vr)));
  if (vr_row(vr).long_length) {
    append_le(out, std::uint16_t{0});
    append_le(out, static_cast<std::uint32_t>(length));
  } else {
    append_le(out, static_cast<std::uint16_t>(length));
  }
}

template <class T>
ByteBuffer numbers(const std::vector<T>& values) {
  ByteBuffer out;
  for (const T value : values) {
    append_le(out, value);
  }
  return out;
}

// The shortest text that reads back as `value`; empty when there is none of at most 16 characters.
std::string exact(double value, std::chars_format format) {
  std::array<char, kMaxDsLength> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, format);
  return error == std::errc() ? std::string(text.data(), end) : std::string();
}

// The longest text of at most 16 characters: the nearest this notation can say; empty when it has none.
std::string rounded(double value, std::chars_format format) {
  std::array<char, kMaxDsLength> text;
  for (int precision = kMaxDsLength; precision >= 0; --precision) {
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, format, precision);
    if (error == std::errc()) {
      return std::string(text.data(), end);
    }
  }
  return {};
}

double error_of(const std::string& text, double value) {
  double read = 0;
  const bool failed = std::from_chars(text.data(), text.data() + text.size(), read).ec != std::errc();
  return failed ? HUGE_VAL : std::fabs(read - value);
}

}  // namespace

void DataSet::put(Tag tag, Vr vr, ByteBuffer value) {
  pad_to_even(value, vr);
  const auto at = std::lower_bound(elements_.begin(), elements_.end(), tag,
                                   [](const Element& element, Tag wanted) { return element.tag < wanted; });
  Element element{tag, vr, std::move(value)};
  if (at != elements_.end() && at->tag == tag) {
    *at = std::move(element);
  } else {
    elements_.insert(at, std::move(element));
  }
}

void DataSet::text(Tag tag, Vr vr, std::string_view value) {
  put(tag, vr, ByteBuffer(value.begin(), value.end()));
}

void DataSet::texts(Tag tag, Vr vr, const std::vector<std::string>& values) {
  std::string joined;
  for (std::size_t i = 0; i < values.size(); ++i) {
    joined += (i == 0 ? "" : "\\") + values[i];
  }
  text(tag, vr, joined);
}

void DataSet::u16(Tag tag, std::uint16_t value) {
  put(tag, Vr::US, numbers<std::uint16_t>({value}));
}
void DataSet::u32(Tag tag, std::uint32_t value) {
  put(tag, Vr::UL, numbers<std::uint32_t>({value}));
}
void DataSet::f32(Tag tag, const std::vector<float>& values) {
  put(tag, Vr::FL, numbers(values));
}
void DataSet::f64(Tag tag, const std::vector<double>& values) {
  put(tag, Vr::FD, numbers(values));
}
void DataSet::bytes(Tag tag, Vr vr, ByteView value) {
  put(tag, vr, ByteBuffer(value.begin(), value.end()));
}

void DataSet::sequence(Tag tag, std::vector<DataSet> items) {
  ByteBuffer value;
  for (const DataSet& item : items) {
    const ByteBuffer encoded = item.encode();
    append_tag(value, tags::kItem);
    append_le(value, static_cast<std::uint32_t>(encoded.size()));
    append_bytes(value, encoded);
  }
  put(tag, Vr::SQ, std::move(value));
}

ByteBuffer DataSet::encode() const {
  return encode_between(Tag(0), Tag(0xFFFFFFFF));
}

ByteBuffer DataSet::encode_between(Tag from, Tag to) const {
  ByteBuffer out;
  for (const Element& element : elements_) {
    if (element.tag >= from && element.tag < to) {
      append_header(out, element.tag, element.vr, element.value.size());
      append_bytes(out, element.value);
    }
  }
  return out;
}

bool DataSet::has(Tag tag) const {
  return std::any_of(elements_.begin(), elements_.end(), [&](const Element& element) { return element.tag == tag; });
}

ByteBuffer encode_element_head(Tag tag, Vr vr, std::uint32_t length) {
  ByteBuffer out;
  append_header(out, tag, vr, length);
  return out;
}

ByteBuffer encode_item_head(std::uint32_t length) {
  ByteBuffer out;
  append_tag(out, tags::kItem);
  append_le(out, length);
  return out;
}

ByteBuffer encode_sequence_end() {
  ByteBuffer out;
  append_tag(out, tags::kSequenceDelimitationItem);
  append_le(out, std::uint32_t{0});
  return out;
}

ByteBuffer encode_file_meta(std::string_view sop_class, std::string_view sop_instance,
                            std::string_view transfer_syntax) {
  constexpr std::array<std::uint8_t, 2> kVersion = {0, 1};
  DataSet group;
  group.bytes(tags::kFileMetaInformationVersion, Vr::OB, kVersion);
  group.text(tags::kMediaStorageSOPClassUID, Vr::UI, sop_class);
  group.text(tags::kMediaStorageSOPInstanceUID, Vr::UI, sop_instance);
  group.text(tags::kTransferSyntaxUID, Vr::UI, transfer_syntax);
  group.text(tags::kImplementationClassUID, Vr::UI, kImplementationClass);
  group.text(tags::kImplementationVersionName, Vr::SH, kImplementationVersion);
  const ByteBuffer encoded = group.encode();

  ByteBuffer out;
  append_bytes(out, std::array<std::uint8_t, 128>{});
  append_bytes(out, as_bytes("DICM"));
  append_header(out, tags::kFileMetaInformationGroupLength, Vr::UL, sizeof(std::uint32_t));
  append_le(out, static_cast<std::uint32_t>(encoded.size()));
  append_bytes(out, encoded);
  return out;
}

std::string format_ds(double value) {
  if (!std::isfinite(value)) {
    return {};
  }
  if (value == 0) {
    return "0";
  }
  for (const auto format : {std::chars_format::fixed, std::chars_format::scientific}) {
    if (std::string text = exact(value, format); !text.empty()) {
      return text;
    }
  }
  const std::string fixed = rounded(value, std::chars_format::fixed);
  const std::string scientific = rounded(value, std::chars_format::scientific);
  const bool fixed_is_better = !fixed.empty() && error_of(fixed, value) <= error_of(scientific, value);
  return fixed_is_better ? fixed : scientific;
}

}  // namespace tessera::dicom
