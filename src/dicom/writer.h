// Writer: the parts a Part 10 file is written of, front to back: file meta information, then explicit little
// endian data sets (the syntax of the pixel data is whatever the caller frames). Used by the converter and by
// tests. Elements may be set in any order; a data set is written sorted by tag. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "dicom/tag.h"
#include "dicom/vr.h"

namespace tessera::dicom {

// A data set in memory: for headers, never for pixels. Nested items hold data sets of their own.
class DataSet {
 public:
  void text(Tag tag, Vr vr, std::string_view value);  // padded to even length by the VR's rule
  void texts(Tag tag, Vr vr, const std::vector<std::string>& values);
  void empty(Tag tag, Vr vr) { text(tag, vr, ""); }
  void u16(Tag tag, std::uint16_t value);                // US
  void u32(Tag tag, std::uint32_t value);                // UL
  void f32(Tag tag, const std::vector<float>& values);   // FL
  void f64(Tag tag, const std::vector<double>& values);  // FD
  void bytes(Tag tag, Vr vr, ByteView value);
  void sequence(Tag tag, std::vector<DataSet> items);

  // Explicit little endian, sorted by tag, sequences of defined length. A value too long for its VR's 16-bit
  // length is written as UN (PS3.5 6.2.2).
  ByteBuffer encode() const;
  // Of it the elements whose tags are at least `from` and below `to`.
  ByteBuffer encode_between(Tag from, Tag to) const;
  bool has(Tag tag) const;

 private:
  struct Element {
    Tag tag;
    Vr vr;
    ByteBuffer value;
  };
  std::vector<Element> elements_;
  void put(Tag tag, Vr vr, ByteBuffer value);  // replaces an element of the same tag
};

// The head of an element whose value the caller frames: `length` may be 0xFFFFFFFF, of fragments. An item's of
// encapsulated pixel data, and the delimiter behind the last one.
ByteBuffer encode_element_head(Tag tag, Vr vr, std::uint32_t length);
ByteBuffer encode_item_head(std::uint32_t length);
ByteBuffer encode_sequence_end();

// Preamble, "DICM" and group 0002 for a data set of the given identity.
ByteBuffer encode_file_meta(std::string_view sop_class, std::string_view sop_instance,
                            std::string_view transfer_syntax);

// A DS value of at most 16 characters that is as near to `value` as 16 characters allow (wsi-dicom §1b);
// empty for what is no finite number, which DS cannot say.
std::string format_ds(double value);

}  // namespace tessera::dicom
