#include "base/clock.h"

#include <cstdio>
#include <ctime>

namespace tessera {

std::int64_t SystemClock::wall_millis() const {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::chrono::steady_clock::time_point SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

std::string rfc3339(std::int64_t wall_millis) {
  // Rounded down, also before 1970: milliseconds are never negative.
  const std::int64_t millis = (wall_millis % 1000 + 1000) % 1000;
  const std::time_t seconds = static_cast<std::time_t>((wall_millis - millis) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(millis));
  return text;
}

}  // namespace tessera
