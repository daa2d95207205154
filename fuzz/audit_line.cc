// What verification reads: lines, file names, `last` and anchors from anybody. A line that is taken is the one that its
// parts make; one that was sealed and then changed in any bit is not taken.
#include "auth/audit_line.h"

#include <cstdlib>

#include "auth/audit_folder.h"
#include "auth/audit_verify.h"
#include "base/bytes.h"

namespace {

using namespace tessera;

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void check_line(std::string_view text) {
  const auto line = auth::parse_audit_line(text);
  if (line.ok()) {
    require(auth::seal_audit_line(line->seq, line->body, line->prev) == std::string(text) + "\n");
  }
}

void check_sealed(std::string_view text) {
  std::string body = "\"time\":\"2026-11-25T04:03:01.123456Z\",\"what\":";
  auth::append_audit_text(body, text);
  require(body.find('\n') == body.npos);
  std::string sealed = auth::seal_audit_line(text.size(), body, auth::kNoAuditHash);
  sealed.pop_back();
  const auto line = auth::parse_audit_line(sealed);
  require(text.empty() || (line.ok() && line->body == body && line->seq == text.size()));
  if (!text.empty()) {
    const std::size_t at = (static_cast<unsigned char>(text[0]) * 257u + text.size()) % sealed.size();
    sealed[at] = static_cast<char>(sealed[at] ^ (1 << (static_cast<unsigned char>(text.back()) % 8)));
    require(!auth::parse_audit_line(sealed).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_line(text);
  check_sealed(text);
  if (const auto name = auth::parse_audit_file_name(text)) {
    require(name->name == text);
  }
  const auto end = auth::parse_audit_end(text);
  if (end.ok()) {
    require(*auth::parse_audit_end(auth::print_audit_end(*end)) == *end);
  }
  (void)auth::parse_audit_anchor(text);
  return 0;
}
