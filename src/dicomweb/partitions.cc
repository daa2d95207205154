// GET /partitions
//   200  application/json [{partitionKey, partitionName, createdDate}] · 204 none yet · 400 the feature is off · 406
#include "base/clock.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"

namespace tessera::dicomweb {

namespace {

// A name holds letters, digits, '.', '-' and '_': nothing that JSON would escape.
std::string to_json(const catalog::PartitionRow& row) {
  return "{\"partitionKey\":" + std::to_string(row.key) + ",\"partitionName\":\"" + row.name + "\",\"createdDate\":\"" +
         rfc3339(row.created_millis) + "\"}";
}

Status answer(const ArchiveParts& parts, Exchange& exchange) {
  if (!parts.partitions_on) {
    return partitions_are_off();
  }
  RETURN_IF_ERROR(negotiate_json(accept_text(exchange.request)));
  TRY_ASSIGN(auto rows, parts.partitions.list());
  const auth::Caller& caller = exchange.caller;
  std::erase_if(rows, [&caller](const catalog::PartitionRow& row) {
    return caller.policy->rights(caller.identity, auth::Action::Read, row.name).sees_nothing();
  });
  net::Response response;
  response.set("Cache-Control", "no-store");
  if (rows.empty()) {
    response.status = 204;
    exchange.send(std::move(response));
    return {};
  }
  std::string body = "[";
  for (const catalog::PartitionRow& row : rows) {
    body += body.size() > 1 ? "," : "";
    body += to_json(row);
  }
  response.set("Content-Type", "application/json");
  response.body = body + "]";
  exchange.send(std::move(response));
  return {};
}

}  // namespace

Status partitions_are_off() {
  return Status(Code::InvalidArgument,
                "data partitions are not switched on here (features.partitions), so no path begins with /partitions");
}

Sink list_partitions(const ArchiveParts& parts, ExchangePtr exchange) {
  answer_on(parts.readers, exchange, [&parts, exchange] { return answer(parts, *exchange); });
  return nullptr;
}

}  // namespace tessera::dicomweb
