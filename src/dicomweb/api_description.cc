// GET /api.yaml
//   200  application/yaml: OpenAPI 3.0 of the routes, made from the table
#include "dicomweb/descriptions.h"
#include "dicomweb/handlers.h"

namespace tessera::dicomweb {

Sink describe_api(const ArchiveParts& parts, ExchangePtr exchange) {
  net::Response response;
  response.set("Content-Type", "application/yaml");
  response.set("Cache-Control", "private, max-age=0, must-revalidate");
  response.body = openapi(exchange->base_url(), exchange->profile, parts.partitions_on);
  exchange->send(std::move(response));
  return nullptr;
}

}  // namespace tessera::dicomweb
