// Loop: one event loop, its thread, its listener and its connections, on epoll. Private to the server. Everything but
// post() and what says so runs on the loop's own thread.
//
// Readiness is edge-triggered: a connection is registered once, remembers what it was told, and costs no call to the
// kernel between requests but the wait itself. One that could go on but lets others have their turn is deferred: it
// goes on in the same round, after everybody who is ready now.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "net/server.h"
#include "net/socket.h"
#include "net/tls_transport.h"

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
  std::atomic<std::size_t> body_memory{0};  // in buffers of bodies
};

class Loop {
 public:
  explicit Loop(ServerShared& shared) : shared_(shared) {}
  ~Loop();

  // Binds and listens; the thread starts with run().
  Status listen(const Endpoint& endpoint);
  std::uint16_t port() const { return port_; }
  void run();
  void join();

  // From any thread. What is posted after stop() is dropped.
  void post(std::function<void()> task);
  bool is_own_thread() const { return std::this_thread::get_id() == own_thread_; }

  // From any thread: no new connections; idle ones close.
  void drain();
  // From any thread: everything closes now, and the thread ends.
  void stop();

  // For connections, on the loop's thread.
  ServerShared& shared() { return shared_; }
  std::string_view date();                                 // "Mon, 23 Nov 2026 07:52:15 GMT", made once a second
  std::int64_t now_millis() const { return now_millis_; }  // the tick's: good to a second
  void defer(std::shared_ptr<Connection> connection) { deferred_.push_back(std::move(connection)); }
  std::unique_ptr<TlsTransport> tls_transport(int socket);  // none where the server speaks in the clear
  void forget(const std::shared_ptr<Connection>& connection);

 private:
  enum class Watch { Once, Always };  // edges or level
  Status watch(const File& file, void* tag, std::uint32_t events, Watch how);
  void turn();
  void accept_some();
  void adopt(File socket, const Endpoint& peer);
  void run_posted();
  void run_deferred();
  void tick();

  ServerShared& shared_;
  File epoll_, wake_, timer_, listener_;
  std::uint16_t port_ = 0;
  bool listener_watched_ = false;  // not while descriptors are short
  bool stopping_ = false;
  const std::shared_ptr<TlsWorkspace> tls_workspace_ = std::make_shared<TlsWorkspace>();
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> deferred_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  std::string date_;
  std::int64_t date_second_ = 0;
  std::int64_t now_millis_ = 0;
  std::thread::id own_thread_;  // set by the thread itself, before it tells anybody of a connection
  std::thread thread_;
};

}  // namespace tessera::net
