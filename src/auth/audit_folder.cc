#include "auth/audit_folder.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "auth/audit_line.h"
#include "base/file.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kDate = 8;
constexpr std::size_t kFewestDigits = 12;
constexpr std::string_view kExtension = ".jsonl";
constexpr std::uint64_t kMaxLast = 4096;

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

std::string audit_file_name(std::string_view date, std::uint64_t first) {
  char number[24];
  std::snprintf(number, sizeof number, "%012llu", static_cast<unsigned long long>(first));
  return std::string(date) + "-" + number + std::string(kExtension);
}

std::optional<AuditFileName> parse_audit_file_name(std::string_view name) {
  AuditFileName out{std::string(name), 0};
  const bool shaped =
      name.size() >= kDate + 1 + kFewestDigits + kExtension.size() && name[kDate] == '-' && name.ends_with(kExtension);
  std::uint64_t date = 0;
  if (!shaped || !read_number(name.substr(0, kDate), date) ||
      !read_number(name.substr(kDate + 1, name.size() - kDate - 1 - kExtension.size()), out.first) ||
      audit_file_name(name.substr(0, kDate), out.first) != name) {
    return std::nullopt;
  }
  return out;
}

Result<std::vector<AuditFileName>> list_audit_files(const std::filesystem::path& folder) {
  std::vector<AuditFileName> files;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(folder, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (auto name = parse_audit_file_name(at->path().filename().string())) {
      files.push_back(std::move(*name));
    }
  }
  if (error) {
    return errno_status(error.value(), "list the audit trail '" + folder.string() + "'");
  }
  std::sort(files.begin(), files.end(), [](const AuditFileName& a, const AuditFileName& b) {
    return a.first != b.first ? a.first < b.first : a.name < b.name;
  });
  return files;
}

std::string print_audit_end(const AuditEnd& end) {
  char head[32], size[32];
  std::snprintf(head, sizeof head, "%020llu ", static_cast<unsigned long long>(end.seq));
  std::snprintf(size, sizeof size, " %020llu\n", static_cast<unsigned long long>(end.size));
  return head + end.hash + " " + end.file + size;
}

Result<AuditEnd> parse_audit_end(std::string_view text) {
  AuditEnd end;
  const bool numbered = read_number(take_word(text), end.seq);
  end.hash = take_word(text);
  end.file = take_word(text);
  const bool sized = read_number(take_word(text), end.size);
  if (!numbered || !sized || end.hash.size() != kAuditHash || !parse_audit_file_name(end.file)) {
    return Status(Code::Corrupt, "the audit trail's 'last' does not say where the trail ends");
  }
  return end;
}

Result<std::optional<AuditEnd>> read_audit_end(const std::filesystem::path& folder) {
  const auto text = read_file(folder / kAuditLast, kMaxLast);
  if (!text.ok()) {
    return text.status().code() == Code::NotFound ? Result<std::optional<AuditEnd>>(std::optional<AuditEnd>())
                                                  : text.status();
  }
  if (text->empty()) {
    return std::optional<AuditEnd>();
  }
  TRY_ASSIGN(AuditEnd end, parse_audit_end(*text));
  return std::optional<AuditEnd>(std::move(end));
}

}  // namespace tessera::auth
