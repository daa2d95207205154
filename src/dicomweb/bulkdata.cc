// GET …/instances/{instance}/bulkdata/{path}, the address that metadata gives for values above 1 KiB
//   200  the value's bytes, as one part or multipart/related · 206, 416 ranges of one part · 304 · 404 · 406
#include "archive/metadata.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/single_part.h"
#include "net/multipart.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

Status answer(const ArchiveParts& parts, Exchange& exchange) {
  TRY_ASSIGN(const std::string path, net::percent_decode(exchange.tail));
  TRY_ASSIGN(const Representation as, negotiate_bulkdata(accept_text(exchange.request)));
  TRY_ASSIGN(const auto located, parts.locator.locate(exchange.scope, exchange.visibility()));
  const Validator validator{.etag = "\"" + std::to_string(located->row.watermark) + (as.multipart ? "bm\"" : "b\""),
                            .watermark = located->row.watermark};
  TRY_ASSIGN(Rope value, archive::bulk_value(parts.blobs, located->row, path, located->content));
  if (matches_none(exchange.request, validator.etag)) {
    exchange.send(not_modified(exchange.request, validator));
    return {};
  }
  if (!as.multipart) {
    exchange.send(single_part(exchange.request, validator, as.media_type, std::move(value)));
    return {};
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  const std::string boundary = net::random_boundary();
  response.set("Content-Type", "multipart/related; type=\"" + as.media_type + "\"; boundary=" + boundary);
  net::MultipartRope body(boundary);
  body.add("Content-Type: " + as.media_type + "\r\nContent-Location: " +
               archive::instance_url(exchange.base_url(), located->row.key) + "/bulkdata/" + path + "\r\n",
           std::move(value));
  response.body = body.finish();
  exchange.send(std::move(response));
  return {};
}

}  // namespace

Sink retrieve_bulkdata(const ArchiveParts& parts, ExchangePtr exchange) {
  answer_on(parts.readers, exchange, [&parts, exchange] { return answer(parts, *exchange); });
  return nullptr;
}

}  // namespace tessera::dicomweb
