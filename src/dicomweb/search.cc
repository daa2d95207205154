// GET /studies, /series, /instances and their narrower forms (QIDO-RS)
//   200  application/dicom+json array, gzip where accepted; the ETag is the hash of the array, per content-coding
//        X-Total-Count where it was asked for, Warning 299 where there is more than the answer holds
//   304  If-None-Match holds · 204 nothing matches · 400 the query · 406 · 503 the index of a key is being made, or
//   time
//        is up
#include <algorithm>
#include <cstdio>

#include "archive/blob_header.h"
#include "archive/metadata.h"
#include "archive/sidecars.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/search_answer.h"
#include "dicomweb/search_query.h"
#include "net/field_text.h"

namespace tessera::dicomweb {

namespace {

using catalog::Level;

// Metadata larger than this is not searched for extra attributes: per-frame groups would make a row of hundreds of MB.
constexpr std::uint64_t kMaxExtraJson = 8 * 1024 * 1024;
// An answer is cut before it is larger.
constexpr std::size_t kMaxAnswer = 64 * 1024 * 1024;

// What of an instance was asked for that its row does not hold: group 0002 from the file itself, all else from its
// metadata; empty otherwise.
Result<std::vector<std::string>> extra_attributes(const ArchiveParts& parts, const Exchange& exchange,
                                                  const Search& search, const catalog::SearchRow& row) {
  std::vector<std::string> extra;
  const std::vector<dicom::Tag> missing = missing_attributes(search, row);
  if (missing.empty()) {
    return extra;
  }
  const auto in_file_meta = [](dicom::Tag tag) { return tag.group() == 0x0002; };
  TRY_ASSIGN(
      const catalog::InstanceRow instance,
      parts.instances.find({row.key.partition, row.key.study, row.key.series, row.key.sop}, exchange.visibility()));
  if (std::any_of(missing.begin(), missing.end(), in_file_meta)) {
    TRY_ASSIGN(const auto blob, parts.blobs.open(instance.blob_key));
    TRY_ASSIGN(std::string json, archive::file_meta_json(*blob));
    extra.push_back(std::move(json));
  }
  if (!std::all_of(missing.begin(), missing.end(), in_file_meta)) {
    TRY_ASSIGN(const archive::MetadataFile file, archive::open_metadata(parts.blobs, instance));
    auto json = file.json(archive::instance_url(exchange.base_url(), instance.key) + "/bulkdata/",
                          "?v=" + std::to_string(instance.watermark), kMaxExtraJson);
    if (json.ok()) {
      extra.push_back(std::move(*json));
    } else if (json.status().code() != Code::TooLarge) {
      return json.status();
    }
  }
  return extra;
}

// RFC 7240: the total costs a walk over all that matches, so it is told to who asks.
bool prefers_count(const net::Request& request) {
  for (const auto& [name, value] : request.fields) {
    std::string_view rest = net::same_word(name, "Prefer") ? value : std::string_view();
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (net::same_word(net::without_blanks(rest.substr(0, comma)), "count=exact")) {
        return true;
      }
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

struct Answer {
  std::string body;
  bool cut = false;  // there is more, and the client did not say how much it wants
};

Result<Answer> make_answer(const ArchiveParts& parts, const Exchange& exchange, const Search& search) {
  catalog::SearchQuery query = search.query;
  query.limit += search.limit_is_ours ? 1 : 0;
  TRY_ASSIGN(auto rows, parts.instances.search(query, exchange.visibility()));
  Answer answer;
  answer.cut = rows.size() > search.query.limit;
  if (answer.cut) {
    rows.pop_back();
  }
  const std::string base_url = exchange.base_url();
  for (const catalog::SearchRow& row : rows) {
    const auto extra = extra_attributes(parts, exchange, search, row);
    if (!extra.ok() && extra.status().code() != Code::NotFound) {  // it was deleted since it was found
      return extra.status();
    }
    TRY_ASSIGN(const std::string object,
               answer_row(search, row, exchange.profile, base_url, extra.ok() ? *extra : std::vector<std::string>()));
    if (answer.body.size() + object.size() > kMaxAnswer && !answer.body.empty()) {
      answer.cut = true;
      break;
    }
    answer.body += answer.body.empty() ? "[" : ",";
    answer.body += object;
  }
  answer.body += answer.body.empty() ? "" : "]";
  return answer;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

void add_fields(const Fields& fields, net::Response& response) {
  response.fields.insert(response.fields.end(), fields.begin(), fields.end());
}

Status send_array(Exchange& exchange, std::string body, const Fields& fields) {
  const bool packed = accepts_gzip(exchange.request);
  char hash[20];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(xxh3_of(as_bytes(body))));
  const Validator validator{.etag = "\"q" + std::string(hash) + (packed ? "-gzip\"" : "\""), .vary = kVaryOfJson};
  if (matches_none(exchange.request, validator.etag)) {
    net::Response unchanged = not_modified(exchange.request, validator);
    add_fields(fields, unchanged);
    exchange.send(std::move(unchanged));
    return {};
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  add_fields(fields, response);
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
  Fields fields;
  if (search.count || prefers_count(exchange.request)) {
    TRY_ASSIGN(const std::uint64_t total, parts.instances.count(search.query, exchange.visibility()));
    fields.emplace_back("X-Total-Count", std::to_string(total));
  }
  TRY_ASSIGN(Answer answer, make_answer(parts, exchange, search));
  if (answer.cut) {
    fields.emplace_back("Warning",
                        "299 tessera \"The answer holds fewer results than there are; ask for more with offset.\"");
  }
  if (answer.body.empty()) {
    net::Response nothing;
    nothing.status = 204;
    nothing.set("Cache-Control", "private, no-cache");
    add_fields(fields, nothing);
    exchange.send(std::move(nothing));
    return {};
  }
  return send_array(exchange, std::move(answer.body), fields);
}

// Later it can be answered, and the sentence says why not now.
net::Response come_again(const Status& status) {
  net::Response response;
  response.status = 503;
  response.set("Content-Type", "text/plain; charset=utf-8");
  response.set("Cache-Control", "no-store");
  response.set("Retry-After", "10");
  response.body = std::string(status.message()) + "\n";
  return response;
}

Sink search_at(const ArchiveParts& parts, ExchangePtr exchange, Level level) {
  parts.readers.post([&parts, exchange, level] {
    const Status status = answer(parts, *exchange, level);
    if (status.code() == Code::Unavailable) {
      exchange->send(come_again(status));
    } else if (!status.ok()) {
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
