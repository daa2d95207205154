#include "dicom/json_text.h"

#include <string_view>
#include <utility>

namespace tessera::dicom {
namespace {

constexpr std::size_t kFlushBytes = 32 * 1024;
constexpr std::size_t kFlushPlaces = 256;

}  // namespace

void JsonText::begin_member() {
  dropping_ = false;
  member_start_ = text_.size();
  text_ += has_members_ ? "," : "";
}

void JsonText::bulk(BulkValue value) {
  places_.push_back({text_.size(), Mark::Bulk, std::move(value)});
}

void JsonText::per_frame_groups(bool begins) {
  if (is_limited() || (begins ? !has_members_ : !in_groups_)) {
    return;
  }
  in_groups_ = begins;
  places_.push_back({text_.size(), begins ? Mark::GroupsBegin : Mark::GroupsEnd, {}});
}

void JsonText::drop_to_member_start() {
  text_.resize(member_start_);
  while (!places_.empty() && places_.back().at >= member_start_) {
    places_.pop_back();
  }
}

Status JsonText::check() {
  if (is_limited()) {
    dropping_ = dropping_ || given_out_ + text_.size() + 1 > max_bytes_;  // 1: the closing brace
    if (dropping_) {
      drop_to_member_start();
    }
    return {};
  }
  return text_.size() >= kFlushBytes || places_.size() >= kFlushPlaces ? flush() : Status();
}

Status JsonText::end_member() {
  RETURN_IF_ERROR(check());
  has_members_ = has_members_ || !dropping_;
  return text_.size() >= kFlushBytes ? flush() : Status();
}

Status JsonText::flush() {
  std::size_t from = 0;
  for (const Place& place : places_) {
    RETURN_IF_ERROR(output_.text(std::string_view(text_).substr(from, place.at - from)));
    RETURN_IF_ERROR(place.mark == Mark::Bulk ? output_.bulk(place.value)
                                             : output_.per_frame_groups(place.mark == Mark::GroupsBegin));
    from = place.at;
  }
  RETURN_IF_ERROR(output_.text(std::string_view(text_).substr(from)));
  given_out_ += text_.size();
  text_.clear();
  places_.clear();
  return {};
}

Status JsonText::finish() {
  text_ += '}';
  return flush();
}

}  // namespace tessera::dicom
