// What ingest did since the start, for metrics. Relaxed atomics: safe from many threads, a few increments an upload.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/histogram.h"

namespace tessera::archive {

struct IngestCounters {
  // The reasons that are told apart (StoreReason), and the name of each in metrics.
  struct Outcome {
    std::uint16_t reason;
    const char* name;
  };
  static constexpr std::array<Outcome, 10> kOutcomes = {{{0, "none"},
                                                         {1, "data_set_warnings"},
                                                         {272, "processing_failure"},
                                                         {292, "not_authorized"},
                                                         {42752, "out_of_resources"},
                                                         {43264, "validation_failed"},
                                                         {43265, "study_mismatch"},
                                                         {45063, "implicit_vr_warning"},
                                                         {45070, "already_exists"},
                                                         {45071, "being_created"}}};

  std::array<std::atomic<std::uint64_t>, kOutcomes.size()> stored{};   // by reason: none or a warning
  std::array<std::atomic<std::uint64_t>, kOutcomes.size()> refused{};  // by reason
  std::atomic<std::uint64_t> stored_bytes{0};
  TimeHistogram blob_commit;     // write, fsync, rename, fsync of folders
  TimeHistogram catalog_commit;  // the visibility transaction, its wait for others included

  void note(std::uint16_t reason, bool ok, std::uint64_t bytes) {
    std::size_t at = 2;  // a reason without a row is a processing failure
    for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
      at = kOutcomes[i].reason == reason ? i : at;
    }
    (ok ? stored : refused)[at].fetch_add(1, std::memory_order_relaxed);
    stored_bytes.fetch_add(ok ? bytes : 0, std::memory_order_relaxed);
  }
};

}  // namespace tessera::archive
