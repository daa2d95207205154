#include "app/metrics_sources.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "app/version.h"
#include "catalog/inspection.h"

namespace tessera::app {

namespace {

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

void write_totals(Exposition& out, ArchiveStack& stack) {
  const auto totals = stack.instances.totals();
  if (!totals.ok()) {
    return;  // no sample says more than a wrong one; health says why
  }
  const struct {
    const char* name;
    const char* help;
    std::int64_t value;
  } rows[] = {{"tessera_studies", "Studies stored.", totals->studies},
              {"tessera_series", "Series stored.", totals->series},
              {"tessera_instances", "Instances stored.", totals->instances},
              {"tessera_stored_bytes", "Bytes of stored instances.", totals->bytes},
              {"tessera_pending_uploads", "Uploads under way, of every process.", totals->pending},
              {"tessera_garbage_blobs", "Deleted blobs not yet reclaimed.", totals->garbage}};
  for (const auto& row : rows) {
    out.family(row.name, "gauge", row.help);
    out.sample(static_cast<double>(row.value));
  }
}

void write_space(Exposition& out, const archive::FreeSpace& space) {
  out.family("tessera_free_bytes", "gauge", "Free space for blobs.");
  out.sample(number(space.free_bytes()));
  out.family("tessera_min_free_bytes", "gauge", "Uploads are refused while less than this is free.");
  out.sample(number(space.min_free_bytes()));
}

void write_store(Exposition& out, const archive::IngestCounters& counters) {
  const auto by_reason = [&out](const auto& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::uint64_t count = counts[i].load(std::memory_order_relaxed);
      if (count > 0 || i == 0) {
        out.sample(number(count), {{"reason", archive::IngestCounters::kOutcomes[i].name}});
      }
    }
  };
  out.family("tessera_store_instances_total", "counter", "Instances stored, by the reason of their warning.");
  by_reason(counters.stored);
  out.family("tessera_store_refused_total", "counter", "Uploaded files that were not stored, by reason.");
  by_reason(counters.refused);
  out.family("tessera_store_bytes_total", "counter", "Bytes of the instances stored.");
  out.sample(number(counters.stored_bytes.load(std::memory_order_relaxed)));
  out.family("tessera_store_commit_seconds", "histogram",
             "Of one instance: fsync and naming of its blob, and the catalog's transaction.");
  out.histogram(counters.blob_commit.snapshot(), {{"part", "blob"}});
  out.histogram(counters.catalog_commit.snapshot(), {{"part", "catalog"}});
}

void write_caches(Exposition& out, const archive::Locator::Counters& c) {
  const struct {
    const char* name;
    std::uint64_t hits, misses, weight, entries;
  } rows[] = {{"instances", c.instance_hits, c.instance_misses, c.instance_weight, c.instance_entries},
              {"frame_table_blocks", c.block_hits, c.block_misses, c.block_weight, c.block_entries}};
  out.family("tessera_cache_hits_total", "counter", "Look-ups answered from memory.");
  for (const auto& row : rows) {
    out.sample(number(row.hits), {{"cache", row.name}});
  }
  out.family("tessera_cache_misses_total", "counter", "Look-ups that were not.");
  for (const auto& row : rows) {
    out.sample(number(row.misses), {{"cache", row.name}});
  }
  out.family("tessera_cache_weight", "gauge", "What the entries weigh: bytes, or one each.");
  for (const auto& row : rows) {
    out.sample(number(row.weight), {{"cache", row.name}});
  }
  out.family("tessera_cache_entries", "gauge", "Entries held.");
  for (const auto& row : rows) {
    out.sample(number(row.entries), {{"cache", row.name}});
  }
}

// Resident bytes, as /proc/self/statm has them in pages.
double resident_bytes() {
  unsigned long size = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file != nullptr) {
    if (std::fscanf(file, "%lu %lu", &size, &resident) != 2) {
      resident = 0;
    }
    std::fclose(file);
  }
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    ++count;
  }
  return number(count > 0 ? count - 1 : 0);  // the listing's own
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void write_issuers(Exposition& out, const auth::Oidc& oidc) {
  out.family("tessera_issuer_fetches_total", "counter", "Questions for an issuer's keys, by result.");
  for (const auto& issuer : oidc.issuers()) {
    const auto counters = issuer->counters();
    out.sample(number(counters.fetched), {{"issuer", issuer->options().url}, {"result", "ok"}});
    out.sample(number(counters.failed), {{"issuer", issuer->options().url}, {"result", "failed"}});
  }
  out.family("tessera_issuer_keys", "gauge", "Keys of an issuer that can check signatures.");
  for (const auto& issuer : oidc.issuers()) {
    out.sample(number(issuer->counters().keys), {{"issuer", issuer->options().url}});
  }
  out.family("tessera_issuer_keys_age_seconds", "gauge", "Since the keys of an issuer were had; -1: never.");
  for (const auto& issuer : oidc.issuers()) {
    out.sample(issuer->counters().age_seconds, {{"issuer", issuer->options().url}});
  }
  out.family("tessera_issuer_waiting", "gauge", "Requests that wait for an issuer's keys.");
  for (const auto& issuer : oidc.issuers()) {
    out.sample(number(issuer->counters().waiting), {{"issuer", issuer->options().url}});
  }
}

}  // namespace

void watch_archive(Metrics& metrics, ArchiveStack& stack) {
  metrics.collect([&stack](Exposition& out) {
    write_totals(out, stack);
    write_space(out, stack.free_space);
    write_store(out, stack.ingest.counters());
    write_caches(out, stack.locator.counters());
  });
}

void watch_pools(Metrics& metrics, const Pool& readers, const Pool& writers) {
  metrics.collect([&readers, &writers](Exposition& out) {
    const struct {
      const char* name;
      const Pool& pool;
    } rows[] = {{"readers", readers}, {"writers", writers}};
    out.family("tessera_pool_threads", "gauge", "Threads of a pool.");
    for (const auto& row : rows) {
      out.sample(number(row.pool.threads()), {{"pool", row.name}});
    }
    out.family("tessera_pool_busy", "gauge", "Threads at work.");
    for (const auto& row : rows) {
      out.sample(number(row.pool.busy()), {{"pool", row.name}});
    }
    out.family("tessera_pool_queue", "gauge", "Tasks that wait for a thread.");
    for (const auto& row : rows) {
      out.sample(number(row.pool.waiting()), {{"pool", row.name}});
    }
  });
}

void watch_issuers(Metrics& metrics, const auth::Oidc& oidc) {
  if (!oidc.has_issuers()) {
    return;
  }
  metrics.collect([&oidc](Exposition& out) {
    const auth::Oidc::Counters counters = oidc.counters();
    out.family("tessera_tokens_checked_total", "counter", "Bearer tokens of issuers that were checked, by outcome.");
    for (std::size_t i = 0; i < counters.outcomes.size(); ++i) {
      if (counters.outcomes[i] > 0 || i == 0) {
        out.sample(number(counters.outcomes[i]), {{"outcome", auth::refusal_name(static_cast<auth::Refusal>(i))}});
      }
    }
    out.family("tessera_tokens_cached_total", "counter", "Requests whose token had been checked before.");
    out.sample(number(counters.cached));
    out.family("tessera_tokens_remembered", "gauge", "Checked tokens in memory.");
    out.sample(number(counters.cache_entries));
    out.family("tessera_introspections_total", "counter", "Questions about opaque tokens.");
    out.sample(number(counters.introspections));
    write_issuers(out, oidc);
  });
}

void watch_limits(Metrics& metrics, std::shared_ptr<net::ClientLimits> limits) {
  metrics.collect([limits = std::move(limits)](Exposition& out) {
    const net::ClientLimits::Counters& counters = limits->counters();
    const struct {
      const char* name;
      const std::atomic<std::uint64_t>& count;
    } rows[] = {{"rate", counters.rate},
                {"concurrency", counters.concurrency},
                {"connections", counters.connections},
                {"credentials", counters.failures}};
    out.family("tessera_limit_refused_total", "counter", "Answered 429 because one client wanted too much.");
    for (const auto& row : rows) {
      out.sample(number(row.count.load(std::memory_order_relaxed)), {{"limit", row.name}});
    }
    out.family("tessera_limit_rests_total", "counter",
               "Connections held up for up to a second because their client sends malformed requests.");
    out.sample(number(counters.malformed.load(std::memory_order_relaxed)));
    out.family("tessera_limit_clients", "gauge", "Clients that are remembered.");
    out.sample(number(limits->remembered()));
  });
}

void watch_process(Metrics& metrics, const Clock& clock) {
  metrics.collect([&clock, started = clock.now(), since = clock.wall_millis()](Exposition& out) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    out.family("tessera_build_info", "gauge", "Always 1; the labels tell the versions.");
    out.sample(1, {{"version", kVersion}, {"sqlite", catalog::sqlite_version()}});
    out.family("tessera_uptime_seconds", "gauge", "Since the start of the process.");
    out.sample(std::chrono::duration<double>(clock.now() - started).count());
    out.family("process_start_time_seconds", "gauge", "Start of the process since 1970.");
    out.sample(static_cast<double>(since) / 1e3);
    out.family("process_resident_memory_bytes", "gauge", "Resident memory.");
    out.sample(resident_bytes());
    out.family("process_cpu_seconds_total", "counter", "User and system time.");
    out.sample(cpu_seconds());
    out.family("process_open_fds", "gauge", "Open file descriptors.");
    out.sample(open_descriptors());
    out.family("process_max_fds", "gauge", "How many may be open.");
    out.sample(number(limit.rlim_cur));
  });
}

}  // namespace tessera::app
