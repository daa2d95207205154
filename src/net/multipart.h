// multipart/related (RFC 2387, RFC 2046 §5.1), both ways, as streams: a part may be larger than memory.
//
// MultipartParser is pushed bytes as they come and calls its sink; it holds at most one boundary and one part head.
// MultipartRope puts boundaries between ropes. One thread at a time each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/rope.h"

namespace tessera::net {

struct PartHead {
  std::vector<std::pair<std::string, std::string>> fields;
  std::string_view field(std::string_view name) const;  // any case; empty when absent
};

class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual Status on_part_begin(const PartHead& head) = 0;
  virtual Status on_part_bytes(ByteView bytes) = 0;
  virtual Status on_part_end() = 0;
};

class MultipartParser {
 public:
  // `boundary` as in the Content-Type parameter (1–70 characters). `sink` is borrowed.
  MultipartParser(std::string boundary, PartSink& sink);
  ~MultipartParser();

  // InvalidArgument with the byte offset for what is not multipart; a failure of the sink is passed on.
  Status feed(ByteView bytes);
  // InvalidArgument when the closing boundary has not been seen.
  Status finish();
  // Parts begun so far.
  std::uint64_t parts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What stands before, between and after the parts of a body that goes out piece by piece.
class MultipartPieces {
 public:
  explicit MultipartPieces(std::string boundary) : boundary_(std::move(boundary)) {}
  // Before a part: `head` are its fields as "Name: value\r\n" lines; Content-Length is added where it is known.
  std::string before_part(std::string_view head, std::optional<std::uint64_t> length);
  // After the last part, once; then nothing more.
  std::string end();

 private:
  const std::string boundary_;
  bool begun_ = false, ended_ = false;
};

// A multipart body of known length.
class MultipartRope {
 public:
  explicit MultipartRope(std::string boundary) : pieces_(std::move(boundary)) {}
  // `head`: the part's fields as "Name: value\r\n" lines; Content-Length is added.
  void add(std::string_view head, Rope body);
  Rope finish();

 private:
  MultipartPieces pieces_;
  Rope rope_;
};

// A boundary that no content can hold by accident: 128 random bits.
std::string random_boundary();

}  // namespace tessera::net
