#include <algorithm>
#include <cstddef>
#include <utility>

#include "dicom/byte_order.h"
#include "dicom/charset.h"
#include "dicom/json.h"
#include "dicom/json_text.h"
#include "dicom/json_values.h"
#include "dicom/tags.h"

namespace tessera::dicom {
namespace {

bool wanted_by_default(Tag tag) {
  return tag.group() != 0x0002 && tag.element() != 0 && tag != tags::kPixelData && tag != tags::kFloatPixelData &&
         tag != tags::kDoubleFloatPixelData;
}

}  // namespace

struct JsonWriter::Impl {
  Impl(JsonOutput& output, JsonOptions given)
      : options(std::move(given)), text(output, options.max_bytes), data_sets(1) {}

  // One data set being written: the root, or the open item of a sequence.
  struct DataSet {
    Tag sequence;             // that it is an item of
    std::uint32_t items = 0;  // begun in that sequence so far
    bool has_members = false;
    std::unique_ptr<TextDecoder> decoder;  // nullptr: the enclosing data set's
  };

  JsonOptions options;
  JsonText text;
  std::vector<DataSet> data_sets;
  TextDecoder default_decoder;
  ElementHeader nested_fragments;  // an encapsulated value inside an item, until its end is known
  bool has_nested_fragments = false;
  std::uint32_t skipped_depth = 0;  // sequences open below (and with) one that is left out
  std::uint64_t odd_lengths = 0;
  std::uint64_t undecodable = 0;  // of decoders no longer there

  bool is_wanted(const ElementHeader& element) const;
  TextDecoder& decoder();
  void use_character_set(const std::vector<std::string>& terms);
  void drop_decoder();
  void note(const ElementHeader& element, ByteView value);
  std::string tag_path(Tag tag) const;

  void begin_member(const ElementHeader& element);
  Status end_member();
  void put_value(const ElementHeader& element, ByteView value);
  void put_text(const ElementHeader& element, ByteView value);
  Status put_bulk(const ElementHeader& element, ByteRange range);
};

bool JsonWriter::Impl::is_wanted(const ElementHeader& element) const {
  if (data_sets.size() > 1) {
    return element.tag.element() != 0;  // PS3.18 F.2.2: no group lengths
  }
  return options.wanted ? options.wanted(element.tag) : wanted_by_default(element.tag);
}

TextDecoder& JsonWriter::Impl::decoder() {
  for (auto level = data_sets.rbegin(); level != data_sets.rend(); ++level) {
    if (level->decoder) {
      return *level->decoder;
    }
  }
  return default_decoder;
}

void JsonWriter::Impl::drop_decoder() {
  if (data_sets.back().decoder) {
    undecodable += data_sets.back().decoder->undecodable();
    data_sets.back().decoder.reset();
  }
}

void JsonWriter::Impl::use_character_set(const std::vector<std::string>& terms) {
  drop_decoder();
  data_sets.back().decoder = std::make_unique<TextDecoder>(terms);
}

// What later values depend on, wanted in the output or not.
void JsonWriter::Impl::note(const ElementHeader& element, ByteView value) {
  if (element.tag == tags::kSpecificCharacterSet) {
    use_character_set(split_values(as_text(value), Vr::CS));
  }
}

std::string JsonWriter::Impl::tag_path(Tag tag) const {
  std::string path;
  for (std::size_t level = 1; level < data_sets.size(); ++level) {
    path += data_sets[level].sequence.hex() + '/' + std::to_string(data_sets[level].items - 1) + '/';
  }
  return path + tag.hex();
}

void JsonWriter::Impl::begin_member(const ElementHeader& element) {
  if (data_sets.size() == 1) {
    text.begin_member();
  }
  DataSet& data_set = data_sets.back();
  std::string& out = text.tail();
  if (data_sets.size() > 1) {
    out += data_set.has_members ? "," : "";
  }
  data_set.has_members = true;
  append_member_begin(out, element.tag, element.vr);
}

Status JsonWriter::Impl::end_member() {
  text.tail() += '}';
  return data_sets.size() == 1 ? text.end_member() : text.check();
}

void JsonWriter::Impl::put_text(const ElementHeader& element, ByteView value) {
  std::vector<std::string> values = split_values(decoder().to_utf8(value, element.vr), element.vr);
  if (values.size() == 1 && values.front().empty()) {
    return;
  }
  if (element.tag == tags::kSpecificCharacterSet) {
    values = {"ISO_IR 192"};  // what the text is in now
  }
  std::string& out = text.tail();
  char before = '[';
  out += ",\"Value\":";
  for (const std::string& one : values) {
    out += before;
    append_text_value(out, element.vr, one);
    before = ',';
  }
  out += ']';
}

void JsonWriter::Impl::put_value(const ElementHeader& element, ByteView value) {
  const VrRow& vr = vr_row(element.vr);
  std::string& out = text.tail();
  if (value.empty()) {
    return;
  }
  if (vr.is_text) {
    put_text(element, value);
  } else if (vr.is_bulk) {
    out += ",\"InlineBinary\":\"";
    append_base64(out, value);
    out += '"';
  } else if (value.size() >= vr.unit) {
    out += ",\"Value\":[";
    odd_lengths += append_binary_values(out, element.vr, value) != 0;
    out += ']';
  } else {
    ++odd_lengths;
  }
}

Status JsonWriter::Impl::put_bulk(const ElementHeader& element, ByteRange range) {
  if (options.skip_bulk || !is_wanted(element)) {
    return {};
  }
  begin_member(element);
  text.tail() += ",\"BulkDataURI\":\"";
  text.bulk({tag_path(element.tag), element.vr, range, element.big_endian && swap_unit(element.vr) > 1});
  text.tail() += '"';
  return end_member();
}

JsonWriter::JsonWriter(JsonOutput& output, JsonOptions options)
    : impl_(std::make_unique<Impl>(output, std::move(options))) {}
JsonWriter::~JsonWriter() = default;

Status JsonWriter::on_value(const ElementHeader& element, ByteView value) {
  if (impl_->skipped_depth > 0) {
    return {};
  }
  impl_->note(element, value);
  const bool bulk = vr_row(element.vr).is_bulk;
  if (bulk && value.size() > impl_->options.inline_binary_limit) {
    return impl_->put_bulk(element, {element.value_offset, value.size()});
  }
  if ((bulk && impl_->options.skip_bulk) || !impl_->is_wanted(element)) {
    return {};
  }
  impl_->begin_member(element);
  impl_->put_value(element, value);
  return impl_->end_member();
}

Status JsonWriter::on_large_value_begin(const ElementHeader& element) {
  return impl_->skipped_depth > 0 ? Status() : impl_->put_bulk(element, {element.value_offset, element.length});
}

Status JsonWriter::on_sequence_begin(const ElementHeader& element) {
  if (impl_->skipped_depth > 0 || !impl_->is_wanted(element)) {
    ++impl_->skipped_depth;
    return {};
  }
  if (impl_->data_sets.size() == 1 && element.tag == tags::kPerFrameFunctionalGroupsSequence) {
    impl_->text.per_frame_groups(true);
  }
  impl_->begin_member(element);
  impl_->data_sets.push_back({element.tag, 0, false, nullptr});
  return {};
}

Status JsonWriter::on_item_begin() {
  if (impl_->skipped_depth > 0) {
    return {};
  }
  Impl::DataSet& item = impl_->data_sets.back();
  impl_->text.tail() += item.items == 0 ? ",\"Value\":[{" : ",{";
  ++item.items;
  item.has_members = false;
  return {};
}

Status JsonWriter::on_item_end() {
  if (impl_->skipped_depth > 0) {
    return {};
  }
  impl_->drop_decoder();
  impl_->text.tail() += '}';
  return impl_->text.check();
}

Status JsonWriter::on_sequence_end() {
  if (impl_->skipped_depth > 0) {
    --impl_->skipped_depth;
    return {};
  }
  impl_->text.tail() += impl_->data_sets.back().items > 0 ? "]" : "";
  const Tag sequence = impl_->data_sets.back().sequence;
  impl_->data_sets.pop_back();
  RETURN_IF_ERROR(impl_->end_member());
  if (impl_->data_sets.size() == 1 && sequence == tags::kPerFrameFunctionalGroupsSequence) {
    impl_->text.per_frame_groups(false);
  }
  return {};
}

Status JsonWriter::on_fragments_begin(const ElementHeader& element) {
  if (impl_->skipped_depth > 0) {
    return {};
  }
  if (impl_->data_sets.size() == 1) {
    return impl_->put_bulk(element, {});
  }
  impl_->nested_fragments = element;
  impl_->has_nested_fragments = true;
  return {};
}

Status JsonWriter::on_fragments_end(std::uint64_t end_offset) {
  if (!std::exchange(impl_->has_nested_fragments, false)) {
    return {};
  }
  const std::uint64_t from = impl_->nested_fragments.value_offset;
  return impl_->put_bulk(impl_->nested_fragments, {from, end_offset - from});
}

Status JsonWriter::finish() {
  return impl_->text.finish();
}

std::uint32_t JsonWriter::warnings() const {
  std::uint64_t sum = impl_->odd_lengths + impl_->undecodable + impl_->default_decoder.undecodable();
  for (const Impl::DataSet& data_set : impl_->data_sets) {
    sum += data_set.decoder ? data_set.decoder->undecodable() : 0;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, UINT32_MAX));
}

}  // namespace tessera::dicom
