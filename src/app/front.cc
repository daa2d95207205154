#include "app/front.h"

#include <algorithm>
#include <thread>

#include "app/metrics_sources.h"
#include "viewer/page.h"

namespace tessera::app {

namespace {

net::Response text_response(int status, std::string type, std::string body, std::string_view route) {
  net::Response response;
  response.status = status;
  response.set("Content-Type", std::move(type));
  response.set("Cache-Control", "no-store");
  response.body = std::move(body);
  response.route = route;
  return response;
}

struct Check {
  const char* name;
  Status status;
};

// Anybody may ask: of a failure the kind is told, and the words only where they name no path and no file.
std::string describe(const Status& status) {
  return status.code() == Code::NoSpace ? std::string(status.message()) : std::string(code_name(status.code()));
}

// What the contract's /health/check answers: one line per part.
std::string describe(const std::vector<Check>& checks, bool healthy) {
  std::string json = std::string("{\"overallStatus\":\"") + (healthy ? "Healthy" : "Unhealthy") + "\",\"details\":[";
  for (const Check& check : checks) {
    json += json.back() == '[' ? "" : ",";
    json += std::string("{\"name\":\"") + check.name + "\",\"status\":\"" +
            (check.status.ok() ? "Healthy" : "Unhealthy") + "\",\"description\":\"" +
            (check.status.ok() ? "" : describe(check.status)) + "\"}";
  }
  return json + "]}\n";
}

// One for each core: more would only wait for each other, and each worker may take gigabytes.
unsigned transcoder_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
}

}  // namespace

Front::Front(const Config& config, ArchiveStack& stack, const Doors& doors, Pool& readers, Pool& writers,
             Metrics& metrics, Log& log, auth::AuditTrail* audit)
    : stack_(stack),
      readers_(readers),
      metrics_(metrics),
      oidc_({.issuers = config.issuers}, stack.clock, log),
      public_url_({config.public_url, config.trusted_proxies}),
      login_pages_(oidc_, doors.seal, public_url_, stack.clock, log, audit),
      authenticator_(config.tokens, doors.keys, &oidc_, login_pages_.sessions()),
      cors_(cors_options(config)),
      uploads_({std::uint64_t{config.max_instance_mib} << 20, std::uint64_t{config.max_request_gib} << 30,
                std::uint64_t{config.upload_gib_per_day} << 30, config.uploads_at_once},
               stack.clock),
      transcoder_(stack.locator, transcoder_threads()),
      renderer_(stack.locator, stack.instances, transcoder_),
      transcoders_("transcoders", transcoder_threads()),
      parts_{stack.ingest,
             stack.locator,
             stack.instances,
             stack.partitions,
             stack.feed,
             *stack.folder.blobs,
             readers,
             writers,
             [&stack] { stack.sweeper.wake(); },
             stack.free_space,
             uploads_,
             transcoder_,
             renderer_,
             transcoders_,
             config.partitions,
             audit},
      router_(parts_, authenticator_, doors.policies, cors_, public_url_, log) {
  watch_issuers(metrics, oidc_);
  oidc_.start();
}

// Whoever waits for an issuer goes on into the router.
Front::~Front() {
  oidc_.stop();
}

std::unique_ptr<net::BodySink> Front::dispatch(const net::Request& request, net::Responder responder) const {
  if (router_.owns(request)) {
    return router_.dispatch(request, std::move(responder));
  }
  if (LoginPages::owns(request)) {  // before CORS: no other origin's page has any business there
    login_pages_.dispatch(request, std::move(responder));
    return nullptr;
  }
  const bool reads = request.method == net::Method::Get || request.method == net::Method::Head;
  if (std::optional<net::Response> preflight = cors_.preflight(request)) {
    cors_.apply(request, *preflight);
    preflight->route = "preflight";
    responder.send(std::move(*preflight));
  } else if (!reads) {
    net::Response refused = text_response(405, "text/plain; charset=utf-8", "This path can only be read.\n", "other");
    refused.set("Allow", "GET, HEAD");
    cors_.apply(request, refused);
    responder.send(std::move(refused));
  } else if (request.path == "/health/live") {
    responder.send(text_response(200, "text/plain; charset=utf-8", "alive\n", "health"));
  } else if (request.path == "/health/ready" || request.path == "/health/check") {
    answer_health(request, std::move(responder));
  } else if (request.path == "/metrics") {
    answer_metrics(std::move(responder));
  } else if (std::optional<net::Response> page = viewer::serve_page(request)) {
    responder.send(std::move(*page));
  } else {
    net::Response missing =
        text_response(404, "text/plain; charset=utf-8", "There is nothing at this path.\n", "other");
    cors_.apply(request, missing);
    responder.send(std::move(missing));
  }
  return nullptr;
}

void Front::answer_health(const net::Request& request, net::Responder responder) const {
  const bool details = request.path == "/health/check";
  readers_.post([this, details, held = net::share(std::move(responder))] {
    // Cheap ones: a probe comes every few seconds, whatever the size of the archive.
    const std::vector<Check> checks = {{"catalog", stack_.partitions.first_beside_default().status()},
                                       {"blobs", stack_.folder.blobs->free_bytes().status()},
                                       {"space", stack_.free_space.check()}};
    bool healthy = !draining_.load();
    for (const Check& check : checks) {
      healthy = healthy && check.status.ok();
    }
    const int status = healthy ? 200 : 503;
    held->send(details
                   ? text_response(status, "application/json", describe(checks, healthy), "health")
                   : text_response(status, "text/plain; charset=utf-8", healthy ? "ready\n" : "not ready\n", "health"));
  });
}

void Front::answer_metrics(net::Responder responder) const {
  readers_.post([this, held = net::share(std::move(responder))] {
    held->send(text_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics_.render(), "metrics"));
  });
}

}  // namespace tessera::app
