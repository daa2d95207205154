// GET …/instances/{instance}
//   200  the Part 10 file byte for byte, as one part or as multipart/related · 206, 416 ranges of one part
//   304  If-None-Match holds · 400 msdicom-request-original neither true nor false · 404 · 406 another syntax asked for
#include "archive/metadata.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/single_part.h"
#include "net/multipart.h"

namespace tessera::dicomweb {

namespace {

Status answer(const ArchiveParts& parts, Exchange& exchange) {
  RETURN_IF_ERROR(check_request_original(exchange.request));
  TRY_ASSIGN(const auto located, parts.locator.locate(exchange.scope, exchange.visibility()));
  TRY_ASSIGN(const Representation as,
             negotiate_instance(accept_text(exchange.request), {located->row.transfer_syntax}));
  const Validator validator{.etag = "\"" + std::to_string(located->row.watermark) + (as.multipart ? "m\"" : "\""),
                            .watermark = located->row.watermark};
  if (matches_none(exchange.request, validator.etag)) {
    exchange.send(not_modified(exchange.request, validator));
    return {};
  }
  const std::string type = "application/dicom; transfer-syntax=" + located->row.transfer_syntax;
  Rope file;
  file.append(located->blob, ByteRange{0, located->blob->size()});
  if (!as.multipart) {
    exchange.send(single_part(exchange.request, validator, type, std::move(file)));
    return {};
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  const std::string boundary = net::random_boundary();
  response.set("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary);
  net::MultipartRope body(boundary);
  body.add("Content-Type: " + type +
               "\r\nContent-Location: " + archive::instance_url(exchange.base_url(), located->row.key) + "\r\n",
           std::move(file));
  response.body = body.finish();
  exchange.send(std::move(response));
  return {};
}

}  // namespace

Sink retrieve_instance(const ArchiveParts& parts, ExchangePtr exchange) {
  parts.readers.post([&parts, exchange] {
    const Status status = answer(parts, *exchange);
    if (!status.ok()) {
      exchange->fail(status);
    }
  });
  return nullptr;
}

}  // namespace tessera::dicomweb
