// Session: what a sign-in on the page came to. The browser keeps it, sealed (seal.h), and sends it back with each
// request; the tokens in it are never seen by a script, and the server itself keeps no list. A plain value.
//
//   session := id LF access-until LF access-token LF refresh-token LF subject LF name
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::auth {

struct Session {
  std::string id;  // random; stays the same when it is renewed
  std::string access_token;
  std::string refresh_token;      // empty: it cannot be renewed
  std::string subject;            // as the access token has it, of one line: for the audit when it ends
  std::string name;               // for people to read, of one line
  std::int64_t access_until = 0;  // Unix seconds: when the access token ends
};
using SessionPtr = std::shared_ptr<const Session>;

std::string session_text(const Session& session);
// Nothing when the text is none, or holds a token that is none.
std::optional<Session> read_session(std::string_view text);

}  // namespace tessera::auth
