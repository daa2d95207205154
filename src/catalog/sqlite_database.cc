// SQLite as a Database: one writing connection under group commit, a few reading ones, one that only watches.
#include <condition_variable>
#include <mutex>
#include <vector>

#include "catalog/database.h"
#include "catalog/migrations.h"
#include "catalog/sqlite_connection.h"

namespace tessera::catalog {

namespace {

constexpr std::size_t kIdleReaders = 8;

// One caller of write(), waiting for the transaction that carries its work.
struct Ticket {
  const std::function<Status(Connection&)>& work;
  Status status;
  bool done = false;
};

// Its own outcome through a savepoint, in a transaction that may be shared.
void run_in_savepoint(Connection& connection, Ticket& ticket) {
  ticket.status = connection.execute("SAVEPOINT work");
  if (!ticket.status.ok()) {
    return;
  }
  ticket.status = ticket.work(connection);
  const Status undone = ticket.status.ok() ? Status() : connection.execute("ROLLBACK TO work");
  const Status released = connection.execute("RELEASE work");
  if (ticket.status.ok() && !(undone.ok() && released.ok())) {
    ticket.status = released;
  }
}

Status read_with(Connection& connection, const std::function<Status(Connection&)>& work) {
  RETURN_IF_ERROR(connection.begin(false));
  Status status = work(connection);
  connection.rollback();
  return status;
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string path, std::unique_ptr<SqliteConnection> writer, std::unique_ptr<SqliteConnection> watcher)
      : path_(std::move(path)), writer_(std::move(writer)), watcher_(std::move(watcher)) {}

  Status write(const std::function<Status(Connection&)>& work) override {
    Ticket ticket{work, {}, false};
    std::unique_lock lock(queue_mutex_);
    queue_.push_back(&ticket);
    finished_.wait(lock, [&] { return ticket.done || !committing_; });
    if (ticket.done) {
      return ticket.status;
    }
    // Nobody is committing: this thread does it, for all who wait now.
    committing_ = true;
    std::vector<Ticket*> batch = std::move(queue_);
    queue_.clear();
    lock.unlock();
    run_batch(batch);
    lock.lock();
    committing_ = false;
    for (Ticket* carried : batch) {
      carried->done = true;
    }
    finished_.notify_all();
    return ticket.status;
  }

  Status read(const std::function<Status(Connection&)>& work) override {
    if (watcher_ == nullptr) {
      std::lock_guard lock(connection_mutex_);
      return read_with(*writer_, work);
    }
    TRY_ASSIGN(std::unique_ptr<SqliteConnection> reader, take_reader());
    Status status = read_with(*reader, work);
    give_back(std::move(reader));
    return status;
  }

  Result<std::int64_t> data_version() override {
    std::lock_guard lock(watcher_ == nullptr ? connection_mutex_ : watcher_mutex_);
    if (watcher_ == nullptr) {
      return own_commits_;
    }
    // The watcher never writes, so its number changes with every commit of anybody, this process's writer included.
    return watcher_->data_version();
  }

 private:
  void run_batch(const std::vector<Ticket*>& batch) {
    std::lock_guard lock(connection_mutex_);
    Status status = writer_->begin(true);
    if (status.ok()) {
      for (Ticket* ticket : batch) {
        run_in_savepoint(*writer_, *ticket);
      }
      status = writer_->commit();
      ++own_commits_;
    }
    if (status.ok()) {
      return;
    }
    writer_->rollback();
    for (Ticket* ticket : batch) {
      ticket->status = ticket->status.ok() ? status : ticket->status;
    }
  }

  Result<std::unique_ptr<SqliteConnection>> take_reader() {
    {
      std::lock_guard lock(readers_mutex_);
      if (!readers_.empty()) {
        auto reader = std::move(readers_.back());
        readers_.pop_back();
        return reader;
      }
    }
    return SqliteConnection::open(path_);
  }

  void give_back(std::unique_ptr<SqliteConnection> reader) {
    std::lock_guard lock(readers_mutex_);
    if (readers_.size() < kIdleReaders) {
      readers_.push_back(std::move(reader));
    }
  }

  const std::string path_;

  std::mutex queue_mutex_;
  std::condition_variable finished_;
  std::vector<Ticket*> queue_;  // guarded by queue_mutex_
  bool committing_ = false;     // guarded by queue_mutex_

  std::mutex connection_mutex_;
  const std::unique_ptr<SqliteConnection> writer_;  // used under connection_mutex_
  std::int64_t own_commits_ = 0;                    // guarded by connection_mutex_

  std::mutex watcher_mutex_;
  const std::unique_ptr<SqliteConnection>
      watcher_;  // none in memory: there is one connection then; under watcher_mutex_

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_;  // guarded by readers_mutex_
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path) {
  TRY_ASSIGN(auto writer, SqliteConnection::open(path));
  RETURN_IF_ERROR(migrate(*writer).while_doing("open catalog '" + path + "'"));
  std::unique_ptr<SqliteConnection> watcher;
  if (path != ":memory:") {
    TRY_ASSIGN(watcher, SqliteConnection::open(path));
  }
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(path, std::move(writer), std::move(watcher)));
}

}  // namespace tessera::catalog
