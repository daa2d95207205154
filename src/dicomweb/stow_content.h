// What the body of a STOW request is, decided from its head. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "dicomweb/profile.h"
#include "net/http.h"

namespace tessera::dicomweb {

inline constexpr std::string_view kDicomJson = "application/dicom+json";

struct BodyKind {
  bool multipart = false;
  bool metadata = false;  // multipart of DICOM JSON and bulk data, not of Part 10 files
  std::string boundary;
  std::string root_type;  // for parts that name none
};

// Unsupported (415) for what is neither DICOM nor related parts of it, and for a content-coding; InvalidArgument (400)
// for a start parameter.
Result<BodyKind> read_content_type(const net::Request& request, Profile profile);

}  // namespace tessera::dicomweb
