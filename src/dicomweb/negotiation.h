// Content negotiation: which representation of frames, instances, bulk data and metadata an Accept asks for.
//
// The rule (design §4.8): an alternative that admits the stored transfer syntax is the answer, whatever its place;
// without one, the first by q that asks for a syntax into which the pixels go without loss; a lossy one only where the
// request names a quality; else 406. An alternative without transfer-syntax admits what is stored, but
// application/octet-stream of a single-frame instance is the contract's explicit little endian. Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/metadata.h"
#include "base/result.h"
#include "catalog/instances.h"
#include "dicom/transfer_syntax.h"
#include "net/http.h"

namespace tessera::dicomweb {

struct Representation {
  bool multipart = false;
  std::string media_type;   // of the body or of each part: "image/jpeg", "application/octet-stream"
  std::string syntax = {};  // transfer syntax to be made; empty: as stored
  int quality = 0;          // of a lossy one
};

// What is stored, and what could be made of it.
struct Stored {
  std::string_view syntax;
  const dicom::TransferSyntax* row = nullptr;  // of it; nullptr where there is none
  bool single_frame = false;
  // Ok when pixels can be had in that syntax, NotAcceptable saying why not; may block. Without it nothing is made.
  std::function<Status(const std::string& syntax)> can_make = {};
  int quality = 0;  // that the request names; 0: none
};

// All Accept fields of the request joined, or the `accept` query parameter (PS3.18 §8.3.3.1), or "*/*" when there is
// none.
std::string accept_text(const net::Request& request);

// `several`: more than one frame was asked for, so that a single part will not do.
Result<Representation> negotiate_frames(std::string_view accept, const Stored& stored, bool several);
// `several`: a study or series, which is never one part. kZip where the caller names it and prefers it.
Result<Representation> negotiate_instance(std::string_view accept, const Stored& stored, bool several = false);
// The quality parameter (PS3.18 §8.3.5.1.2), 1 to 100; 0 where there is none. InvalidArgument for another.
Result<int> asked_quality(const net::Request& request);
Result<Representation> negotiate_bulkdata(std::string_view accept);
// What negotiate_instance answers where the caller wants an archive.
inline constexpr std::string_view kZip = "application/zip";
// Whether application/dicom+json is welcome: NotAcceptable when not.
Status negotiate_json(std::string_view accept);

// Of metadata: whether it is to be application/dicom+xml, in parts, rather than application/dicom+json.
Result<bool> negotiate_metadata_xml(std::string_view accept);

// Whether a JSON answer should go out as gzip: all Accept-Encoding fields joined.
bool accepts_gzip(const net::Request& request);
// The same where there is zstd, too.
archive::MetadataCoding choose_coding(const net::Request& request);
// Content-Encoding, where there is one; returns what an entity tag ends in: "-gzip", "-zstd" or nothing.
std::string set_coding(archive::MetadataCoding coding, net::Response& response);
// What such an answer depends on.
inline constexpr std::string_view kVaryOfJson = "Accept, Accept-Encoding";

// msdicom-request-original (service-api §2) asks for the version that was stored first; no instance here has another,
// so both answers are the same bytes. InvalidArgument when it is neither true nor false: a client that asks for the
// original should not be given something else for a slip of the pen.
Status check_request_original(const net::Request& request);

}  // namespace tessera::dicomweb
