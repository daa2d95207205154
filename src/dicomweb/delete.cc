// DELETE a study, series or instance
//   204  gone, with its blobs to follow · 400 bad UID · 404 nothing there (also the second time)
#include "archive/removal.h"
#include "dicomweb/handlers.h"

namespace tessera::dicomweb {

namespace {

Status answer(const ArchiveParts& parts, Exchange& exchange) {
  const auto removed = archive::remove_instances(parts.blobs, parts.instances, exchange.scope, exchange.visibility());
  if (!removed.ok()) {
    return removed.status();
  }
  if (exchange.change() != nullptr) {
    exchange.change()->removed(*removed);
  }
  parts.locator.forget(exchange.scope);
  parts.on_deleted();
  net::Response response;
  response.status = 204;
  exchange.send(std::move(response));
  return {};
}

}  // namespace

Sink delete_scope(const ArchiveParts& parts, ExchangePtr exchange) {
  answer_on(parts.writers, exchange, [&parts, exchange] { return answer(parts, *exchange); });
  return nullptr;
}

}  // namespace tessera::dicomweb
