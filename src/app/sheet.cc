#include "app/sheet.h"

#include <algorithm>
#include <charconv>

#include "app/csv.h"
#include "base/nearest.h"
#include "convert/identity.h"

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

using convert::Labels;
using Text = std::string Labels::*;

// The columns whose cells are labels. The two keys and mpp are not: see Parser.
struct Column {
  std::string_view name;
  Text label;
};
constexpr Column kLabels[] = {
    {"patient_name", &Labels::patient_name},
    {"patient_id", &Labels::patient_id},
    {"patient_birth_date", &Labels::patient_birth_date},
    {"patient_sex", &Labels::patient_sex},
    {"accession_number", &Labels::accession_number},
    {"case_id", &Labels::case_id},
    {"study_uid", &Labels::study_uid},
    {"study_id", &Labels::study_id},
    {"study_date", &Labels::study_date},
    {"study_description", &Labels::study_description},
    {"container_id", &Labels::container_id},
    {"specimen_id", &Labels::specimen_id},
    {"stain", &Labels::stain},
};
constexpr std::string_view kFile = "file";
constexpr std::string_view kBarcode = "barcode";
constexpr std::string_view kMpp = "mpp";

// What must be one for all rows of a patient or a case.
constexpr Text kOfPatient[] = {&Labels::patient_name, &Labels::patient_id, &Labels::patient_birth_date,
                               &Labels::patient_sex};

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == text.npos ? std::string()
                            : std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin));
}

// "Patient Name" and "patient-name" are patient_name.
std::string column_name(std::string_view cell) {
  std::string name = trimmed(cell);
  for (char& c : name) {
    c = c == ' ' || c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

std::vector<std::string_view> known_columns() {
  std::vector<std::string_view> names{kFile, kBarcode, kMpp};
  for (const Column& column : kLabels) {
    names.push_back(column.name);
  }
  return names;
}

Status wrong(unsigned line, const std::string& what) {
  return Status(Code::InvalidArgument, "line " + std::to_string(line) + what);
}

std::string_view name_of(Text label) {
  return std::find_if(std::begin(kLabels), std::end(kLabels), [&](const Column& c) { return c.label == label; })->name;
}

}  // namespace

class Sheet::Parser {
 public:
  explicit Parser(const convert::Options& defaults) : defaults_(defaults) {}

  Status take(CsvRow& row) { return columns_.empty() ? take_header(row) : take_row(row); }

  Result<Sheet> finish() {
    if (columns_.empty()) {
      return Status(Code::InvalidArgument, "it is empty: its first line must name the columns");
    }
    // What a case says may make a row one patient's, and what that patient's rows say may concern another case.
    do {
      learned_ = false;
      RETURN_IF_ERROR(unite([](const Labels& labels) { return labels.patient_id; }, "patient"));
      RETURN_IF_ERROR(unite(convert::case_key, "case"));
    } while (learned_);
    sheet_.used_ = std::make_unique<Used>();
    sheet_.used_->by.resize(sheet_.rows_.size());
    return std::move(sheet_);
  }

 private:
  Status take_header(const CsvRow& row) {
    const auto known = known_columns();
    for (const std::string& cell : row.cells) {
      const std::string name = column_name(cell);
      if (name.empty()) {  // spreadsheets save what was once there
        columns_.emplace_back();
        continue;
      }
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        const auto nearest = std::min_element(known.begin(), known.end(), [&](auto a, auto b) {
          return edit_distance(a, name) < edit_distance(b, name);
        });
        return wrong(row.line,
                     ": there is no column '" + trimmed(cell) + "'; the nearest is '" + std::string(*nearest) + "'");
      }
      if (std::find(columns_.begin(), columns_.end(), name) != columns_.end()) {
        return wrong(row.line, ": column '" + name + "' is there twice");
      }
      columns_.push_back(name);
    }
    const auto has = [&](std::string_view name) {
      return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
    };
    return has(kFile) || has(kBarcode) ? Status() : wrong(row.line, ": neither a column 'file' nor a column 'barcode'");
  }

  Status take_row(const CsvRow& cells) {
    Row row;
    row.line = cells.line;
    for (std::size_t i = 0; i < cells.cells.size(); ++i) {
      const std::string value = trimmed(cells.cells[i]);
      if (i >= columns_.size()) {
        if (!value.empty()) {
          return wrong(row.line, " has more cells than there are columns (" + std::to_string(columns_.size()) + ")");
        }
        continue;
      }
      if (columns_[i].empty() && !value.empty()) {
        return wrong(row.line, ": '" + value + "' stands in column " + std::to_string(i + 1) + ", which has no name");
      }
      RETURN_IF_ERROR(put(row, columns_[i], value));
    }
    if (row.file.empty() && row.barcode.empty()) {
      return wrong(row.line, ": neither 'file' nor 'barcode' says which slide it is about");
    }
    convert::Options options = defaults_;
    put_over(row, options);
    const Status checked = convert::check_options(options);
    if (!checked.ok()) {
      return wrong(row.line, ": " + std::string(checked.message()));
    }
    RETURN_IF_ERROR(note_key(sheet_.by_file_, row.file, kFile, row.line));
    RETURN_IF_ERROR(note_key(sheet_.by_barcode_, row.barcode, kBarcode, row.line));
    sheet_.rows_.push_back(std::move(row));
    return {};
  }

  static Status put(Row& row, std::string_view column, const std::string& value) {
    if (column == kFile || column == kBarcode) {
      (column == kFile ? row.file : row.barcode) = value;
      return {};
    }
    if (column.empty()) {
      return {};
    }
    if (column == kMpp) {
      std::string digits = value;
      std::replace(digits.begin(), digits.end(), ',', '.');  // as spreadsheets of many countries write it
      double micrometres = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), micrometres);
      if (!value.empty() && (error != std::errc() || end != digits.data() + digits.size() || !(micrometres > 0))) {
        return wrong(row.line, ", column mpp: '" + value + "' is no number above 0 (micrometres per pixel)");
      }
      row.mm_per_pixel = micrometres / 1000;
      return {};
    }
    const auto found =
        std::find_if(std::begin(kLabels), std::end(kLabels), [&](const Column& c) { return c.name == column; });
    row.labels.*(found->label) = value;
    return {};
  }

  Status note_key(std::map<std::string, std::size_t, std::less<>>& keys, const std::string& key,
                  std::string_view column, unsigned line) {
    if (key.empty()) {
      return {};
    }
    const auto [at, is_new] = keys.emplace(key, sheet_.rows_.size());
    return is_new ? Status()
                  : wrong(line, ": " + std::string(column) + " '" + key + "' is on line " +
                                    std::to_string(sheet_.rows_[at->second].line) + " already");
  }

  // Rows with one value of `key` are of one patient: what one leaves empty it takes from the others, and what two say
  // differently is an error.
  template <class Key>
  Status unite(const Key& key, const char* what) {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < sheet_.rows_.size(); ++i) {
      if (const std::string name = key(sheet_.rows_[i].labels); !name.empty()) {
        groups[name].push_back(i);
      }
    }
    for (const auto& [name, members] : groups) {
      for (const Text label : kOfPatient) {
        RETURN_IF_ERROR(unite_label(members, label, std::string(what) + " '" + name + "'"));
      }
    }
    return {};
  }

  Status unite_label(const std::vector<std::size_t>& members, Text label, const std::string& what) {
    const Row* says = nullptr;
    for (const std::size_t member : members) {
      const Row& row = sheet_.rows_[member];
      if ((row.labels.*label).empty()) {
        continue;
      }
      if (says != nullptr && says->labels.*label != row.labels.*label) {
        return wrong(row.line, ": " + what + " has " + std::string(name_of(label)) + " '" + row.labels.*label +
                                   "' here and '" + says->labels.*label + "' on line " + std::to_string(says->line));
      }
      says = &row;
    }
    if (says != nullptr) {
      const std::string value = says->labels.*label;
      for (const std::size_t member : members) {
        std::string& cell = sheet_.rows_[member].labels.*label;
        learned_ = learned_ || cell.empty();
        cell = value;
      }
    }
    return {};
  }

  const convert::Options& defaults_;
  std::vector<std::string> columns_;  // empty: a column without a name, whose cells must be empty
  bool learned_ = false;              // a row got a label from another
  Sheet sheet_;
};

Result<Sheet> Sheet::parse(std::string_view text, const convert::Options& defaults) {
  if (text.size() > kMaxBytes) {
    return Status(Code::TooLarge,
                  "it has " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(kMaxBytes));
  }
  Parser parser(defaults);
  RETURN_IF_ERROR(read_csv(text, {}, [&](CsvRow& row) { return parser.take(row); }));
  return parser.finish();
}

// A name with folders in it is looked for before the bare name, and the bare name before the one without extension.
const Sheet::Row* Sheet::find_by_file(const fs::path& slide) const {
  const auto row_of = [&](const std::string& key) -> const Row* {
    const auto found = by_file_.find(key);
    return found == by_file_.end() ? nullptr : &rows_[found->second];
  };
  const std::string whole = slide.generic_string();
  if (const Row* row = row_of(whole); row != nullptr) {
    return row;
  }
  for (std::size_t at = 0; at != whole.npos; at = whole.find('/', at)) {
    at += at > 0 || whole.starts_with('/') ? 1 : 0;
    if (const Row* row = row_of(whole.substr(at)); row != nullptr) {
      return row;
    }
  }
  return row_of(slide.stem().string());
}

const Sheet::Row* Sheet::find_by_barcode(const fs::path& slide, const std::string& barcode) const {
  const auto found = by_barcode_.find(barcode.empty() ? slide.stem().string() : trimmed(barcode));
  return found == by_barcode_.end() ? nullptr : &rows_[found->second];
}

void Sheet::put_over(const Row& row, convert::Options& options) {
  for (const Column& column : kLabels) {
    if (!(row.labels.*(column.label)).empty()) {
      options.labels.*(column.label) = row.labels.*(column.label);
    }
  }
  if (options.labels.container_id.empty()) {
    options.labels.container_id = row.barcode;
  }
  options.mm_per_pixel = row.mm_per_pixel > 0 ? row.mm_per_pixel : options.mm_per_pixel;
}

std::optional<Sheet::Match> Sheet::apply(const fs::path& slide, const std::string& barcode, convert::Options& options) {
  const Row* named = find_by_file(slide);
  const Row* row = named != nullptr ? named : find_by_barcode(slide, barcode);
  if (row == nullptr) {
    return std::nullopt;
  }
  put_over(*row, options);
  const std::lock_guard lock(used_->mutex);
  std::string& by = used_->by[static_cast<std::size_t>(row - rows_.data())];
  by = by.empty() ? slide.string() : by;
  return Match{row->line, named != nullptr && by != slide.string() ? by : ""};
}

std::vector<unsigned> Sheet::unused_lines() const {
  std::vector<unsigned> lines;
  const std::lock_guard lock(used_->mutex);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (used_->by[i].empty()) {
      lines.push_back(rows_[i].line);
    }
  }
  return lines;
}

}  // namespace tessera::app
