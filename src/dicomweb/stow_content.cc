#include "dicomweb/stow_content.h"

#include <string_view>

#include "net/media_type.h"

namespace tessera::dicomweb {

Result<BodyKind> read_content_type(const net::Request& request, Profile profile) {
  const std::string_view text = request.field("Content-Type");
  const auto type = net::parse_media_type(text);
  if (!type.ok()) {
    return Status(Code::Unsupported,
                  "store: the Content-Type is missing or malformed; send application/dicom or "
                  "multipart/related; type=\"application/dicom\"");
  }
  if (const std::string_view coding = request.field("Content-Encoding"); !coding.empty() && coding != "identity") {
    return Status(Code::Unsupported, "store: Content-Encoding '" + std::string(coding.substr(0, 40)) +
                                         "' is not taken; send the bytes as they are");
  }
  BodyKind kind;
  if (type->type == "application/dicom") {
    if (!type->parameters.empty() && profile != Profile::Standard) {
      return Status(Code::Unsupported, "store: a single part is exactly application/dicom, without parameters");
    }
    return kind;
  }
  if (type->type != "multipart/related") {
    return Status(Code::Unsupported, "store: Content-Type '" + type->type +
                                         "' is not application/dicom or "
                                         "multipart/related; type=\"application/dicom\"");
  }
  kind.multipart = true;
  kind.boundary = std::string(type->parameter("boundary"));
  kind.root_type = std::string(type->parameter("type"));
  if (kind.boundary.empty() || kind.boundary.size() > 70) {
    return Status(Code::Unsupported, "store: multipart/related needs a boundary of 1 to 70 characters");
  }
  if (!type->parameter("start").empty()) {
    return Status(Code::InvalidArgument, "store: the start parameter of multipart/related is not supported");
  }
  const auto root = net::parse_media_type(kind.root_type);
  kind.metadata = root.ok() && root->type == kDicomJson;
  if (!kind.root_type.empty() && !kind.metadata && !(root.ok() && root->type == "application/dicom")) {
    return Status(Code::Unsupported, "store: multipart/related of type '" + kind.root_type +
                                         "'; only application/dicom and application/dicom+json are taken");
  }
  return kind;
}

}  // namespace tessera::dicomweb
