#include "net/loop.h"

#include <pthread.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <ctime>

#include "net/connection.h"

namespace tessera::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto kTick = std::chrono::seconds(1);
constexpr auto kAcceptPause = std::chrono::milliseconds(50);  // out of descriptors: somebody must close first
constexpr char kBusy[] =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 40\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\nThere are too many connections just now.";

std::int64_t steady_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Loop::~Loop() {
  join();
}

Status Loop::listen(const Tcp::endpoint& endpoint) {
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) {
    acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    const int on = 1;
    ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    acceptor_.bind(endpoint, error);
  }
  if (!error) {
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return Status(Code::Unavailable, "listen on " + endpoint.address().to_string() + " port " +
                                         std::to_string(endpoint.port()) + ": " + error.message());
  }
  return {};
}

std::uint16_t Loop::port() const {
  error_code error;
  return acceptor_.local_endpoint(error).port();
}

void Loop::run() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "net-loop");
    now_millis_ = steady_millis();
    accept();
    tick();
    context_.run();
  });
}

void Loop::join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Loop::post(std::function<void()> task) {
  asio::post(context_, std::move(task));
}

void Loop::drain() {
  post([this] {
    error_code error;
    acceptor_.close(error);
    const auto held = connections_;  // closing takes them out of the set
    for (const std::shared_ptr<Connection>& connection : held) {
      connection->close_if_idle();
    }
  });
}

void Loop::stop() {
  post([this] {
    error_code error;
    acceptor_.close(error);
    const auto held = connections_;
    for (const std::shared_ptr<Connection>& connection : held) {
      connection->cut(Status(Code::Cancelled, "the server is shutting down"));
    }
    timer_.cancel();
    context_.stop();
  });
}

std::string_view Loop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

void Loop::forget(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) != 0) {
    shared_.connections.fetch_sub(1);
  }
}

void Loop::accept() {
  acceptor_.async_accept([this](error_code error, Tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void Loop::on_accept(error_code error, Tcp::socket socket) {
  if (error == asio::error::operation_aborted || !acceptor_.is_open()) {
    return;
  }
  if (error) {
    auto pause = std::make_shared<asio::steady_timer>(context_, kAcceptPause);
    pause->async_wait([this, pause](error_code) { accept(); });
    return;
  }
  if (shared_.connections.fetch_add(1) >= shared_.options.max_connections) {
    shared_.connections.fetch_sub(1);
    (void)::send(socket.native_handle(), kBusy, sizeof kBusy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  } else {
    auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connections_.insert(connection);
    connection->start();
  }
  accept();
}

void Loop::tick() {
  now_millis_ = steady_millis();
  const auto held = connections_;
  for (const std::shared_ptr<Connection>& connection : held) {
    connection->check_time();
  }
  timer_.expires_after(kTick);
  timer_.async_wait([this](error_code error) {
    if (!error) {
      tick();
    }
  });
}

}  // namespace tessera::net
