// Content negotiation: which representation of frames, instances, bulk data and metadata an Accept asks for.
//
// The rule (design §4.8): the first alternative, by q, that admits the stored transfer syntax is the answer, whatever
// its order at equal q; without one, 406. An alternative without transfer-syntax admits what is stored. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dicom/transfer_syntax.h"
#include "net/http.h"

namespace tessera::dicomweb {

struct Representation {
  bool multipart = false;
  std::string media_type;  // of the body or of each part: "image/jpeg", "application/octet-stream"
};

// All Accept fields of the request joined, or the `accept` query parameter (PS3.18 §8.3.3.1), or "*/*" when there is
// none.
std::string accept_text(const net::Request& request);

// `several`: more than one frame was asked for, so that a single part will not do.
Result<Representation> negotiate_frames(std::string_view accept, std::string_view stored_syntax,
                                        const dicom::TransferSyntax* row, bool several);
Result<Representation> negotiate_instance(std::string_view accept, std::string_view stored_syntax);
Result<Representation> negotiate_bulkdata(std::string_view accept);
// Whether application/dicom+json is welcome: NotAcceptable when not.
Status negotiate_json(std::string_view accept);

// Whether a JSON answer should go out as gzip: all Accept-Encoding fields joined.
bool accepts_gzip(const net::Request& request);
// What such an answer depends on.
inline constexpr std::string_view kVaryOfJson = "Accept, Accept-Encoding";

// msdicom-request-original (service-api §2) asks for the version that was stored first; no instance here has another,
// so both answers are the same bytes. InvalidArgument when it is neither true nor false: a client that asks for the
// original should not be given something else for a slip of the pen.
Status check_request_original(const net::Request& request);

}  // namespace tessera::dicomweb
