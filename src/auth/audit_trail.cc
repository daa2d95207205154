#include "auth/audit_trail.h"

#include <future>
#include <utility>

namespace tessera::auth {

namespace {

constexpr auto kLinger = std::chrono::milliseconds(200);  // how long lines that nobody waits for may gather
constexpr auto kRetry = std::chrono::seconds(1);
constexpr std::size_t kBatchBytes = 256 * 1024;  // gathering ends here
constexpr std::int64_t kAnchorMicros = 600'000'000;
constexpr std::size_t kChangesOver = 4;

std::size_t bytes_of(const std::vector<std::string>& bodies) {
  std::size_t sum = 0;
  for (const std::string& body : bodies) {
    sum += body.size();
  }
  return sum;
}

}  // namespace

Result<std::unique_ptr<AuditTrail>> AuditTrail::open(Options options, Log& log) {
  auto files = AuditFiles::open({options.folder, options.max_file_bytes});
  if (!files.ok()) {
    return files.status().while_doing("open the audit trail '" + options.folder.string() + "'");
  }
  return std::unique_ptr<AuditTrail>(new AuditTrail(std::move(options), std::move(*files), log));
}

AuditTrail::AuditTrail(Options options, std::unique_ptr<AuditFiles> files, Log& log)
    : options_(std::move(options)),
      log_(log),
      reads_(options_.window_micros),
      files_(std::move(files)),
      thread_([this] { run(); }) {}

AuditTrail::~AuditTrail() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Status AuditTrail::ready() const {
  if (!options_.required) {
    return {};
  }
  const std::lock_guard guard(mutex_);
  if (!failure_.ok()) {
    return failure_;
  }
  if (queued_bytes_ > options_.max_queue_bytes * kChangesOver / 2) {
    return Status(Code::Unavailable, "the audit trail is behind");
  }
  return {};
}

bool AuditTrail::push(std::string body, Then then) {
  bool wake = false;
  {
    const std::lock_guard guard(mutex_);
    const std::size_t limit = then ? options_.max_queue_bytes * kChangesOver : options_.max_queue_bytes;
    if (queued_bytes_ + body.size() > limit) {
      return false;
    }
    queued_bytes_ += body.size();
    queue_.push_back(std::move(body));
    wake = then || queued_bytes_ > kBatchBytes;
    if (then) {
      waiting_.push_back(std::move(then));
    }
  }
  if (wake) {
    wake_.notify_one();
  }
  return true;
}

void AuditTrail::note(const AuditEvent& event) {
  if (!push(audit_body(event), nullptr)) {
    lost_.fetch_add(1, std::memory_order_relaxed);
  }
}

void AuditTrail::commit(const AuditEvent& event, Then then) {
  const auto shared = std::make_shared<Then>(std::move(then));
  if (!push(audit_body(event), [shared](const Status& status) { (*shared)(status); })) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    (*shared)(options_.required ? Status(Code::Unavailable, "the audit trail is behind") : Status());
  }
}

Status AuditTrail::commit(const AuditEvent& event) {
  std::promise<Status> done;
  commit(event, [&done](const Status& status) { done.set_value(status); });
  return done.get_future().get();
}

void AuditTrail::add(const AuditRead& read) {
  reads_.add(read, wall_micros(), [this](std::string body) {
    if (!push(std::move(body), nullptr)) {
      lost_.fetch_add(1, std::memory_order_relaxed);
    }
  });
}

void AuditTrail::note_limited(const AuditEvent& event, const AuditRead& as_read) {
  if (limit_.allows(event.from, wall_micros())) {
    note(event);
  } else {
    add(as_read);
  }
}

AuditTrail::Counts AuditTrail::counts() const {
  const std::lock_guard guard(mutex_);
  return {lines_.load(), all_lost_.load() + lost_.load(), queued_bytes_, failing_.load()};
}

void AuditTrail::run() {
  std::vector<std::string> bodies;
  anchor("audit trail opened");
  while (true) {
    std::vector<Then> waiting;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      const bool failing = failing_.load(std::memory_order_relaxed);
      wake_.wait_for(lock, failing ? std::chrono::milliseconds(kRetry) : kLinger, [this, failing] {
        return stopping_ || (!failing && (!waiting_.empty() || queued_bytes_ > kBatchBytes));
      });
      stopping = stopping_;
      bodies.insert(bodies.end(), std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
      queue_.clear();
      waiting.swap(waiting_);
    }
    const bool room = bytes_of(bodies) < options_.max_queue_bytes;
    reads_.sweep(wall_micros(), stopping, [&](std::string body) {
      if (room) {
        bodies.push_back(std::move(body));
      } else {
        lost_.fetch_add(1, std::memory_order_relaxed);
      }
    });
    const bool written = write(bodies);
    const Status answer = written || !options_.required ? Status() : ready();
    for (const Then& then : waiting) {
      then(answer);
    }
    if (stopping) {
      anchor("audit trail closed");
      if (!written) {
        log_.error("audit lines could not be written", {{"lines", bodies.size()}});
      }
      return;
    }
    if (written && wall_micros() >= next_anchor_ && files_->end().seq != anchored_) {
      anchor("audit trail");
    }
  }
}

// False: they stay, to be tried again.
bool AuditTrail::write(std::vector<std::string>& bodies) {
  const std::uint64_t lost = lost_.exchange(0);
  if (lost > 0) {
    const std::string what = AuditObject().number("count", lost).take();
    AuditEvent line;
    line.event = "lost";
    line.outcome = AuditOutcome::Failure;
    line.what = what;
    bodies.push_back(audit_body(line));
    all_lost_.fetch_add(lost);
  }
  if (bodies.empty()) {
    return true;
  }
  const Status status = files_->append(bodies);
  if (!status.ok()) {
    fail(status);
  } else {
    lines_.store(files_->lines());
    if (failing_.exchange(false)) {
      log_.warning("the audit trail can be written again");
    }
    bodies.clear();
  }
  const std::lock_guard guard(mutex_);
  // Whoever is refused has asked nothing wrong, whatever is wrong with the folder.
  failure_ =
      status.ok() || status.code() == Code::NoSpace ? status : Status(Code::Unavailable, std::string(status.message()));
  queued_bytes_ = bytes_of(queue_) + bytes_of(bodies);
  return status.ok();
}

void AuditTrail::fail(const Status& why) {
  if (!failing_.exchange(true)) {
    log_.error("the audit trail cannot be written", {{"why", why.message()}});
  }
}

// What the log says lies where whoever can write the folder perhaps cannot.
void AuditTrail::anchor(const char* why) {
  const AuditEnd& end = files_->end();
  log_.info(why, {{"seq", end.seq}, {"hash", end.hash}});
  anchored_ = end.seq;
  next_anchor_ = wall_micros() + kAnchorMicros;
}

}  // namespace tessera::auth
