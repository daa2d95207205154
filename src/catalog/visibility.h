// Visibility: which instances of one partition a request may touch. Made by auth from the grants that apply, taken by
// every search, count, list, retrieve, store and delete, so that what one may not see appears nowhere. A plain value.
//
// There is no partition in it: a request names one, and whether anything at all is granted there was decided by its
// name, before its number was known. Every look-up is inside one partition already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::catalog {

// ImageType value 3, stored at ingest. None: whatever is no slide image, and values that PS3.3 C.8.12.4 does not list.
enum class ImageFlavor : std::uint8_t { None, Volume, Label, Overview, Thumbnail };
std::string_view image_flavor_name(ImageFlavor flavor);  // "VOLUME"; "" for None

using FlavorSet = std::uint8_t;  // a bit for each ImageFlavor
constexpr FlavorSet flavor_bit(ImageFlavor flavor) {
  return static_cast<FlavorSet>(1u << static_cast<unsigned>(flavor));
}
inline constexpr FlavorSet kNoFlavors = 0;
inline constexpr FlavorSet kAllFlavors = 31;
// They show the slide's label, and with it names and numbers of patients: what grants must name.
inline constexpr FlavorSet kLabelFlavors = flavor_bit(ImageFlavor::Label) | flavor_bit(ImageFlavor::Overview);
inline constexpr FlavorSet kOrdinaryFlavors = kAllFlavors & ~kLabelFlavors;

// What one may see of some studies.
struct StudyClause {
  FlavorSet flavors = kNoFlavors;
  std::vector<std::string> studies;   // StudyInstanceUIDs
  std::vector<std::string> prefixes;  // "1.2.3.": every study whose UID begins so

  bool names(std::string_view study) const;
};

// A union: everywhere, and beyond it what any clause gives.
struct Visibility {
  FlavorSet everywhere = kNoFlavors;  // in every study
  std::vector<StudyClause> clauses;   // empty in the ordinary case: then there is nothing to allocate or compare

  static Visibility everything() { return {kAllFlavors, {}}; }
  bool sees_everything() const { return everywhere == kAllFlavors; }
  bool sees_nothing() const { return everywhere == kNoFlavors && clauses.empty(); }

  FlavorSet flavors_in(std::string_view study) const;
  bool sees(std::string_view study, ImageFlavor flavor) const {
    return ((everywhere | (clauses.empty() ? kNoFlavors : flavors_in(study))) & flavor_bit(flavor)) != 0;
  }
};

}  // namespace tessera::catalog
