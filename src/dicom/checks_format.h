// FormatCheck: the rules of any Part 10 file: group 0002, order and lengths of elements, VRs and values. A sink of the
// parser's tokens. Used by FileCheck only; one thread; holds a few values of the header.
#pragma once

#include <string>
#include <vector>

#include "dicom/checks_rules.h"
#include "dicom/token.h"

namespace tessera::dicom {

class FormatCheck final : public TokenSink {
 public:
  // `findings` is borrowed.
  explicit FormatCheck(Findings& findings) : findings_(findings) {}

  // The first 132 bytes of the file.
  void on_preamble(ByteView preamble);
  // After the parse, whole or broken off.
  void finish();
  const std::string& sop_class() const { return sop_class_; }

  Status on_value(const ElementHeader&, ByteView) override;
  Status on_large_value_begin(const ElementHeader&) override;
  Status on_sequence_begin(const ElementHeader&) override;
  Status on_item_begin() override;
  Status on_item_end() override;
  Status on_fragments_begin(const ElementHeader&) override;
  Status on_fragment_begin(const FragmentHeader&) override;

 private:
  void see(const ElementHeader& header);
  void see_characters(const ElementHeader& header, ByteView value);
  void see_meta(const ElementHeader& header, ByteView value);
  void end_meta(std::uint64_t offset);
  void compare(Tag tag, Tag meta_tag, const std::string& value, const std::string& meta_value);

  Findings& findings_;
  std::vector<Tag> last_ = {Tag()};  // the tag before, in each open item
  bool in_meta_ = true;
  bool has_group_length_ = false;
  bool named_characters_ = false;
  std::uint32_t group_length_ = 0;
  std::vector<Tag> meta_tags_;
  std::string meta_class_, meta_instance_, sop_class_, sop_instance_;
};

}  // namespace tessera::dicom
