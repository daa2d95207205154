// The files of a TlsContext, read and looked at: what is wrong with them is said in a sentence that names the file.
// Private to TlsContext. Pure functions.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "net/openssl.h"

namespace tessera::net {

struct ServerPair {
  std::vector<X509Ptr> chain;  // the server's own first
  KeyPtr key;
};

// Refused: what is unreadable or no PEM; a key that others may read, that is encrypted, or that is another
// certificate's; a certificate whose time is not now.
Result<ServerPair> read_server_pair(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                    std::int64_t now_seconds);

// The certificates of a PEM file, at least one. `what`: what they are, for the sentence.
Result<std::vector<X509Ptr>> read_certificates(const std::filesystem::path& path, std::string_view what);

// The end of its time, in seconds since 1970.
std::int64_t end_of(const X509* certificate);

}  // namespace tessera::net
