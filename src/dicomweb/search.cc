// GET /studies, /series, /instances and their narrower forms (QIDO-RS)
//   200  application/dicom+json array · 204 nothing matches · 400 the query · 406
#include "archive/metadata.h"
#include "archive/sidecars.h"
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

Status answer(const ArchiveParts& parts, Exchange& exchange, Level level) {
  RETURN_IF_ERROR(negotiate_json(accept_text(exchange.request)));
  TRY_ASSIGN(const Search search, parse_search(exchange.request.query, level, exchange.scope, exchange.profile));
  TRY_ASSIGN(const auto rows, parts.instances.search(search.query, exchange.visibility()));
  net::Response response;
  response.set("Cache-Control", "no-cache");
  if (rows.empty()) {
    response.status = 204;
    exchange.send(std::move(response));
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
  response.set("Content-Type", "application/dicom+json");
  response.body = std::move(body);
  exchange.send(std::move(response));
  return {};
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
