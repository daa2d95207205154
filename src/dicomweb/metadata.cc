// GET …/metadata at study, series and instance level
//   200  application/dicom+json, gzip or zstd where accepted, or multipart/related; type="application/dicom+xml", both
//        streamed; absolute BulkDataURIs; without the per-frame groups where excludefield says so
//   304  If-None-Match holds (the tag is the hash of which versions of which instances the caller sees, per coding)
//   400  msdicom-request-original neither true nor false, excludefield another attribute · 404 · 406
#include "archive/metadata.h"

#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/versions.h"
#include "net/multipart.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

// excludefield=PerFrameFunctionalGroupsSequence: whether the per-frame groups are wanted. Nothing else can be left out.
Result<bool> wants_per_frame(std::string_view query) {
  TRY_ASSIGN(const auto parameters, net::parse_query(query));
  bool wanted = true;
  for (const auto& [name, value] : parameters) {
    if (name != "excludefield") {
      continue;
    }
    if (value != "PerFrameFunctionalGroupsSequence" && value != "52009230") {
      return Status(Code::InvalidArgument, "metadata: excludefield is '" + value.substr(0, 64) +
                                               "'; only PerFrameFunctionalGroupsSequence (52009230) can be left out");
    }
    wanted = false;
  }
  return wanted;
}

// One part for each instance.
std::unique_ptr<Stream> xml_of(std::vector<catalog::InstanceRow> rows, const std::string& boundary,
                               const archive::MetadataOptions& options, const ArchiveParts& parts,
                               const Exchange& exchange) {
  std::vector<archive::JsonPart> bodies;
  bodies.reserve(rows.size());
  for (catalog::InstanceRow& row : rows) {
    std::string head =
        (bodies.empty() ? "--" : "\r\n--") + boundary + "\r\nContent-Type: application/dicom+xml\r\n\r\n";
    bodies.push_back({std::move(head), exchange.base_url(), std::move(row)});
  }
  return archive::stream_xml(std::move(bodies), "\r\n--" + boundary + "--\r\n", options, parts.blobs, parts.readers);
}

Status answer(const ArchiveParts& parts, Exchange& exchange) {
  RETURN_IF_ERROR(check_request_original(exchange.request));
  TRY_ASSIGN(const bool xml, negotiate_metadata_xml(accept_text(exchange.request)));
  archive::MetadataOptions options;
  options.coding = xml ? archive::MetadataCoding::Identity : choose_coding(exchange.request);
  TRY_ASSIGN(options.per_frame, wants_per_frame(exchange.request.query));
  TRY_ASSIGN(auto rows, parts.instances.list(exchange.scope, exchange.visibility()));
  net::Response response;
  const std::string suffix = (xml ? "-xml" : "") + set_coding(options.coding, response);
  const Validator validator{.etag = versions_etag(options.per_frame ? "m" : "x", rows, suffix), .vary = kVaryOfJson};
  if (matches_none(exchange.request, validator.etag)) {
    exchange.send(not_modified(exchange.request, validator));
    return {};
  }
  set_caching(exchange.request, validator, response);
  if (xml) {
    const std::string boundary = net::random_boundary();
    response.set("Content-Type", "multipart/related; type=\"application/dicom+xml\"; boundary=" + boundary);
    response.body = xml_of(std::move(rows), boundary, options, parts, exchange);
  } else {
    response.set("Content-Type", "application/dicom+json");
    response.body = archive::stream_metadata(std::move(rows), exchange.base_url(), options, parts.blobs, parts.readers);
  }
  exchange.send(std::move(response));
  return {};
}

}  // namespace

Sink retrieve_metadata(const ArchiveParts& parts, ExchangePtr exchange) {
  answer_on(parts.readers, exchange, [&parts, exchange] { return answer(parts, *exchange); });
  return nullptr;
}

}  // namespace tessera::dicomweb
