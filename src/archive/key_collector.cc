#include "archive/key_collector.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "dicom/dictionary.h"
#include "dicom/ids.h"
#include "dicom/tags.h"
#include "dicom/vr.h"

namespace tessera::archive {

namespace {

using dicom::Vr;

constexpr std::size_t kValuesOfKey = 64;
constexpr std::size_t kReadBytes = 4 * 1024;  // of one element
constexpr std::size_t kKeyBytes = 64 * 1024;  // of all

template <class Number>
Number number_at(ByteView value) {
  Number number;
  std::memcpy(&number, value.data(), sizeof number);
  return number;
}

template <class Number>
std::string decimal(Number number) {
  char text[40];
  const auto written = std::to_chars(text, text + sizeof text, number);
  return {text, written.ptr};
}

// Tokens have numbers little endian, as this machine has.
std::string number_text(Vr vr, ByteView value) {
  switch (vr) {
    case Vr::US:
      return decimal(number_at<std::uint16_t>(value));
    case Vr::SS:
      return decimal(number_at<std::int16_t>(value));
    case Vr::UL:
      return decimal(number_at<std::uint32_t>(value));
    case Vr::SL:
      return decimal(number_at<std::int32_t>(value));
    case Vr::UV:
      return decimal(number_at<std::uint64_t>(value));
    case Vr::SV:
      return decimal(number_at<std::int64_t>(value));
    case Vr::FL:
      return decimal(number_at<float>(value));
    case Vr::FD:
      return decimal(number_at<double>(value));
    default:
      return {};
  }
}

std::vector<std::string> texts(dicom::TextDecoder& decoder, Vr vr, ByteView value) {
  std::vector<std::string> values = dicom::split_values(decoder.to_utf8(value, vr), vr);
  if (vr == Vr::UI) {
    for (std::string& uid : values) {
      uid = std::string(dicom::trim_uid(uid));
    }
  }
  return values;
}

std::vector<std::string> numbers(Vr vr, std::size_t unit, ByteView value) {
  std::vector<std::string> values;
  for (; value.size() >= unit && values.size() < kValuesOfKey; value = value.subspan(unit)) {
    values.push_back(number_text(vr, value));
  }
  return values;
}

}  // namespace

KeyCollector::KeyCollector() : charsets_(1) {}

Status KeyCollector::on_value(const dicom::ElementHeader& element, ByteView value) {
  if (beside_ > 0) {
    return {};
  }
  if (element.tag == dicom::tags::kSpecificCharacterSet) {
    charsets_.back() = dicom::split_values(as_text(value.first(std::min(value.size(), kReadBytes))), Vr::CS);
    decoder_.reset();
    return {};
  }
  path_.push_back(element.tag);
  const catalog::SearchKey* key = catalog::find_key(path_);
  path_.pop_back();
  if (key != nullptr && key->column.empty() && key->kind != catalog::MatchKind::Modalities) {
    add(*key, element, value.first(std::min(value.size(), kReadBytes)));
  }
  return {};
}

Status KeyCollector::on_sequence_begin(const dicom::ElementHeader& element) {
  if (beside_ == 0) {
    path_.push_back(element.tag);
    if (catalog::leads_to_key(path_)) {
      return {};
    }
    path_.pop_back();
  }
  ++beside_;
  return {};
}

Status KeyCollector::on_item_begin() {
  if (beside_ == 0) {
    charsets_.push_back(charsets_.back());
  }
  return {};
}

// An item may have a character set of its own.
Status KeyCollector::on_item_end() {
  if (beside_ == 0) {
    const bool changes = charsets_[charsets_.size() - 2] != charsets_.back();
    charsets_.pop_back();
    if (changes) {
      decoder_.reset();
    }
  }
  return {};
}

Status KeyCollector::on_sequence_end() {
  beside_ > 0 ? static_cast<void>(--beside_) : path_.pop_back();
  return {};
}

dicom::TextDecoder& KeyCollector::decoder() {
  if (!decoder_) {
    decoder_.emplace(charsets_.back());
  }
  return *decoder_;
}

void KeyCollector::add(const catalog::SearchKey& key, const dicom::ElementHeader& element, ByteView value) {
  const dicom::VrRow& vr = dicom::vr_row(element.vr);
  std::vector<std::string> found;
  if (vr.is_text) {
    found = texts(decoder(), element.vr, value);
  } else if (vr.unit > 1) {
    found = numbers(element.vr, vr.unit, value);
  }
  std::size_t position = 0;
  for (std::string& text : found) {
    ++position;
    std::size_t& count = counts_[&key];
    if (text.empty() || count == kValuesOfKey || bytes_ + text.size() > kKeyBytes) {
      continue;
    }
    ++count;
    bytes_ += text.size();
    values_.push_back({&key, std::move(text), position});
  }
}

std::vector<catalog::KeyValue> KeyCollector::take(catalog::Level level) {
  std::vector<catalog::KeyValue> taken;
  for (const catalog::KeyValue& value : values_) {
    if (value.key->level == level) {
      taken.push_back(value);
    }
  }
  return taken;
}

}  // namespace tessera::archive
