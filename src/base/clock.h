// Clock: what time it is, and how leases, timeouts and cache epochs learn of it. A seam: tests wind
// test/support/FakeClock. Safe from many threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera {

using Millis = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC: for rows, leases and logs; may jump with the machine's clock.
  virtual std::int64_t wall_millis() const = 0;
  // Never goes back: for timeouts and cache ages.
  virtual std::chrono::steady_clock::time_point now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  std::int64_t wall_millis() const override;
  std::chrono::steady_clock::time_point now() const override;
};

// "2026-11-23T07:52:15.120Z"
std::string rfc3339(std::int64_t wall_millis);
// The milliseconds of a date and time with its zone ("2026-11-23T08:52:15.1201+01:00"), rounded up. InvalidArgument,
// saying what is wrong with it, for any other text.
Result<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace tessera
