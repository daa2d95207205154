#include "dicomweb/exchange.h"

#include "dicomweb/errors.h"

namespace tessera::dicomweb {

std::string Exchange::base_url() const {
  return public_url_.base(request) + std::string(prefix);
}

void Exchange::send(net::Response response) {
  response.route = route;
  if (profile != Profile::Standard) {
    response.set("api-supported-versions", "1, 2");
  }
  cors_.apply(request, response);
  responder_.send(std::move(response));
}

void Exchange::fail(const Status& status) {
  net::Response response = error_response(status);
  if (response.status >= 500) {
    log_.error("request failed",
               {{"id", request.id}, {"route", route}, {"code", code_name(status.code())}, {"why", status.message()}});
  }
  send(std::move(response));
}

}  // namespace tessera::dicomweb
