// The text of one JSON object on its way to a JsonOutput, in pieces, with the size limit of
// JsonOptions::max_bytes: a top-level member that would pass it is dropped whole. Holds at most 32 KiB and
// one element, or max_bytes where there is a limit. Used by JsonWriter only; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dicom/json.h"

namespace tessera::dicom {

class JsonText {
 public:
  // `output` is borrowed. BulkDataURIs count towards the limit as empty strings.
  JsonText(JsonOutput& output, std::uint64_t max_bytes) : output_(output), max_bytes_(max_bytes) {}

  void begin_member();
  Status end_member();
  // To be appended to; nothing of it is looked at before check() or end_member().
  std::string& tail() { return text_; }
  // Marks the place of a bulk value's URI.
  void bulk(BulkValue value);
  // Marks where the per-frame groups begin, before begin_member(), or end, after end_member(). The first member of the
  // object is not marked: without it a comma would be left over.
  void per_frame_groups(bool begins);
  // Called now and then inside a long member: gives out what is due, or drops what is too long.
  Status check();
  Status finish();

 private:
  enum class Mark { Bulk, GroupsBegin, GroupsEnd };
  struct Place {
    std::size_t at;  // in text_
    Mark mark;
    BulkValue value;
  };

  bool is_limited() const { return max_bytes_ != UINT64_MAX; }
  void drop_to_member_start();
  Status flush();

  JsonOutput& output_;
  std::uint64_t max_bytes_;
  std::string text_ = "{";
  std::vector<Place> places_;
  std::uint64_t given_out_ = 0;
  std::size_t member_start_ = 0;
  bool has_members_ = false;
  bool dropping_ = false;
  bool in_groups_ = false;
};

}  // namespace tessera::dicom
