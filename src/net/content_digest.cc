#include "net/content_digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "net/field_text.h"

namespace tessera::net {

namespace {

struct Algorithm {
  std::string_view name;  // in either RFC, whatever its case
  std::size_t bytes;
  const EVP_MD* (*function)();
};
constexpr std::array kAlgorithms = {Algorithm{"sha-256", 32, EVP_sha256}, Algorithm{"sha-512", 64, EVP_sha512}};

constexpr std::size_t kMaxField = 4096;

// Exactly `bytes` of base64 with its padding; empty when it is anything else.
std::string decode(std::string_view text, std::size_t bytes) {
  const std::size_t length = (bytes + 2) / 3 * 4;
  if (text.size() != length) {
    return {};
  }
  std::string out(length / 4 * 3, '\0');
  const int got = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (got != static_cast<int>(out.size())) {
    return {};
  }
  out.resize(bytes);
  return out;
}

Status malformed(std::string_view name, std::string_view item) {
  return Status(Code::InvalidArgument,
                std::string(name) + ": '" + std::string(item.substr(0, 120)) +
                    "' is no digest, which is written sha-256=:base64: (Digest: SHA-256=base64)");
}

// "sha-256=:…:" or "SHA-256=…" off the front; parameters (";…") are passed over.
std::string_view cut_item(std::string_view& list) {
  const std::size_t end = std::min(list.find(','), list.size());
  const std::string_view item = without_blanks(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return item;
}

}  // namespace

struct ContentDigest::Stated {
  struct One {
    std::string field;
    const Algorithm* algorithm;
    std::string value;
    EVP_MD_CTX* context;
  };
  std::vector<One> all;

  ~Stated() {
    for (const One& one : all) {
      EVP_MD_CTX_free(one.context);
    }
  }
};

ContentDigest::ContentDigest() = default;
ContentDigest::~ContentDigest() = default;
ContentDigest::ContentDigest(ContentDigest&&) noexcept = default;
ContentDigest& ContentDigest::operator=(ContentDigest&&) noexcept = default;

Status ContentDigest::read_field(std::string_view name, std::string_view value) {
  if (value.size() > kMaxField) {
    return malformed(name, value);
  }
  const bool structured = name != "Digest";  // RFC 9530: base64 between colons
  while (!value.empty()) {
    const std::string_view item = cut_item(value);
    if (item.empty()) {
      continue;
    }
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == item.npos) {
      return malformed(name, item);
    }
    const auto known = std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](const Algorithm& algorithm) {
      return same_word(algorithm.name, item.substr(0, equals));
    });
    if (known == kAlgorithms.end()) {
      continue;
    }
    std::string_view text = item.substr(equals + 1);
    text = text.substr(0, text.find(';'));
    const bool colons = text.size() >= 2 && text.front() == ':' && text.back() == ':';
    text = colons ? text.substr(1, text.size() - 2) : text;
    const std::string bytes = decode(text, known->bytes);
    if (bytes.empty() || colons != structured) {
      return malformed(name, item);
    }
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    if (context == nullptr || EVP_DigestInit_ex(context, known->function(), nullptr) != 1) {
      EVP_MD_CTX_free(context);
      return Status(Code::Internal, "verify " + std::string(name) + ": no memory for a digest");
    }
    if (stated_ == nullptr) {
      stated_ = std::make_unique<Stated>();
    }
    stated_->all.push_back({std::string(name), &*known, bytes, context});
  }
  return {};
}

bool ContentDigest::is_stated() const {
  return stated_ != nullptr;
}

void ContentDigest::update(ByteView bytes) {
  if (stated_ != nullptr) {
    for (const Stated::One& one : stated_->all) {
      (void)EVP_DigestUpdate(one.context, bytes.data(), bytes.size());
    }
  }
}

Status ContentDigest::check() {
  if (stated_ == nullptr) {
    return {};
  }
  for (const Stated::One& one : stated_->all) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned length = 0;
    const bool done = EVP_DigestFinal_ex(one.context, made.data(), &length) == 1;
    if (!done || one.value != as_text(ByteView(made.data(), length))) {
      return Status(Code::InvalidArgument, one.field + ": the " + std::string(one.algorithm->name) +
                                               " of the bytes that arrived is another one than stated");
    }
  }
  return {};
}

}  // namespace tessera::net
