#include "net/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "net/connection.h"

namespace tessera::net {

namespace {

constexpr int kEventsPerTurn = 128;
constexpr int kAcceptsPerTurn = 64;
constexpr timespec kTick{1, 0};
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 40\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\nThere are too many connections just now.";

constexpr std::string_view kTooMany =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: 49\r\nRetry-After: 5\r\n"
    "Connection: close\r\n\r\nThere are too many connections from your address.";

// Before a byte of the peer's was read: what it has sent already may let its kernel drop the answer.
// Over TLS without a word: a handshake would cost more than the request that turning away is to save.
void turn_away(const File& socket, bool secure, std::string_view answer) {
  if (secure) {
    return;
  }
  (void)::send(socket.descriptor(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::int64_t steady_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Empties an eventfd or a timerfd.
void take_count(const File& file) {
  std::uint64_t count = 0;
  (void)!::read(file.descriptor(), &count, sizeof count);
}

}  // namespace

Loop::~Loop() {
  join();
}

Status Loop::watch(const File& file, void* tag, std::uint32_t events, Watch how) {
  epoll_event event{};
  event.events = how == Watch::Once ? events | EPOLLET : events;
  event.data.ptr = tag;
  return ::epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, file.descriptor(), &event) == 0
             ? Status()
             : errno_status(errno, "watch a descriptor");
}

Status Loop::listen(const Endpoint& endpoint) {
  TRY_ASSIGN(listener_, listen_on(endpoint));
  port_ = local_endpoint(listener_).port();
  epoll_ = File(::epoll_create1(EPOLL_CLOEXEC));
  wake_ = File(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  timer_ = File(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  const itimerspec every{kTick, kTick};
  if (!epoll_.is_open() || !wake_.is_open() || !timer_.is_open() ||
      ::timerfd_settime(timer_.descriptor(), 0, &every, nullptr) != 0) {
    return errno_status(errno, "make an event loop");
  }
  RETURN_IF_ERROR(watch(wake_, &wake_, EPOLLIN, Watch::Always));
  RETURN_IF_ERROR(watch(timer_, &timer_, EPOLLIN, Watch::Always));
  RETURN_IF_ERROR(watch(listener_, &listener_, EPOLLIN, Watch::Always));
  listener_watched_ = true;
  return {};
}

void Loop::run() {
  now_millis_ = steady_millis();
  thread_ = std::thread([this] {
    own_thread_ = std::this_thread::get_id();
    pthread_setname_np(pthread_self(), "net-loop");
    while (!stopping_) {
      turn();
    }
  });
}

void Loop::join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

// A connection is in at most one event of a turn and closes only by its own event, a task or a tick: the pointer in
// the event is good.
void Loop::turn() {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = ::epoll_wait(epoll_.descriptor(), events.data(), kEventsPerTurn, deferred_.empty() ? -1 : 0);
  bool ticked = false, woken = false;
  for (int i = 0; i < count; ++i) {
    void* tag = events[i].data.ptr;
    if (tag == &listener_) {
      accept_some();
    } else if (tag == &wake_) {
      woken = true;
    } else if (tag == &timer_) {
      ticked = true;
    } else {
      static_cast<Connection*>(tag)->on_ready(events[i].events);
    }
  }
  run_deferred();
  if (ticked) {
    take_count(timer_);
    tick();
  }
  if (woken) {
    take_count(wake_);
    run_posted();
  }
}

void Loop::post(std::function<void()> task) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) {
    const std::uint64_t one = 1;
    (void)!::write(wake_.descriptor(), &one, sizeof one);
  }
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const std::function<void()>& task : tasks) {
    task();
  }
}

void Loop::run_deferred() {
  std::vector<std::shared_ptr<Connection>> due;
  due.swap(deferred_);
  for (const std::shared_ptr<Connection>& connection : due) {
    connection->go_on();
  }
}

void Loop::drain() {
  post([this] {
    listener_.close();
    const auto held = connections_;  // closing takes them out of the set
    for (const std::shared_ptr<Connection>& connection : held) {
      connection->close_if_idle();
    }
  });
}

void Loop::stop() {
  post([this] {
    listener_.close();
    const auto held = connections_;
    for (const std::shared_ptr<Connection>& connection : held) {
      connection->cut(Status(Code::Cancelled, "the server is shutting down"));
    }
    stopping_ = true;
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

std::unique_ptr<TlsTransport> Loop::tls_transport(int socket) {
  return shared_.options.tls == nullptr ? nullptr
                                        : std::make_unique<TlsTransport>(*shared_.options.tls, socket, tls_workspace_);
}

void Loop::forget(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) != 0) {
    shared_.connections.fetch_sub(1);
  }
}

void Loop::accept_some() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Endpoint peer;
    File socket = accept_from(listener_, peer);
    if (socket.is_open()) {
      adopt(std::move(socket), peer);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // Somebody must close first: the tick looks again.
      (void)::epoll_ctl(epoll_.descriptor(), EPOLL_CTL_DEL, listener_.descriptor(), nullptr);
      listener_watched_ = false;
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return;
    }
  }
}

void Loop::adopt(File socket, const Endpoint& peer) {
  if (shared_.connections.fetch_add(1) >= shared_.options.max_connections) {
    shared_.connections.fetch_sub(1);
    turn_away(socket, shared_.options.tls != nullptr, kBusy);
    return;
  }
  std::unique_ptr<ClientSeat> seat;
  if (shared_.options.client_limits != nullptr) {
    seat = std::make_unique<ClientSeat>(*shared_.options.client_limits, IpAddress::of(peer.address));
    if (!seat->is_free()) {
      shared_.connections.fetch_sub(1);
      turn_away(socket, shared_.options.tls != nullptr, kTooMany);
      return;
    }
  }
  const auto connection = std::make_shared<Connection>(*this, std::move(socket), peer.text(), std::move(seat));
  connections_.insert(connection);
  const Status watched = watch(connection->socket(), connection.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP, Watch::Once);
  if (!watched.ok()) {
    shared_.log.warning("a connection was dropped", {{"why", watched.message()}});
    forget(connection);
    return;
  }
  connection->start();
}

void Loop::tick() {
  now_millis_ = steady_millis();
  if (!listener_watched_ && listener_.is_open()) {
    listener_watched_ = watch(listener_, &listener_, EPOLLIN, Watch::Always).ok();
  }
  const auto held = connections_;
  for (const std::shared_ptr<Connection>& connection : held) {
    connection->check_time();
  }
}

}  // namespace tessera::net
