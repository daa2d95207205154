#include <algorithm>

#include "dicom/json.h"
#include "dicom/json_values.h"

namespace tessera::dicom {

void Elements::text(Tag tag, Vr vr, std::string_view value) {
  texts(tag, vr, {std::string(value)});
}

void Elements::texts(Tag tag, Vr vr, const std::vector<std::string>& values) {
  std::string json = "{\"vr\":\"";
  json += vr_name(vr);
  json += '"';
  const bool is_empty = std::all_of(values.begin(), values.end(), [](const std::string& v) { return v.empty(); });
  if (!is_empty) {
    char before = '[';
    json += ",\"Value\":";
    for (const std::string& value : values) {
      json += before;
      append_text_value(json, vr, value);
      before = ',';
    }
    json += ']';
  }
  raw(tag, json + '}');
}

void Elements::number(Tag tag, Vr vr, std::int64_t value) {
  std::string json = "{\"vr\":\"";
  json += vr_name(vr);
  json += "\",\"Value\":[";
  append_integer(json, vr, value);
  raw(tag, json + "]}");
}

void Elements::sequence(Tag tag, const std::vector<Elements>& items) {
  std::string json = "{\"vr\":\"SQ\"";
  char before = '[';
  json += items.empty() ? "" : ",\"Value\":";
  for (const Elements& item : items) {
    json += before + item.to_json();
    before = ',';
  }
  json += items.empty() ? "" : "]";
  raw(tag, json + '}');
}

void Elements::raw(Tag tag, std::string json) {
  const auto at = std::lower_bound(members_.begin(), members_.end(), tag,
                                   [](const auto& member, Tag wanted) { return member.first < wanted; });
  if (at != members_.end() && at->first == tag) {
    at->second = std::move(json);
  } else {
    members_.emplace(at, tag, std::move(json));
  }
}

bool Elements::has(Tag tag) const {
  return std::any_of(members_.begin(), members_.end(), [tag](const auto& member) { return member.first == tag; });
}

std::string Elements::to_json() const {
  std::string json = "{";
  for (const auto& [tag, member] : members_) {
    json += json.size() > 1 ? ",\"" : "\"";
    json += tag.hex();
    json += "\":";
    json += member;
  }
  return json + '}';
}

}  // namespace tessera::dicom
