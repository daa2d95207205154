// GET …/instances/{instance}
//   200  the Part 10 file byte for byte or in another transfer syntax, as one part or as multipart/related; in a ZIP
//   archive 206, 416 ranges of one part as stored · 304  If-None-Match holds 400  msdicom-request-original neither true
//   nor false, a quality that is none · 404 406  a syntax that it is not stored in and cannot be had in, or a first
//   frame that cannot be decoded
#include <optional>

#include "archive/metadata.h"
#include "archive/whole_instances.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/instance_parts.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/pieces.h"
#include "dicomweb/single_part.h"
#include "dicomweb/transcoding.h"
#include "net/multipart.h"

namespace tessera::dicomweb {

namespace {

// Made while it goes out: neither length nor ranges.
Status send_made(const ArchiveParts& parts, Exchange& exchange, const archive::Located& located,
                 const Representation& as, const Validator& validator) {
  std::optional<std::string> boundary;
  if (as.multipart) {
    boundary = net::random_boundary();
  }
  auto body = std::make_shared<InstanceParts>(parts, exchange, std::vector<InstancePart>{{located.row, as}}, boundary);
  RETURN_IF_ERROR(body->begin());
  net::Response response;
  set_caching(exchange.request, validator, response);
  response.set("Content-Type", boundary ? "multipart/related; type=\"application/dicom\"; boundary=" + *boundary
                                        : "application/dicom; transfer-syntax=" + as.syntax);
  response.body = stream_pieces([body] { return body->next(); }, parts.transcoders);
  exchange.send(std::move(response));
  return {};
}

void send_stored(Exchange& exchange, const archive::Located& located, const Representation& as,
                 const Validator& validator) {
  const std::string type = "application/dicom; transfer-syntax=" + located.row.transfer_syntax;
  Rope file;
  file.append(located.blob, ByteRange{0, located.blob->size()});
  if (!as.multipart) {
    exchange.send(single_part(exchange.request, validator, type, std::move(file)));
    return;
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  const std::string boundary = net::random_boundary();
  response.set("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary);
  net::MultipartRope body(boundary);
  body.add("Content-Type: " + type +
               "\r\nContent-Location: " + archive::instance_url(exchange.base_url(), located.row.key) + "\r\n",
           std::move(file));
  response.body = body.finish();
  exchange.send(std::move(response));
}

void send_zip(const ArchiveParts& parts, Exchange& exchange, const archive::Located& located,
              const Validator& validator) {
  net::Response response;
  set_caching(exchange.request, validator, response);
  set_zip(located.row.key.sop, response);
  response.body = archive::stream_zip({located.row}, parts.blobs, parts.readers);
  exchange.send(std::move(response));
}

Status answer(const ArchiveParts& parts, const ExchangePtr& exchange) {
  RETURN_IF_ERROR(check_request_original(exchange->request));
  TRY_ASSIGN(const auto located, parts.locator.locate(exchange->scope, exchange->visibility()));
  TRY_ASSIGN(Stored stored, stored_of(exchange->request, *located, nullptr));
  stored.can_make = [&](const std::string& syntax) {
    return archive::check_instance(parts.transcoder, *located, syntax, stored.quality);
  };
  TRY_ASSIGN(const Representation as, negotiate_instance(accept_text(exchange->request), stored));
  const Validator validator{
      .etag = "\"" + std::to_string(located->row.watermark) + (as.multipart ? "m" : "") + form_of(as) + "\"",
      .watermark = located->row.watermark};
  if (matches_none(exchange->request, validator.etag)) {
    exchange->send(not_modified(exchange->request, validator));
    return {};
  }
  if (as.media_type == kZip) {
    send_zip(parts, *exchange, *located, validator);
    return {};
  }
  if (as.syntax.empty()) {
    send_stored(*exchange, *located, as, validator);
    return {};
  }
  answer_on(parts.transcoders, exchange, [&parts, exchange, located, as, validator] {
    return send_made(parts, *exchange, *located, as, validator);
  });
  return {};
}

}  // namespace

Sink retrieve_instance(const ArchiveParts& parts, ExchangePtr exchange) {
  answer_on(parts.readers, exchange, [&parts, exchange] { return answer(parts, exchange); });
  return nullptr;
}

}  // namespace tessera::dicomweb
