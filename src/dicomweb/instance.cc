// GET …/instances/{instance}
//   200  the Part 10 file byte for byte, as one part or as multipart/related · 304 · 404 · 406 another syntax asked for
#include "archive/metadata.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "net/multipart.h"

namespace tessera::dicomweb {

namespace {

Status answer(const ArchiveParts& parts, Exchange& exchange) {
  TRY_ASSIGN(const auto located, parts.locator.locate(exchange.scope, exchange.visibility()));
  TRY_ASSIGN(const Representation as, negotiate_instance(accept_text(exchange.request), located->row.transfer_syntax));
  const std::string etag = "\"" + std::to_string(located->row.watermark) + (as.multipart ? "m\"" : "\"");
  if (matches_none(exchange.request, etag)) {
    exchange.send(not_modified(exchange.request, located->row.watermark, etag));
    return {};
  }
  net::Response response;
  set_caching(exchange.request, located->row.watermark, etag, response);
  response.set("Vary", "Accept");
  const std::string type = "application/dicom; transfer-syntax=" + located->row.transfer_syntax;
  Rope file;
  file.append(located->blob, ByteRange{0, located->blob->size()});
  if (!as.multipart) {
    response.set("Content-Type", type);
    response.body = std::move(file);
  } else {
    const std::string boundary = net::random_boundary();
    response.set("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary);
    net::MultipartRope body(boundary);
    body.add("Content-Type: " + type +
                 "\r\nContent-Location: " + archive::instance_url(exchange.base_url(), located->row.key) + "\r\n",
             std::move(file));
    response.body = body.finish();
  }
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
