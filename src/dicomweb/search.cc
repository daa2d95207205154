// GET /studies, /series, /instances and their narrower forms (QIDO-RS)
//   200  application/dicom+json array, gzip where accepted; the ETag is the hash of the array, per content-coding
//   304  If-None-Match holds · 204 nothing matches · 400 the query · 406
#include <cstdio>

#include "archive/metadata.h"
#include "archive/sidecars.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/search_answer.h"
#include "dicomweb/search_query.h"

namespace tessera::dicomweb {

namespace {

using catalog::Level;

// Metadata larger than this is not searched for extra attributes: per-frame groups would make a row of hundreds of MB.
constexpr std::uint64_t kMaxExtraJson = 8 * 1024 * 1024;

// The instance's metadata, where attributes were asked for that its row does not hold; empty otherwise.
Result<std::string> extra_attributes(const ArchiveParts& parts, const Exchange& exchange, const Search& search,
                                     const catalog::SearchRow& row) {
  if (missing_attributes(search, row).empty()) {
    return std::string();
  }
  TRY_ASSIGN(
      const catalog::InstanceRow instance,
      parts.instances.find({row.key.partition, row.key.study, row.key.series, row.key.sop}, exchange.visibility()));
  TRY_ASSIGN(const archive::MetadataFile file, archive::open_metadata(parts.blobs, instance));
  auto json = file.json(archive::instance_url(exchange.base_url(), instance.key) + "/bulkdata/",
                        "?v=" + std::to_string(instance.watermark), kMaxExtraJson);
  if (!json.ok() && json.status().code() == Code::TooLarge) {
    return std::string();
  }
  return json;
}

Status send_array(Exchange& exchange, std::string body) {
  const bool packed = accepts_gzip(exchange.request);
  char hash[20];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(xxh3_of(as_bytes(body))));
  const Validator validator{.etag = "\"q" + std::string(hash) + (packed ? "-gzip\"" : "\""), .vary = kVaryOfJson};
  if (matches_none(exchange.request, validator.etag)) {
    exchange.send(not_modified(exchange.request, validator));
    return {};
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  response.set("Content-Type", "application/dicom+json");
  if (packed) {
    TRY_ASSIGN(body, gzip(body));
    response.set("Content-Encoding", "gzip");
  }
  response.body = std::move(body);
  exchange.send(std::move(response));
  return {};
}

Status answer(const ArchiveParts& parts, Exchange& exchange, Level level) {
  RETURN_IF_ERROR(negotiate_json(accept_text(exchange.request)));
  TRY_ASSIGN(const Search search, parse_search(exchange.request.query, level, exchange.scope, exchange.profile));
  TRY_ASSIGN(const auto rows, parts.instances.search(search.query, exchange.visibility()));
  if (rows.empty()) {
    net::Response nothing;
    nothing.status = 204;
    nothing.set("Cache-Control", "private, no-cache");
    exchange.send(std::move(nothing));
    return {};
  }
  const std::string base_url = exchange.base_url();
  std::string body = "[";
  for (const catalog::SearchRow& row : rows) {
    TRY_ASSIGN(const std::string extra, extra_attributes(parts, exchange, search, row));
    TRY_ASSIGN(const std::string object, answer_row(search, row, exchange.profile, base_url, extra));
    body += body.size() > 1 ? "," : "";
    body += object;
  }
  body += "]";
  return send_array(exchange, std::move(body));
}

Sink search_at(const ArchiveParts& parts, ExchangePtr exchange, Level level) {
  parts.readers.post([&parts, exchange, level] {
    const Status status = answer(parts, *exchange, level);
    if (!status.ok()) {
      exchange->fail(status);
    }
  });
  return nullptr;
}

}  // namespace

Sink search_studies(const ArchiveParts& parts, ExchangePtr exchange) {
  return search_at(parts, std::move(exchange), Level::Study);
}
Sink search_series(const ArchiveParts& parts, ExchangePtr exchange) {
  return search_at(parts, std::move(exchange), Level::Series);
}
Sink search_instances(const ArchiveParts& parts, ExchangePtr exchange) {
  return search_at(parts, std::move(exchange), Level::Instance);
}

}  // namespace tessera::dicomweb
