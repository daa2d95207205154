#include "archive/validation.h"

#include <algorithm>
#include <array>
#include <optional>

#include "archive/attributes.h"
#include "catalog/instances.h"
#include "dicom/dictionary.h"
#include "dicom/ids.h"

namespace tessera::archive {

namespace {

using dicom::Vr;

struct LengthRule {
  Vr vr;
  std::size_t longest;
  bool control_allowed;  // LT, ST and UT may have line breaks; they are not in this table
};

constexpr std::array kLengthRules = {
    LengthRule{Vr::AE, 16, false},
    LengthRule{Vr::CS, 16, false},
    LengthRule{Vr::SH, 16, false},
    LengthRule{Vr::LO, 64, false},
};

struct SizeRule {
  Vr vr;
  std::size_t bytes;
};
constexpr std::array kSizeRules = {
    SizeRule{Vr::FD, 8}, SizeRule{Vr::FL, 4}, SizeRule{Vr::SL, 4}, SizeRule{Vr::UL, 4},
    SizeRule{Vr::SS, 2}, SizeRule{Vr::US, 2}, SizeRule{Vr::SV, 8}, SizeRule{Vr::UV, 8},
};

constexpr char kEscape = 0x1b;

std::string_view cut_padding(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) {
    text.remove_suffix(1);
  }
  return text;
}

// Lengths are in characters: UTF-8 continuation bytes do not count.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != kEscape; });
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_date(std::string_view text) {
  if (text.size() != 8 || !is_digits(text)) {
    return false;
  }
  const int month = (text[4] - '0') * 10 + (text[5] - '0');
  const int day = (text[6] - '0') * 10 + (text[7] - '0');
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool is_age(std::string_view text) {
  return text.size() == 4 && is_digits(text.substr(0, 3)) && std::string_view("DWMY").find(text[3]) != text.npos;
}

std::string broken_name_rule(std::string_view name) {
  std::size_t groups = 1;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= name.size(); ++at) {
    if (at < name.size() && name[at] != '=') {
      continue;
    }
    const std::string_view group = name.substr(start, at - start);
    if (characters(group) > 64) {
      return "a component group of the name is longer than 64 characters";
    }
    if (std::count(group.begin(), group.end(), '^') > 4) {
      return "a component group of the name has more than 5 components";
    }
    groups += at < name.size() ? 1 : 0;
    start = at + 1;
  }
  return groups > 3 ? "the name has more than 3 component groups" : "";
}

std::string broken_text_rule(Vr vr, std::string_view value) {
  if (value.empty()) {
    return "";
  }
  for (const LengthRule& rule : kLengthRules) {
    if (rule.vr == vr && characters(value) > rule.longest) {
      return "the value is longer than " + std::to_string(rule.longest) + " characters";
    }
    if (rule.vr == vr && has_control(value)) {
      return "the value holds control characters";
    }
  }
  switch (vr) {
    case Vr::AS:
      return is_age(value) ? "" : "the value is no age string (nnnD, nnnW, nnnM or nnnY)";
    case Vr::DA:
      return is_date(value) ? "" : "the value is no date of the form yyyyMMdd";
    case Vr::UI:
      return dicom::is_valid_uid(value) ? "" : "the value is no UID (digits and dots, at most 64 characters)";
    case Vr::PN:
      return has_control(value) ? "the value holds control characters" : broken_name_rule(value);
    default:
      return "";
  }
}

}  // namespace

std::string broken_rule(Vr vr, ByteView value) {
  for (const SizeRule& rule : kSizeRules) {
    if (rule.vr == vr) {
      return value.size() % rule.bytes == 0 ? "" : "the length is no multiple of " + std::to_string(rule.bytes);
    }
  }
  if (!dicom::vr_row(vr).is_text) {
    return "";
  }
  const std::string_view text = as_text(value);
  if (dicom::vr_row(vr).single_value) {
    return broken_text_rule(vr, cut_padding(text));
  }
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\\', start), text.size());
    std::string rule = broken_text_rule(vr, cut_padding(text.substr(start, end - start)));
    if (!rule.empty()) {
      return rule;
    }
    start = end + 1;
  }
  return "";
}

Status Validator::on_value(const dicom::ElementHeader& element, ByteView value) {
  if (element.tag.group() == 0x0002) {
    return {};
  }
  const catalog::SearchKey* key = element.depth == 0 ? catalog::find_key(element.tag) : nullptr;
  const bool indexed = key != nullptr && key->core;
  if (indexed && dicom::vr_row(element.vr).is_text && as_text(value).find('\\') != std::string_view::npos) {
    const dicom::DictionaryRow* row = dicom::find_tag(element.tag);
    multiple_values_ = multiple_values_ || (row != nullptr && !row->multi_valued);
  }
  const bool looked_at = strictness_ == Strictness::V2 || (strictness_ == Strictness::V1 && indexed);
  if (!looked_at || errors_.size() >= kMaxErrors) {
    return {};
  }
  std::string rule = broken_rule(element.vr, value);
  if (!rule.empty()) {
    errors_.push_back({element.tag, std::move(rule)});
  }
  return {};
}

}  // namespace tessera::archive
