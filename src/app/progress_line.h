// progress_line: the one line of `tessera import` that is drawn over and over on a terminal. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::app {

struct Progress {
  std::uint64_t files_done = 0, files_total = 0;
  std::uint64_t bytes_done = 0, bytes_total = 0;
  bool total_known = false;  // else the folders are still being counted
  double seconds = 0;        // since the import began
  std::string file;          // one that is under way
};

// At most `width` columns, never a line break or another control character.
std::string progress_line(const Progress& progress, unsigned width);

// "12.3 MB", powers of 1000.
std::string bytes_text(std::uint64_t bytes);

// "1:02:03", "2:03".
std::string time_text(double seconds);

// Text that moves no cursor: control characters and bytes that are not UTF-8 become '?'.
std::string printable(std::string_view text);

}  // namespace tessera::app
