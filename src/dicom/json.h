// DICOM JSON (PS3.18 annex F), written as a stream.
//
// JsonWriter turns tokens into one JSON object per instance; used for the metadata sidecar and, with other
// options, for the trimmed header JSON of the catalog row. Elements builds small data sets (STOW answers,
// QIDO rows) by hand. split_members takes apart what these two wrote. One thread at a time each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "dicom/tag.h"
#include "dicom/token.h"

namespace tessera::dicom {

// A value that is not in the JSON but behind a BulkDataURI.
struct BulkValue {
  std::string tag_path;  // "00480105/0/00282000": tags in hex, item indexes from 0 between them
  Vr vr = Vr::OB;
  ByteRange range;          // in the blob; empty for fragments at top level (their frames are elsewhere), from the
                            // Basic Offset Table's item to behind the delimiter for fragments in an item
  bool big_endian = false;  // the numbers in the range are: whoever serves them turns them around (PS3.18 F.2.7)
};

// Where the JSON goes. Text comes in pieces of any size.
class JsonOutput {
 public:
  virtual ~JsonOutput() = default;
  virtual Status text(std::string_view json) = 0;
  // Called inside the string of a BulkDataURI, right after its opening quote: whatever is written for it (a
  // base URL and the path) ends up there; the writer closes the quote. Large objects may have very many.
  virtual Status bulk(const BulkValue& value) = 0;
  // Before and behind the text (with the comma in front of it) of PerFrameFunctionalGroupsSequence at top level, which
  // may be nearly all there is: what is left without it is an object too.
  virtual Status per_frame_groups(bool begins) {
    (void)begins;
    return {};
  }
};

struct JsonOptions {
  std::uint32_t inline_binary_limit = 1024;  // longer binary values become BulkDataURI (design §4.9)
  bool skip_bulk = false;                    // leave large and binary values out altogether (catalog rows)
  std::uint64_t max_bytes = UINT64_MAX;      // top-level elements that would exceed it are left out (catalog
                                             // rows); this much is then held
  std::function<bool(Tag)> wanted;           // top-level filter; empty: all but group 0002, the three kinds of pixel
                                             // data, and group lengths
};

class JsonWriter final : public TokenSink {
 public:
  // `output` is borrowed. Text is converted to UTF-8 by the data set's SpecificCharacterSet, whose own value
  // becomes ISO_IR 192; undecodable bytes become U+FFFD (warnings() counts them, and numbers of odd length).
  // Values longer than kHeldValue become BulkDataURI whatever their VR. Numbers and InlineBinary are little
  // endian, as tokens are.
  JsonWriter(JsonOutput& output, JsonOptions options);
  ~JsonWriter() override;

  Status on_value(const ElementHeader&, ByteView) override;
  Status on_large_value_begin(const ElementHeader&) override;
  Status on_sequence_begin(const ElementHeader&) override;
  Status on_item_begin() override;
  Status on_item_end() override;
  Status on_sequence_end() override;
  Status on_fragments_begin(const ElementHeader&) override;
  Status on_fragments_end(std::uint64_t end_offset) override;

  // Closes the object.
  Status finish();
  std::uint32_t warnings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A small data set built by hand, in any order; to_json() writes it sorted by tag, as PS3.18 F.2.2 wants.
class Elements {
 public:
  void text(Tag tag, Vr vr, std::string_view value);  // an empty value: {"vr":…} alone
  void texts(Tag tag, Vr vr, const std::vector<std::string>& values);
  void number(Tag tag, Vr vr, std::int64_t value);
  void sequence(Tag tag, const std::vector<Elements>& items);
  void raw(Tag tag, std::string json);  // {"vr":…,"Value":[…]} as another writer wrote it
  bool has(Tag tag) const;
  bool empty() const { return members_.empty(); }
  std::string to_json() const;

 private:
  std::vector<std::pair<Tag, std::string>> members_;
};

// Takes `{"00080005":{…},…}` as written here (no white space) apart, top level only, without copying: pairs
// of tag and the member's text. Members are found by counting brackets; their inside is not checked.
Result<std::vector<std::pair<Tag, std::string_view>>> split_members(std::string_view object);

// The strings of a member's "Value" ("PN": the Alphabetic group), unescaped; numbers as their text; null (and
// an item of a sequence) as an empty string, so that positions hold. What is malformed ends the list.
std::vector<std::string> member_strings(std::string_view member);

void append_json_string(std::string& out, std::string_view utf8);  // with quotes

}  // namespace tessera::dicom
