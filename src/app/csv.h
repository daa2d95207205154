// csv: text in rows and cells (RFC 4180), as spreadsheets save it: UTF-8 with or without a byte order mark, lines
// ending in LF or CRLF, cells in quotes where they hold separators, quotes or line breaks. Bytes from outside: every
// limit is checked before memory is taken, and an error names the line. Used by sheet.cc; one row is held at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::app {

struct CsvRow {
  unsigned line = 0;  // where it begins, from 1
  std::vector<std::string> cells;
};

struct CsvLimits {
  std::size_t cells = 32;  // in a row
  std::size_t cell_bytes = 4096;
  unsigned rows = 100'000;
};

// Hands each row that is not blank to `each`, whose failure ends it. The separator is the one of comma, semicolon and
// tab that the first row has most of.
Status read_csv(std::string_view text, const CsvLimits& limits, const std::function<Status(CsvRow&)>& each);

}  // namespace tessera::app
