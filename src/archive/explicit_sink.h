// ExplicitSink: tokens of a stored data set as explicit little endian again, with a few top-level attributes changed:
// how an instance's header goes out when its pixels do in another transfer syntax. Used by
// archive/transcoded_instance.h only; one thread.
//
// What it writes collects in `out`, up to a chunk of the parser's at a time. Sequences and items have undefined
// lengths; group 0002 and group lengths are left out, offset tables too. Nothing of pixel data of the top level is
// written where the caller writes it: pixels_at says where in `out` it belongs.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "dicom/token.h"

namespace tessera::archive {

class ExplicitSink final : public dicom::TokenSink {
 public:
  struct Changes {
    // Values of the top level, encoded: in the place of those that are there, and where there are none. In order.
    std::map<dicom::Tag, std::pair<dicom::Vr, std::string>> values;
    bool own_pixels = false;     // the caller writes PixelData
    std::size_t pixel_unit = 1;  // else: bytes of a sample that big endian turned around
    // IconImageSequence goes: the pixels of an icon are compressed as the image's are.
    bool drop_icons = false;
  };
  explicit ExplicitSink(Changes changes) : changes_(std::move(changes)) {}

  std::string out;
  std::optional<std::size_t> pixels_at;

  // What of the changes has no place yet: after the last token.
  void finish();

  Status on_value(const dicom::ElementHeader&, ByteView) override;
  Status on_large_value_begin(const dicom::ElementHeader&) override;
  Status on_large_value_chunk(const dicom::ElementHeader&, ByteView) override;
  Status on_large_value_end(const dicom::ElementHeader&) override;
  Status on_sequence_begin(const dicom::ElementHeader&) override;
  Status on_item_begin() override;
  Status on_item_end() override;
  Status on_sequence_end() override;
  Status on_fragments_begin(const dicom::ElementHeader&) override;
  Status on_fragment_begin(const dicom::FragmentHeader&) override;
  Status on_fragment_chunk(const dicom::FragmentHeader&, ByteView) override;
  Status on_fragment_end(const dicom::FragmentHeader&) override;
  Status on_fragments_end(std::uint64_t end_offset) override;

 private:
  // Before an element: changes that belong before it; whether it is to be written.
  bool enter(const dicom::ElementHeader& element);
  void delimiter(std::uint16_t element, std::uint32_t length);
  std::size_t unit_of(const dicom::ElementHeader& element) const;

  Changes changes_;
  bool skipping_value_ = false;      // a large value or fragments that are not written
  std::uint32_t skipped_depth_ = 0;  // of sequences inside one that is not written, it included
  bool large_is_odd_ = false;
  dicom::Vr large_vr_ = dicom::Vr::UN;
  std::string carried_;  // the start of a number whose end is in the next chunk
};

// Tag, VR and length; VRs of 16-bit lengths whose value is longer go as UN (PS3.5 6.2.2).
void append_explicit_header(std::string& out, dicom::Tag tag, dicom::Vr vr, std::uint64_t length);

}  // namespace tessera::archive
