#include "dicom/dictionary.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tessera::dicom {
namespace {

#include "dicom/dictionary_generated.inc"

const DictionaryRow* find_exact(Tag tag) {
  const auto found = std::lower_bound(kRows.begin(), kRows.end(), tag,
                                      [](const DictionaryRow& row, Tag wanted) { return row.tag < wanted; });
  return found != kRows.end() && found->tag == tag ? &*found : nullptr;
}

// Families of tags that PS3.6 describes once (its "xx"): curves, overlays, variable pixel data, and
// SourceImageIDs.
struct Family {
  std::uint32_t mask;
  std::uint32_t pattern;
};
constexpr std::array kFamilies = {
    Family{0xFF000000, 0x50000000},
    Family{0xFF000000, 0x60000000},
    Family{0xFF000000, 0x7F000000},
    Family{0xFFFFFF00, 0x00203100},
};

// The tag under which the table holds `tag`'s family.
Tag family_tag(Tag tag) {
  for (const Family& family : kFamilies) {
    if ((tag.value & family.mask) == family.pattern) {
      const std::uint32_t element = family.mask == 0xFF000000 ? tag.element() : 0;
      return Tag(family.pattern | element);
    }
  }
  return tag;
}

}  // namespace

const DictionaryRow* find_tag(Tag tag) {
  if (tag.is_private()) {
    return nullptr;
  }
  const DictionaryRow* row = find_exact(tag);
  return row ? row : find_exact(family_tag(tag));
}

const DictionaryRow* find_keyword(std::string_view keyword) {
  const auto found =
      std::lower_bound(kByKeyword.begin(), kByKeyword.end(), keyword,
                       [](std::uint16_t row, std::string_view wanted) { return kRows[row].keyword < wanted; });
  return found != kByKeyword.end() && kRows[*found].keyword == keyword ? &kRows[*found] : nullptr;
}

Vr implicit_vr(Tag tag) {
  if (tag.element() == 0) {
    return Vr::UL;  // group length (PS3.5 7.2)
  }
  if (tag.is_private()) {
    return tag.element() >= 0x10 && tag.element() <= 0xFF ? Vr::LO : Vr::UN;  // private creator (PS3.5 7.8.1)
  }
  const DictionaryRow* row = find_tag(tag);
  return row ? row->vr : Vr::UN;
}

}  // namespace tessera::dicom
