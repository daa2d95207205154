#include "auth/session.h"

#include <array>
#include <charconv>

#include "auth/introspection.h"

namespace tessera::auth {

std::string session_text(const Session& session) {
  std::string out = session.id;
  out.append("\n").append(std::to_string(session.access_until));
  for (const std::string* line : {&session.access_token, &session.refresh_token, &session.subject, &session.name}) {
    out.append("\n").append(*line);
  }
  return out;
}

std::optional<Session> read_session(std::string_view text) {
  std::array<std::string_view, 6> lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t end = text.find('\n');
    if ((end == text.npos) != (i + 1 == lines.size())) {
      return std::nullopt;
    }
    lines[i] = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  Session out;
  const char* last = lines[1].data() + lines[1].size();
  const auto parsed = std::from_chars(lines[1].data(), last, out.access_until);
  if (parsed.ec != std::errc() || parsed.ptr != last || lines[0].empty() || !is_bearer_token(lines[2])) {
    return std::nullopt;
  }
  out.id = lines[0];
  out.access_token = lines[2];
  out.refresh_token = lines[3];
  out.subject = lines[4];
  out.name = lines[5];
  return out;
}

}  // namespace tessera::auth
