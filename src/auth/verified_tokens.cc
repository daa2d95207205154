#include "auth/verified_tokens.h"

#include <atomic>

namespace tessera::auth {

namespace {

// Threads are numbered as they come; a loop keeps its number for life.
std::size_t number_of_thread() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

VerifiedTokens::VerifiedTokens() : parts_(std::make_unique<std::array<Part, kParts>>()) {}

VerifiedTokens::Part& VerifiedTokens::part_of_thread() const {
  return (*parts_)[number_of_thread() % kParts];
}

std::size_t VerifiedTokens::weight_of(const VerifiedToken& token) {
  constexpr std::size_t kNodes = 128;  // of list and index
  const Identity& identity = token.identity;
  std::size_t bytes = sizeof token + kNodes + identity.issuer.size() + identity.subject.size() +
                      identity.client.size() + identity.name.size();
  for (const auto* list : {&identity.roles, &identity.scopes}) {
    for (const std::string& text : *list) {
      bytes += sizeof text + text.size();
    }
  }
  return bytes;
}

void VerifiedTokens::put(const TokenDigest& digest, VerifiedTokenPtr token) {
  const std::size_t weight = weight_of(*token);
  all_.put(digest, token, weight);
  part_of_thread().cache.put(digest, std::move(token), weight);
}

}  // namespace tessera::auth
