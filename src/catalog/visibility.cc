#include "catalog/visibility.h"

#include <algorithm>

namespace tessera::catalog {

std::string_view image_flavor_name(ImageFlavor flavor) {
  switch (flavor) {
    case ImageFlavor::Volume:
      return "VOLUME";
    case ImageFlavor::Label:
      return "LABEL";
    case ImageFlavor::Overview:
      return "OVERVIEW";
    case ImageFlavor::Thumbnail:
      return "THUMBNAIL";
    case ImageFlavor::None:
      break;
  }
  return "";
}

bool StudyClause::names(std::string_view study) const {
  return std::find(studies.begin(), studies.end(), study) != studies.end() ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [study](const std::string& prefix) { return study.starts_with(prefix); });
}

FlavorSet Visibility::flavors_in(std::string_view study) const {
  FlavorSet flavors = everywhere;
  for (const StudyClause& clause : clauses) {
    flavors |= clause.names(study) ? clause.flavors : kNoFlavors;
  }
  return flavors;
}

}  // namespace tessera::catalog
