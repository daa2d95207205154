#include "auth/audit_line.h"

#include <openssl/sha.h>

#include <algorithm>
#include <charconv>

namespace tessera::auth {

namespace {

constexpr std::string_view kSeq = "{\"seq\":";
constexpr std::string_view kTime = "\"time\":\"";
constexpr std::string_view kPrev = ",\"prev\":\"";
constexpr std::string_view kHash = "\",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";
constexpr std::size_t kTail = kPrev.size() + kAuditHash + kHash.size() + kAuditHash + kEnd.size();
constexpr std::size_t kMaxTime = 40;

bool is_hash(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Status broken(const char* what) {
  return Status(Code::Corrupt, std::string("is no audit line: ") + what);
}

// How many bytes the UTF-8 sequence at the text's begin has; 0: it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 0 || length > text.size() || first > 0xF4) {
    return 0;
  }
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool outside = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string hex;
  hex.reserve(kAuditHash);
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Result<AuditLine> parse_audit_line(std::string_view line) {
  if (!line.starts_with(kSeq)) {
    return broken("it does not begin with its number");
  }
  AuditLine out;
  const char* const end = line.data() + line.size();
  const auto number = std::from_chars(line.data() + kSeq.size(), end, out.seq);
  const auto begin = static_cast<std::size_t>(number.ptr - line.data());
  const bool padded = line.size() > kSeq.size() && line[kSeq.size()] == '0';
  if (number.ec != std::errc() || padded || begin >= line.size() || line[begin] != ',') {
    return broken("its number cannot be read");
  }
  if (line.size() < begin + 1 + kTail || !line.ends_with(kEnd)) {
    return broken("its end is missing");
  }
  const std::size_t tail = line.size() - kTail;
  out.body = line.substr(begin + 1, tail - begin - 1);
  out.prev = line.substr(tail + kPrev.size(), kAuditHash);
  out.hash = line.substr(line.size() - kEnd.size() - kAuditHash, kAuditHash);
  const std::size_t hashed = tail + kPrev.size() + kAuditHash;
  if (line.substr(tail, kPrev.size()) != kPrev || line.substr(hashed, kHash.size()) != kHash || !is_hash(out.prev) ||
      !is_hash(out.hash)) {
    return broken("its hashes are missing");
  }
  const std::size_t quote = out.body.find('"', kTime.size());
  if (!out.body.starts_with(kTime) || quote == out.body.npos || quote - kTime.size() > kMaxTime) {
    return broken("its time is missing");
  }
  out.time = out.body.substr(kTime.size(), quote - kTime.size());
  if (sha256_hex(line.substr(0, hashed + 1)) != out.hash) {
    return Status(Code::Corrupt, "was changed: its hash is not that of its bytes");
  }
  return out;
}

std::string seal_audit_line(std::uint64_t seq, std::string_view body, std::string_view prev) {
  std::string line(kSeq);
  line.append(std::to_string(seq)).append(",").append(body).append(kPrev).append(prev).append("\"");
  const std::string hash = sha256_hex(line);
  line.append(kHash.substr(1)).append(hash).append(kEnd).append("\n");
  return line;
}

std::string_view sealed_hash(std::string_view sealed) {
  return sealed.substr(sealed.size() - 1 - kEnd.size() - kAuditHash, kAuditHash);
}

void append_audit_text(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (length == 0 || first < 0x20 || first == 0x7F) {
      out.append("\\u00").append(1, kDigits[first >> 4]).append(1, kDigits[first & 15]);
    } else {
      out.append(first == '"' || first == '\\' ? "\\" : "").append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

}  // namespace tessera::auth
