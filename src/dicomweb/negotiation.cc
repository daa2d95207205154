#include "dicomweb/negotiation.h"

#include <algorithm>
#include <charconv>
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

bool names_no_syntax(const Wish& wish) {
  return wish.transfer_syntax.empty() || wish.transfer_syntax == "*";
}

bool admits(const Wish& wish, std::string_view syntax) {
  return names_no_syntax(wish) || wish.transfer_syntax == syntax;
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

// What a frame of that syntax is called where the wish has it; empty where it has not. A bare */* is octets.
std::string_view frame_type_of(const Wish& wish, const dicom::TransferSyntax* row) {
  if (wish.inner.type != "*/*" && names_frame_type(wish, row)) {
    return row->frame_media_type;
  }
  return wish.inner.covers(kOctetStream) ? kOctetStream : std::string_view();
}

// The contract's default: octets without a word of their syntax are plain pixels. Of many frames they are what is
// stored: nobody decodes a slide by an oversight.
bool means_plain(const Wish& wish, const Stored& stored) {
  return stored.single_frame && wish.transfer_syntax.empty() && wish.inner.type == kOctetStream &&
         stored.row != nullptr && stored.row->encapsulated;
}

// The syntax of a media type that names none (PS3.18 table 8.7.3-5 as far as it is made here).
std::string default_syntax(const Wish& wish, const Stored& stored) {
  struct Default {
    std::string_view type, syntax;
  };
  constexpr Default kDefaults[] = {{kOctetStream, dicom::kExplicitLittleEndian},
                                   {"image/jp2", "1.2.840.10008.1.2.4.90"},
                                   {"image/jls", "1.2.840.10008.1.2.4.80"},
                                   {"image/jphc", "1.2.840.10008.1.2.4.201"},
                                   {"image/jpeg", dicom::kJpegBaseline}};
  if (wish.inner.type == "image/jxl" && stored.syntax == dicom::kJpegBaseline) {
    return "1.2.840.10008.1.2.4.111";
  }
  for (const Default& row : kDefaults) {
    if (wish.inner.type == row.type) {
      return std::string(row.syntax);
    }
  }
  return {};
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

Status nothing_fits(std::string_view what, const Stored& stored, std::string_view accept, const Status& why_not) {
  return Status(Code::NotAcceptable,
                std::string(what) + " is stored with transfer syntax " + std::string(stored.syntax) +
                    ", and none of the alternatives of Accept '" + std::string(accept.substr(0, 400)) +
                    "' admits it or one that can be made of it" +
                    (why_not.ok() ? "" : " (" + std::string(why_not.message()) + ")") + "; ask for transfer-syntax=*");
}

// The alternatives whose body or part `type_of` names, one after the other: what is stored, then what can be made.
using TypeOf = std::function<std::string_view(const Wish& wish, const dicom::TransferSyntax* row)>;

// Nothing of the stored kind among them.
std::optional<Representation> as_stored(const std::vector<Wish>& wishes, const Stored& stored, const TypeOf& type_of) {
  for (const Wish& wish : wishes) {
    if (!admits(wish, stored.syntax) || means_plain(wish, stored)) {
      continue;
    }
    const std::string_view type = type_of(wish, stored.row);
    if (!type.empty()) {
      return Representation{wish.multipart || wish.inner.type == "*/*", std::string(type), {}, 0};
    }
  }
  return std::nullopt;
}

std::optional<Representation> as_made(const std::vector<Wish>& wishes, const Stored& stored, const TypeOf& type_of,
                                      Status& why_not) {
  for (const Wish& wish : wishes) {
    const std::string syntax = names_no_syntax(wish) ? default_syntax(wish, stored) : std::string(wish.transfer_syntax);
    const dicom::TransferSyntax* row = dicom::find_transfer_syntax(syntax);
    const std::string_view type = row == nullptr ? std::string_view() : type_of(wish, row);
    if (type.empty()) {
      continue;
    }
    const Status can = stored.can_make(syntax);
    if (can.ok()) {
      const int quality = row->lossy_possible ? stored.quality : 0;
      return Representation{wish.multipart || wish.inner.type == "*/*", std::string(type), syntax, quality};
    }
    why_not = why_not.ok() ? can : why_not;
  }
  return std::nullopt;
}

// Octets of a single frame that could not be made plain are what is stored after all.
std::vector<Wish> with_stored_allowed(std::vector<Wish> wishes) {
  for (Wish& wish : wishes) {
    wish.transfer_syntax = wish.transfer_syntax.empty() ? "*" : wish.transfer_syntax;
  }
  return wishes;
}

Result<Representation> negotiate(std::string_view what, std::string_view accept, const std::vector<Wish>& wishes,
                                 const Stored& stored, const TypeOf& type_of) {
  if (auto found = as_stored(wishes, stored, type_of)) {
    return *found;
  }
  Status why_not;
  if (stored.can_make) {
    if (auto found = as_made(wishes, stored, type_of, why_not)) {
      return *found;
    }
    if (auto found = as_stored(with_stored_allowed(wishes), stored, type_of)) {
      return *found;
    }
  }
  return nothing_fits(what, stored, accept, why_not);
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

Result<Representation> negotiate_frames(std::string_view accept, const Stored& stored, bool several) {
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  std::vector<Wish> wishes;
  bool single_part_only = false;
  for (const net::MediaType& asked : alternatives) {
    Wish wish = read_wish(asked);
    if (!several || wish.multipart || wish.inner.type == "*/*") {
      wishes.push_back(std::move(wish));
    } else {
      single_part_only = single_part_only || !frame_type_of(wish, stored.row).empty();
    }
  }
  Result<Representation> found = negotiate("the frame", accept, wishes, stored, frame_type_of);
  if (!found.ok() && single_part_only) {
    return Status(Code::InvalidArgument, "several frames cannot be one part; accept multipart/related, or ask for one");
  }
  return found;
}

Result<Representation> negotiate_instance(std::string_view accept, const Stored& stored, bool several) {
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  std::vector<Wish> wishes;
  bool zip = false;  // named, not by a wildcard; what is liked less than that is not looked at
  for (const net::MediaType& asked : alternatives) {
    zip = asked.type == kZip;
    if (zip) {
      break;
    }
    Wish wish = read_wish(asked);
    if (!several || wish.multipart || wish.inner.type == "*/*") {
      wishes.push_back(std::move(wish));
    }
  }
  if (wishes.empty() && !zip) {
    return Status(Code::NotAcceptable,
                  "a study or series comes as multipart/related; type=\"application/dicom\", or as application/zip");
  }
  Result<Representation> found =
      negotiate("the instance", accept, wishes, stored, [](const Wish& wish, const dicom::TransferSyntax*) {
        return wish.inner.covers(kDicom) ? kDicom : std::string_view();
      });
  return !found.ok() && zip ? Representation{false, std::string(kZip)} : std::move(found);
}

Result<int> asked_quality(const net::Request& request) {
  TRY_ASSIGN(const auto parameters, net::parse_query(request.query));
  for (const auto& [name, value] : parameters) {
    if (name == "quality") {
      int quality = 0;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), quality);
      if (read.ec != std::errc() || read.ptr != value.data() + value.size() || quality < 1 || quality > 100) {
        return Status(Code::InvalidArgument, "quality: '" + value.substr(0, 40) + "' is no number from 1 to 100");
      }
      return quality;
    }
  }
  return 0;
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

Result<bool> negotiate_metadata_xml(std::string_view accept) {
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  for (const net::MediaType& asked : alternatives) {
    if (asked.covers("application/dicom+json") || asked.type == "application/json") {
      return false;
    }
    if (read_wish(asked).inner.type == "application/dicom+xml") {
      return true;
    }
  }
  return Status(Code::NotAcceptable,
                "metadata comes as application/dicom+json, or as multipart/related; type=\"application/dicom+xml\"");
}

bool accepts_gzip(const net::Request& request) {
  return net::prefers_gzip(joined_fields(request, "accept-encoding"));
}

archive::MetadataCoding choose_coding(const net::Request& request) {
  switch (net::preferred_coding(joined_fields(request, "accept-encoding"))) {
    case net::ContentCoding::Gzip:
      return archive::MetadataCoding::Gzip;
    case net::ContentCoding::Zstd:
      return archive::MetadataCoding::Zstd;
    case net::ContentCoding::Identity:
      break;
  }
  return archive::MetadataCoding::Identity;
}

std::string set_coding(archive::MetadataCoding coding, net::Response& response) {
  if (coding == archive::MetadataCoding::Identity) {
    return {};
  }
  const std::string name = coding == archive::MetadataCoding::Gzip ? "gzip" : "zstd";
  response.set("Content-Encoding", name);
  return "-" + name;
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
