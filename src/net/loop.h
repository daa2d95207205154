// Loop: one event loop, its thread, its listener and its connections. Private to the server. Everything but post() and
// the counters runs on the loop's own thread.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "net/server.h"

namespace tessera::net {

class Connection;

// What all loops of a server share.
struct ServerShared {
  ServerOptions options;
  Dispatch dispatch;
  Log& log;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::uint64_t> next_request{0};
  std::string id_prefix;  // random, so that ids of two processes differ
  std::atomic<bool> draining{false};
};

class Loop {
 public:
  using Tcp = boost::asio::ip::tcp;

  explicit Loop(ServerShared& shared) : shared_(shared), acceptor_(context_), timer_(context_) {}
  ~Loop();

  // Binds and listens; the thread starts with run().
  Status listen(const Tcp::endpoint& endpoint);
  std::uint16_t port() const;
  void run();
  void join();

  void post(std::function<void()> task);
  bool is_own_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

  // From any thread: no new connections; idle ones close.
  void drain();
  // From any thread: everything closes now, and the thread ends.
  void stop();

  // For connections, on the loop's thread.
  ServerShared& shared() { return shared_; }
  std::string_view date();                                 // "Mon, 23 Nov 2026 07:52:15 GMT", made once a second
  std::int64_t now_millis() const { return now_millis_; }  // the tick's: good to a second
  void forget(const std::shared_ptr<Connection>& connection);

 private:
  void accept();
  void on_accept(boost::system::error_code error, Tcp::socket socket);
  void tick();

  ServerShared& shared_;
  boost::asio::io_context context_{1};
  Tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::string date_;
  std::int64_t date_second_ = 0;
  std::int64_t now_millis_ = 0;
  std::thread thread_;
};

}  // namespace tessera::net
