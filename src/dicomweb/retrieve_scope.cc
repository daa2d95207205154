// GET /studies/{study}, GET /studies/{study}/series/{series}: every instance of it that may be seen, by series and
// number
//   200  multipart/related; type="application/dicom", each as stored or in another transfer syntax, streamed; or
//        application/zip of the files as they are stored · 304  If-None-Match holds
//   400  msdicom-request-original neither true nor false, a quality that is none · 404
//   406  Accept wants one part, or for an instance (which is named) a syntax that it cannot be had in
#include <algorithm>
#include <cstdio>

#include "archive/metadata.h"
#include "archive/whole_instances.h"
#include "base/hash.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/instance_parts.h"
#include "dicomweb/pieces.h"
#include "dicomweb/transcoding.h"

namespace tessera::dicomweb {

namespace {

// The header of an instance is read only where it is not wanted as stored.
Result<InstancePart> negotiate_part(const ArchiveParts& parts, const Exchange& exchange, const std::string& accept,
                                    int quality, catalog::InstanceRow row) {
  Stored stored;
  stored.syntax = row.transfer_syntax;
  stored.row = dicom::find_transfer_syntax(row.transfer_syntax);
  stored.quality = quality;
  stored.can_make = [&](const std::string& syntax) -> Status {
    TRY_ASSIGN(const auto located, parts.locator.locate({row.key.partition, row.key.study, row.key.series, row.key.sop},
                                                        exchange.visibility()));
    return archive::check_instance(parts.transcoder, *located, syntax, quality);
  };
  Result<Representation> as = negotiate_instance(accept, stored, true);
  if (!as.ok()) {
    return as.status().while_doing("instance " + row.key.sop);
  }
  return InstancePart{std::move(row), std::move(*as)};
}

// From what is seen alone, as that of metadata.
Validator validator_of(const std::vector<InstancePart>& instances) {
  std::string versions;
  for (const auto& [row, as] : instances) {
    versions += std::to_string(row.watermark) + form_of(as) + ",";
  }
  char hash[20];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(xxh3_of(as_bytes(versions))));
  return {.etag = "\"s" + std::string(hash) + "\""};
}

// As they are stored: ranges of files, which are opened as their turn comes; a boundary for each is what is held.
Rope stored_files(const ArchiveParts& parts, const std::string& base_url, const std::vector<InstancePart>& instances,
                  const std::string& boundary) {
  const auto blobs = archive::BlobsInTurn::make(parts.blobs, parts.readers);
  net::MultipartRope body(boundary);
  for (const auto& [row, as] : instances) {
    Rope file;
    file.append(blobs->add(row), ByteRange{0, row.blob.size});
    body.add("Content-Type: application/dicom; transfer-syntax=" + row.transfer_syntax +
                 "\r\nContent-Location: " + archive::instance_url(base_url, row.key) + "\r\n",
             std::move(file));
  }
  return body.finish();
}

// What a task takes along: std::function wants copies, a Response has none.
struct Made {
  std::vector<InstancePart> instances;
  net::Response response;
};

Status send_made(const ArchiveParts& parts, Exchange& exchange, std::vector<InstancePart> instances,
                 net::Response response, const std::string& boundary) {
  auto body = std::make_shared<InstanceParts>(parts, exchange, std::move(instances), boundary);
  RETURN_IF_ERROR(body->begin());
  response.body = stream_pieces([body] { return body->next(); }, parts.transcoders);
  exchange.send(std::move(response));
  return {};
}

void send_parts(const ArchiveParts& parts, const ExchangePtr& exchange, std::vector<InstancePart> instances,
                net::Response response) {
  const std::string boundary = net::random_boundary();
  response.set("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary);
  const bool all_stored =
      std::all_of(instances.begin(), instances.end(), [](const InstancePart& part) { return part.as.syntax.empty(); });
  if (all_stored) {
    response.body = stored_files(parts, exchange->base_url(), instances, boundary);
    exchange->send(std::move(response));
    return;
  }
  const auto made = std::make_shared<Made>(Made{std::move(instances), std::move(response)});
  answer_on(parts.transcoders, exchange, [&parts, exchange, made, boundary] {
    return send_made(parts, *exchange, std::move(made->instances), std::move(made->response), boundary);
  });
}

void send_zip(const ArchiveParts& parts, Exchange& exchange, const std::vector<InstancePart>& instances,
              net::Response response) {
  std::vector<catalog::InstanceRow> rows;
  rows.reserve(instances.size());
  for (const InstancePart& part : instances) {
    rows.push_back(part.row);
  }
  set_zip(exchange.scope.series.empty() ? exchange.scope.study : exchange.scope.series, response);
  response.body = archive::stream_zip(std::move(rows), parts.blobs, parts.readers);
  exchange.send(std::move(response));
}

Status answer(const ArchiveParts& parts, const ExchangePtr& asked) {
  Exchange& exchange = *asked;
  RETURN_IF_ERROR(check_request_original(exchange.request));
  TRY_ASSIGN(const int quality, asked_quality(exchange.request));
  TRY_ASSIGN(auto rows, parts.instances.list(exchange.scope, exchange.visibility()));
  const std::string accept = accept_text(exchange.request);
  std::vector<InstancePart> instances;
  instances.reserve(rows.size());
  for (catalog::InstanceRow& row : rows) {
    TRY_ASSIGN(InstancePart part, negotiate_part(parts, exchange, accept, quality, std::move(row)));
    instances.push_back(std::move(part));
  }
  const Validator validator = validator_of(instances);
  if (matches_none(exchange.request, validator.etag)) {
    exchange.send(not_modified(exchange.request, validator));
    return {};
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  const bool zip = std::any_of(instances.begin(), instances.end(),
                               [](const InstancePart& part) { return part.as.media_type == kZip; });
  if (zip) {
    send_zip(parts, exchange, instances, std::move(response));
    return {};
  }
  send_parts(parts, asked, std::move(instances), std::move(response));
  return {};
}

}  // namespace

void set_zip(const std::string& name, net::Response& response) {
  response.set("Content-Type", "application/zip");
  response.set("Content-Disposition", "attachment; filename=\"" + name + ".zip\"");
}

Sink retrieve_scope(const ArchiveParts& parts, ExchangePtr exchange) {
  answer_on(parts.readers, exchange, [&parts, exchange] { return answer(parts, exchange); });
  return nullptr;
}

}  // namespace tessera::dicomweb
