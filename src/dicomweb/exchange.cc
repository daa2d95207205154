#include "dicomweb/exchange.h"

#include "dicomweb/errors.h"

namespace tessera::dicomweb {

std::string Exchange::base_url() const {
  return public_url_.base(request) + std::string(prefix);
}

void Exchange::send(net::Response response) {
  response.route = route;
  prefer_problem(request, response);
  if (profile != Profile::Standard) {
    response.set("api-supported-versions", "1, 2");
  }
  cors_.apply(request, response);
  if (change_ != nullptr) {
    send_once_audited(std::move(response));
    return;
  }
  const bool refused = response.status == 401 || response.status == 403;
  if (audit_ != nullptr && (route.starts_with('/') || (route == kUnknownRoute && refused))) {
    audit_answer(*audit_, *this, response.status);
  }
  responder_.send(std::move(response));
}

Exchange::~Exchange() {
  if (change_ != nullptr) {
    change_->abandon();
  }
}

Status Exchange::begin_change() {
  if (audit_ == nullptr) {
    return {};
  }
  RETURN_IF_ERROR(audit_->ready());
  change_ = std::make_unique<ChangeAudit>(*audit_, *this);
  return {};
}

// The exchange may be gone by then; the request stays until the answer is sent.
void Exchange::send_once_audited(net::Response response) {
  struct Held {
    net::Response response;
    net::Responder responder;
  };
  const int status = response.status;
  const auto held = std::make_shared<Held>(Held{std::move(response), std::move(responder_)});
  const std::unique_ptr<ChangeAudit> change = std::move(change_);
  change->commit(status, [held, &cors = cors_, &asked = request, label = route](const Status& audited) {
    if (!audited.ok()) {
      held->response = error_response(audited);
      held->response.body =
          std::string("What was asked for may have been done, but the audit trail could not be written.\n");
      held->response.route = label;
      cors.apply(asked, held->response);
    }
    held->responder.send(std::move(held->response));
  });
}

void Exchange::fail(const Status& status) {
  net::Response response = error_response(status);
  if (response.status >= 500) {
    log_.error("request failed",
               {{"id", request.id}, {"route", route}, {"code", code_name(status.code())}, {"why", status.message()}});
  }
  send(std::move(response));
}

void answer_on(Pool& pool, ExchangePtr exchange, std::function<Status()> answer) {
  pool.post([exchange = std::move(exchange), answer = std::move(answer)] {
    const Status status = answer();
    if (!status.ok()) {
      exchange->fail(status);
    }
  });
}

}  // namespace tessera::dicomweb
