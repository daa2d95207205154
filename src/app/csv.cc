#include "app/csv.h"

#include <algorithm>

#include "dicom/utf8.h"

namespace tessera::app {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Status wrong(unsigned line, const std::string& what) {
  return Status(Code::Corrupt, "line " + std::to_string(line) + ": " + what);
}

// NULs and bytes that are no UTF-8: the file is of another encoding, or no text at all.
Status check_encoding(std::string_view text) {
  unsigned line = 1;
  while (!text.empty()) {
    const std::size_t length = dicom::utf8_length(text);
    if (length == 0 || text[0] == '\0') {
      return wrong(line, "it is not UTF-8 text (save it as \"CSV UTF-8\")");
    }
    line += text[0] == '\n' ? 1 : 0;
    text.remove_prefix(length);
  }
  return {};
}

char separator_of(std::string_view text) {
  std::size_t commas = 0, semicolons = 0, tabs = 0;
  bool quoted = false;
  for (const char c : text) {
    quoted = c == '"' ? !quoted : quoted;
    if (quoted) {
      continue;
    }
    if (c == '\n') {
      break;
    }
    commas += c == ',' ? 1 : 0;
    semicolons += c == ';' ? 1 : 0;
    tabs += c == '\t' ? 1 : 0;
  }
  if (tabs > commas && tabs > semicolons) {
    return '\t';
  }
  return semicolons > commas ? ';' : ',';
}

class Reader {
 public:
  Reader(std::string_view text, const CsvLimits& limits)
      : rest_(text), limits_(limits), separator_(separator_of(text)) {}

  bool at_end() const { return rest_.empty(); }

  Status read_row(CsvRow& row) {
    row.line = line_;
    row.cells.clear();
    while (true) {
      if (row.cells.size() == limits_.cells) {
        return wrong(row.line, "it has more than " + std::to_string(limits_.cells) + " cells");
      }
      std::string cell;
      RETURN_IF_ERROR(rest_.starts_with('"') ? read_quoted(cell) : read_plain(cell));
      row.cells.push_back(std::move(cell));
      if (rest_.starts_with(separator_)) {
        rest_.remove_prefix(1);
        continue;
      }
      return end_row();
    }
  }

 private:
  Status read_plain(std::string& cell) {
    const char ends[] = {separator_, '\n', '\0'};
    std::size_t length = std::min(rest_.find_first_of(ends), rest_.size());
    std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (text.ends_with('\r') && (rest_.empty() || rest_[0] == '\n')) {
      text.remove_suffix(1);
    }
    if (text.find('"') != text.npos) {
      return wrong(line_, "a quote inside a cell that does not begin with one (double it, and put the cell in quotes)");
    }
    return append(cell, text);
  }

  Status read_quoted(std::string& cell) {
    const unsigned begun = line_;
    rest_.remove_prefix(1);
    while (true) {
      const std::size_t quote = rest_.find('"');
      if (quote == rest_.npos) {
        return wrong(begun, "a quoted cell begins here and never ends");
      }
      const std::string_view text = rest_.substr(0, quote);
      line_ += static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
      RETURN_IF_ERROR(append(cell, text));
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) {
        break;
      }
      RETURN_IF_ERROR(append(cell, "\""));
      rest_.remove_prefix(1);
    }
    const bool ends = rest_.empty() || rest_[0] == separator_ || rest_[0] == '\n' || rest_.starts_with("\r\n");
    return ends ? Status() : wrong(line_, "text after the closing quote of a cell");
  }

  Status append(std::string& cell, std::string_view text) {
    if (text.size() > limits_.cell_bytes - cell.size()) {
      return wrong(line_, "a cell is longer than " + std::to_string(limits_.cell_bytes) + " bytes");
    }
    cell += text;
    return {};
  }

  Status end_row() {
    rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : rest_.empty() ? 0 : 1);
    ++line_;
    return {};
  }

  std::string_view rest_;
  const CsvLimits& limits_;
  const char separator_;
  unsigned line_ = 1;
};

}  // namespace

Status read_csv(std::string_view text, const CsvLimits& limits, const std::function<Status(CsvRow&)>& each) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  RETURN_IF_ERROR(check_encoding(text));
  Reader reader(text, limits);
  CsvRow row;
  for (unsigned rows = 0; !reader.at_end();) {
    RETURN_IF_ERROR(reader.read_row(row));
    if (std::all_of(row.cells.begin(), row.cells.end(),
                    [](const std::string& cell) { return cell.find_first_not_of(" \t\r\n") == cell.npos; })) {
      continue;
    }
    if (++rows > limits.rows) {
      return wrong(row.line, "more than " + std::to_string(limits.rows) + " rows");
    }
    RETURN_IF_ERROR(each(row));
  }
  return {};
}

}  // namespace tessera::app
