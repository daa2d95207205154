// GET …/metadata at study, series and instance level
//   200  application/dicom+json, streamed, gzip where accepted; absolute BulkDataURIs
//   304  If-None-Match holds (the tag is the hash of which versions of which instances the caller sees, per coding)
//   400  msdicom-request-original neither true nor false · 404 · 406
#include "archive/metadata.h"

#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/versions.h"

namespace tessera::dicomweb {

namespace {

Status answer(const ArchiveParts& parts, Exchange& exchange) {
  RETURN_IF_ERROR(check_request_original(exchange.request));
  RETURN_IF_ERROR(negotiate_json(accept_text(exchange.request)));
  TRY_ASSIGN(auto rows, parts.instances.list(exchange.scope, exchange.visibility()));
  const bool gzip = accepts_gzip(exchange.request);
  const Validator validator{.etag = versions_etag("m", rows, gzip ? "-gzip" : ""), .vary = kVaryOfJson};
  if (matches_none(exchange.request, validator.etag)) {
    exchange.send(not_modified(exchange.request, validator));
    return {};
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  response.set("Content-Type", "application/dicom+json");
  if (gzip) {
    response.set("Content-Encoding", "gzip");
  }
  response.body = archive::stream_metadata(std::move(rows), exchange.base_url(), gzip, parts.blobs, parts.readers);
  exchange.send(std::move(response));
  return {};
}

}  // namespace

Sink retrieve_metadata(const ArchiveParts& parts, ExchangePtr exchange) {
  parts.readers.post([&parts, exchange] {
    const Status status = answer(parts, *exchange);
    if (!status.ok()) {
      exchange->fail(status);
    }
  });
  return nullptr;
}

}  // namespace tessera::dicomweb
