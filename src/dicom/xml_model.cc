#include "dicom/xml_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/markup.h"
#include "dicom/dictionary.h"
#include "dicom/json_cursor.h"
#include "dicom/utf8.h"

namespace tessera::dicom {

namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";
constexpr std::array kNameParts = {"FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

void append_xml(std::string& out, std::string_view text) {
  for (const char c : text) {
    const std::string_view entity = c == '\r' ? "&#13;" : markup_entity(c);
    if (!entity.empty()) {
      out += entity;
    } else if (is_control(c)) {
      out += kReplacementCharacter;
    } else {
      out += c;
    }
  }
}

}  // namespace

Status XmlModel::unexpected(const char* what) const {
  return Status(Code::Corrupt, std::string("write XML: the metadata has ") + what + " out of place");
}

Status XmlModel::feed(std::string_view json, std::string& out) {
  for (const char c : json) {
    if (in_string_) {
      text_ += c;
      const bool ends = c == '"' && !escaped_;
      escaped_ = c == '\\' && !escaped_;
      if (ends) {
        in_string_ = false;
        RETURN_IF_ERROR(string_token(out));
        text_.clear();
      }
      continue;
    }
    const bool mark = c == '{' || c == '[' || c == '}' || c == ']' || c == ',' || c == ':' || c == '"';
    if (!mark) {
      in_scalar_ = true;
      text_ += c;
      continue;
    }
    if (in_scalar_) {
      in_scalar_ = false;
      RETURN_IF_ERROR(scalar(text_, text_ == "null", out));
      text_.clear();
    }
    if (c == '"') {
      in_string_ = true;
      text_ = c;
    } else if (c == '{') {
      RETURN_IF_ERROR(open_object(out));
    } else if (c == '[') {
      RETURN_IF_ERROR(open_array(out));
    } else if (c == '}' || c == ']') {
      RETURN_IF_ERROR(close(c, out));
    }
  }
  return {};
}

// A key or a value. Its characters are those of JSON: they are read by its rules.
Status XmlModel::string_token(std::string& out) {
  TRY_ASSIGN(const std::string text, JsonCursor(text_).string());
  if (levels_.empty()) {
    return unexpected("a string");
  }
  Level& level = levels_.back();
  if (level.place == Place::Values || !level.key.empty()) {
    return scalar(text, false, out);
  }
  level.key = text;
  return {};
}

Status XmlModel::scalar(std::string_view text, bool null, std::string& out) {
  if (levels_.empty()) {
    return unexpected("a value");
  }
  Level& level = levels_.back();
  if (level.place == Place::Values) {
    write_value(level, text, null, out);
    return {};
  }
  const std::string key = std::exchange(level.key, {});
  if (level.place == Place::Name) {
    write_group(key, text, out);
    return {};
  }
  if (level.place != Place::Element || key.empty()) {
    return unexpected("a value");
  }
  if (key == "vr") {
    level.vr = std::string(text);
    open_attribute(level, out);
  } else if (key == "InlineBinary") {
    out.append("<InlineBinary>").append(text).append("</InlineBinary>");
  } else if (key == "BulkDataURI") {
    out += "<BulkData uri=\"";
    append_xml(out, text);
    out += "\"/>";
  }
  return {};
}

// Of a private element: who has reserved its block (PS3.5 7.8.1).
std::string XmlModel::creator_of(Tag tag) const {
  const Tag reserved(tag.group(), static_cast<std::uint16_t>(tag.element() >> 8));
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    if (level->place == Place::DataSet) {
      const auto found = std::find_if(level->creators.begin(), level->creators.end(),
                                      [reserved](const auto& creator) { return creator.first == reserved; });
      return found == level->creators.end() ? std::string() : found->second;
    }
  }
  return {};
}

void XmlModel::open_attribute(Level& element, std::string& out) {
  const bool in_block = element.tag.is_private() && element.tag.element() >= 0x1000;
  const std::string creator = in_block ? creator_of(element.tag) : std::string();
  const Tag shown = creator.empty() ? element.tag : Tag(element.tag.group(), element.tag.element() & 0xFF);
  out += "<DicomAttribute tag=\"" + shown.hex() + "\" vr=\"" + element.vr + "\"";
  const DictionaryRow* row = find_tag(element.tag);
  if (row != nullptr) {
    out.append(" keyword=\"").append(row->keyword).append("\"");
  }
  if (!creator.empty()) {
    out += " privateCreator=\"";
    append_xml(out, creator);
    out += '"';
  }
  out += '>';
  element.opened = true;
}

void XmlModel::write_value(Level& values, std::string_view text, bool null, std::string& out) {
  ++values.values;
  const Level& element = levels_[levels_.size() - 2];
  const bool creator = element.tag.is_private() && element.tag.element() >= 0x10 && element.tag.element() <= 0xFF;
  if (creator && values.values == 1) {
    levels_[levels_.size() - 3].creators.emplace_back(element.tag, std::string(text));
  }
  if (null) {
    return;  // a value that is empty has a number and no element
  }
  out += "<Value number=\"" + std::to_string(values.values) + "\">";
  append_xml(out, text);
  out += "</Value>";
}

// "Family^Given" of one representation.
void XmlModel::write_group(std::string_view name, std::string_view text, std::string& out) {
  out.append("<").append(name).append(">");
  for (std::size_t part = 0; part < kNameParts.size() && !text.empty(); ++part) {
    const std::size_t end = part + 1 == kNameParts.size() ? text.size() : std::min(text.find('^'), text.size());
    if (end > 0) {
      out.append("<").append(kNameParts[part]).append(">");
      append_xml(out, text.substr(0, end));
      out.append("</").append(kNameParts[part]).append(">");
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out.append("</").append(name).append(">");
}

Status XmlModel::open_object(std::string& out) {
  if (levels_.empty()) {
    if (started_) {
      return unexpected("a second object");
    }
    started_ = true;
    out += kHead;
    levels_.push_back({.place = Place::DataSet});
    return {};
  }
  Level& level = levels_.back();
  if (level.place == Place::DataSet && !level.key.empty()) {
    const Result<Tag> tag = parse_tag(std::exchange(level.key, {}));
    RETURN_IF_ERROR(tag.status());
    levels_.push_back({.place = Place::Element, .tag = *tag});
    return {};
  }
  if (level.place != Place::Values) {
    return unexpected("an object");
  }
  const std::string number = std::to_string(++level.values);
  const bool name = levels_[levels_.size() - 2].vr == "PN";
  const std::string element = name ? "PersonName" : "Item";
  out += "<" + element + " number=\"" + number + "\">";
  levels_.push_back({.place = name ? Place::Name : Place::DataSet});
  return {};
}

Status XmlModel::open_array(std::string&) {
  if (levels_.empty() || levels_.back().place != Place::Element || std::exchange(levels_.back().key, {}) != "Value") {
    return unexpected("an array");
  }
  levels_.push_back({.place = Place::Values});
  return {};
}

Status XmlModel::close(char bracket, std::string& out) {
  if (levels_.empty() || (bracket == ']') != (levels_.back().place == Place::Values) || !levels_.back().key.empty()) {
    return unexpected("a closing bracket");
  }
  const Level level = std::move(levels_.back());
  levels_.pop_back();
  switch (level.place) {
    case Place::Element:
      if (!level.opened) {
        return unexpected("an element without vr");
      }
      out += "</DicomAttribute>";
      break;
    case Place::Name:
      out += "</PersonName>";
      break;
    case Place::DataSet:
      done_ = levels_.empty();
      out += done_ ? "</NativeDicomModel>" : "</Item>";
      break;
    case Place::Values:
      break;
  }
  return {};
}

}  // namespace tessera::dicom
