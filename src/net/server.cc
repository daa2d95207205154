#include "net/server.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "net/loop.h"

namespace tessera::net {

struct Server::Impl {
  ServerShared shared;
  std::vector<std::unique_ptr<Loop>> loops;
  bool started = false;

  Impl(ServerOptions options, Dispatch dispatch, Log& log)
      : shared{std::move(options), std::move(dispatch), log, {}, {}, make_id_prefix(), {}, {}} {}

  static std::string make_id_prefix() {
    char text[16];
    std::snprintf(text, sizeof text, "%08x-", std::random_device()());
    return text;
  }
};

Server::Server(ServerOptions options, Dispatch dispatch, Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(dispatch), log)) {}

Server::~Server() {
  if (impl_->started) {
    shutdown(std::chrono::milliseconds(0));
  }
}

Status Server::start() {
  std::signal(SIGPIPE, SIG_IGN);  // sendfile has no MSG_NOSIGNAL
  const ServerOptions& options = impl_->shared.options;
  std::uint16_t port = options.port;
  const unsigned count = options.loops != 0 ? options.loops : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) {
    auto loop = std::make_unique<Loop>(impl_->shared);
    TRY_ASSIGN(const Endpoint endpoint, parse_endpoint(options.host, port));
    RETURN_IF_ERROR(loop->listen(endpoint));
    port = loop->port();  // the first picks it when it was 0
    impl_->loops.push_back(std::move(loop));
  }
  for (const auto& loop : impl_->loops) {
    loop->run();
  }
  impl_->started = true;
  return {};
}

std::uint16_t Server::port() const {
  return impl_->loops.front()->port();
}

std::size_t Server::open_connections() const {
  return impl_->shared.connections.load();
}

bool Server::shutdown(std::chrono::milliseconds deadline) {
  if (!impl_->started) {
    return true;
  }
  impl_->started = false;
  impl_->shared.draining.store(true);
  for (const auto& loop : impl_->loops) {
    loop->drain();
  }
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (open_connections() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const bool all_done = open_connections() == 0;
  for (const auto& loop : impl_->loops) {
    loop->stop();
  }
  for (const auto& loop : impl_->loops) {
    loop->join();
  }
  return all_done;
}

}  // namespace tessera::net
