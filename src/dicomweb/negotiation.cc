#include "dicomweb/negotiation.h"

#include <algorithm>
#include <vector>

#include "net/content_coding.h"
#include "net/field_text.h"
#include "net/media_type.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

constexpr std::string_view kOctetStream = "application/octet-stream";
constexpr std::string_view kDicom = "application/dicom";

// One alternative of an Accept, with multipart/related looked through.
struct Wish {
  bool multipart = false;
  net::MediaType inner;         // what the part or the body should be; may hold wildcards
  std::string transfer_syntax;  // empty: none named
};

// type="image/jpeg", and some put the transfer syntax inside the quotes as well.
void read_inner(std::string_view type, Wish& wish) {
  Result<net::MediaType> inner = net::parse_media_type(type.empty() ? "*/*" : type);
  if (!inner.ok()) {
    wish.inner.type = std::string(type);  // matches nothing
    return;
  }
  if (wish.transfer_syntax.empty()) {
    wish.transfer_syntax = std::string(inner->parameter("transfer-syntax"));
  }
  wish.inner = std::move(*inner);
}

Wish read_wish(const net::MediaType& asked) {
  Wish wish;
  wish.inner = asked;
  wish.transfer_syntax = std::string(asked.parameter("transfer-syntax"));
  if (asked.type == "multipart/related") {
    wish.multipart = true;
    read_inner(asked.parameter("type"), wish);
  } else if (asked.type == "multipart/*") {
    wish.multipart = true;
    wish.inner.type = "*/*";
  }
  return wish;
}

bool admits(const Wish& wish, std::string_view stored_syntax) {
  return wish.transfer_syntax.empty() || wish.transfer_syntax == "*" || wish.transfer_syntax == stored_syntax;
}

// image/jpx, image/jpeg and so on are what PS3.18 tables name a codestream over the years.
bool names_frame_type(const Wish& wish, const dicom::TransferSyntax* row) {
  if (row == nullptr || row->frame_media_type.empty() || row->frame_media_type == kOctetStream) {
    return false;
  }
  const bool jpeg2000 = row->frame_media_type == "image/jp2" || row->frame_media_type == "image/jpx";
  const bool asked_jpeg2000 =
      wish.inner.type == "image/jp2" || wish.inner.type == "image/jpx" || wish.inner.type == "image/j2k";
  return wish.inner.covers(row->frame_media_type) || (jpeg2000 && asked_jpeg2000);
}

// All fields of that name as one list (RFC 9110 §5.3).
std::string joined_fields(const net::Request& request, std::string_view lower_name) {
  std::string joined;
  for (const auto& [name, value] : request.fields) {
    if (net::same_word(name, lower_name)) {
      joined += joined.empty() ? "" : ", ";
      joined += value;
    }
  }
  return joined;
}

std::string accept_parameter(std::string_view query) {
  const auto parameters = net::parse_query(query);
  std::string joined;
  if (parameters.ok()) {
    for (const auto& [name, value] : *parameters) {
      if (name == "accept") {
        joined += joined.empty() ? value : ", " + value;
      }
    }
  }
  return joined;
}

Status nothing_fits(std::string_view what, std::string_view stored, std::string_view accept) {
  return Status(Code::NotAcceptable, std::string(what) + " is stored with transfer syntax " + std::string(stored) +
                                         ", which none of the alternatives of Accept '" +
                                         std::string(accept.substr(0, 400)) + "' admits; ask for transfer-syntax=*");
}

}  // namespace

std::string accept_text(const net::Request& request) {
  if (!request.query.empty()) {
    const std::string from_query = accept_parameter(request.query);
    if (!from_query.empty()) {
      return from_query;
    }
  }
  const std::string joined = joined_fields(request, "accept");
  return joined.empty() ? "*/*" : joined;
}

Result<Representation> negotiate_frames(std::string_view accept, std::string_view stored_syntax,
                                        const dicom::TransferSyntax* row, bool several) {
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  bool single_part_only = false;
  for (const net::MediaType& asked : alternatives) {
    const Wish wish = read_wish(asked);
    if (!admits(wish, stored_syntax)) {
      continue;
    }
    const bool anything = wish.inner.type == "*/*";
    const bool image = !anything && names_frame_type(wish, row);
    if (!image && !wish.inner.covers(kOctetStream)) {
      continue;
    }
    // A bare */* means the contract's default: multipart, octet-stream.
    const bool multipart = wish.multipart || anything;
    if (several && !multipart) {
      single_part_only = true;
      continue;
    }
    return Representation{multipart, image ? std::string(row->frame_media_type) : std::string(kOctetStream)};
  }
  if (single_part_only) {
    return Status(Code::InvalidArgument, "several frames cannot be one part; accept multipart/related, or ask for one");
  }
  return nothing_fits("the frame", stored_syntax, accept);
}

Result<Representation> negotiate_instance(std::string_view accept, std::string_view stored_syntax) {
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  for (const net::MediaType& asked : alternatives) {
    const Wish wish = read_wish(asked);
    if (admits(wish, stored_syntax) && wish.inner.covers(kDicom)) {
      return Representation{wish.multipart || wish.inner.type == "*/*", std::string(kDicom)};
    }
  }
  return nothing_fits("the instance", stored_syntax, accept);
}

Result<Representation> negotiate_bulkdata(std::string_view accept) {
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  for (const net::MediaType& asked : alternatives) {
    const Wish wish = read_wish(asked);
    if (wish.inner.covers(kOctetStream)) {
      return Representation{wish.multipart, std::string(kOctetStream)};
    }
  }
  return Status(Code::NotAcceptable, "bulk data comes as application/octet-stream, single part or multipart/related");
}

Status negotiate_json(std::string_view accept) {
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  for (const net::MediaType& asked : alternatives) {
    if (asked.covers("application/dicom+json") || asked.type == "application/json") {
      return {};
    }
  }
  return Status(Code::NotAcceptable, "this resource comes as application/dicom+json");
}

bool accepts_gzip(const net::Request& request) {
  return net::prefers_gzip(joined_fields(request, "accept-encoding"));
}

Status check_request_original(const net::Request& request) {
  constexpr std::string_view kName = "msdicom-request-original";
  if (!request.has_field(kName)) {
    return {};
  }
  const std::string_view value = request.field(kName);
  if (net::same_word(value, "true") || net::same_word(value, "false")) {
    return {};
  }
  return Status(Code::InvalidArgument,
                std::string(kName) + ": '" + std::string(value.substr(0, 40)) + "' is neither true nor false");
}

}  // namespace tessera::dicomweb
