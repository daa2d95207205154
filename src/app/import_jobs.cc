#include "app/import_jobs.h"

#include <latch>

namespace tessera::app {

ImportJobs::ImportJobs(unsigned jobs, const MakeDestination& make, const ImportRules& rules, ImportReport& report,
                       const StopSignal& stop)
    : rules_(rules), report_(report), stop_(stop), jobs_(jobs), pool_("import", jobs) {
  for (unsigned i = 0; i < jobs; ++i) {
    idle_.push_back(make());
  }
}

ImportedFile ImportJobs::import(const FoundFile& file) {
  std::unique_ptr<Destination> destination;
  {
    std::lock_guard lock(mutex_);
    destination = std::move(idle_.back());
    idle_.pop_back();
  }
  report_.began(file);
  Importer importer(*destination, rules_, stop_, given_up_);
  const ImportedFile imported =
      importer.import(file, {[this](std::int64_t bytes) { report_.moved(bytes); },
                             [this, &file](const std::string& why) { report_.note(file.path, why); }});
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(destination));
  return imported;
}

void ImportJobs::run(FileWalk& walk) {
  std::mutex walking;
  std::latch ended(jobs_);
  const auto next = [&](FoundFile& file) {
    std::lock_guard lock(walking);
    return !stop_.stopped() && walk.next(file);
  };
  for (unsigned i = 0; i < jobs_; ++i) {
    pool_.post([&] {
      for (FoundFile file; next(file);) {
        report_.ended(import(file));
      }
      ended.count_down();
    });
  }
  ended.wait();
}

void ImportJobs::post(FoundFile file, std::function<void(const ImportedFile&)> done) {
  pool_.post([this, file = std::move(file), done = std::move(done)] {
    if (stop_.stopped()) {
      ImportedFile untouched;
      untouched.path = file.path;
      untouched.abandoned = true;
      untouched.status = Status(Code::Cancelled, "stopped");
      done(untouched);
      return;
    }
    done(import(file));
  });
}

}  // namespace tessera::app
