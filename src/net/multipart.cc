#include "net/multipart.h"

#include <algorithm>
#include <random>

#include "net/field_text.h"

namespace tessera::net {

namespace {

constexpr std::size_t kMaxPartHead = 16 * 1024;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

std::string_view PartHead::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_word(key, name)) {
      return value;
    }
  }
  return {};
}

// One state per place in the body:
//   preamble, then at each delimiter: "--" ends it, else a line end, the part's head, and its bytes to the next
//   delimiter.
struct MultipartParser::Impl {
  enum class State { Preamble, AfterDelimiter, Head, Body, Epilogue };

  Impl(std::string boundary, PartSink& part_sink) : delimiter("\r\n--" + boundary), sink(part_sink) {
    // As if a line end came before: the first delimiter may open the body.
    held = "\r\n";
  }

  const std::string delimiter;
  PartSink& sink;
  State state = State::Preamble;
  std::string held;  // a possible start of a delimiter (Preamble, Body), or a line that is not complete
  std::uint64_t offset = 0;
  std::uint64_t parts = 0;
  Status failed;

  Status malformed(const char* what) const {
    return Status(Code::InvalidArgument, "multipart body, near byte " + std::to_string(offset) + ": " + what);
  }

  Status emit(std::string_view bytes) {
    return state == State::Body && !bytes.empty() ? sink.on_part_bytes(as_bytes(bytes)) : Status();
  }

  Status on_delimiter() {
    if (state == State::Body) {
      RETURN_IF_ERROR(sink.on_part_end());
    }
    state = State::AfterDelimiter;
    held.clear();
    return {};
  }

  // Passes bytes on up to a delimiter; what may be the start of one is held back.
  Status scan(std::string_view& bytes) {
    if (!held.empty()) {
      return scan_held(bytes);
    }
    const std::size_t found = bytes.find(delimiter);
    if (found != bytes.npos) {
      RETURN_IF_ERROR(emit(bytes.substr(0, found)));
      bytes.remove_prefix(found + delimiter.size());
      return on_delimiter();
    }
    const std::size_t keep = possible_start(bytes);
    RETURN_IF_ERROR(emit(bytes.substr(0, bytes.size() - keep)));
    held = std::string(bytes.substr(bytes.size() - keep));
    bytes = {};
    return {};
  }

  // How many bytes at the end of `bytes` begin a delimiter.
  std::size_t possible_start(std::string_view bytes) const {
    for (std::size_t keep = std::min(bytes.size(), delimiter.size() - 1); keep > 0; --keep) {
      if (std::string_view(delimiter).starts_with(bytes.substr(bytes.size() - keep))) {
        return keep;
      }
    }
    return 0;
  }

  // `held` begins a delimiter: goes on with it byte by byte, until it is one or is none.
  Status scan_held(std::string_view& bytes) {
    while (!bytes.empty() && !held.empty()) {
      held += bytes.front();
      bytes.remove_prefix(1);
      if (held.size() == delimiter.size() && held == delimiter) {
        return on_delimiter();
      }
      const std::size_t keep = possible_start(held);
      RETURN_IF_ERROR(emit(std::string_view(held).substr(0, held.size() - keep)));
      held.erase(0, held.size() - keep);
    }
    return {};
  }

  Status after_delimiter(std::string_view& bytes) {
    held += bytes.front();
    bytes.remove_prefix(1);
    if (held == "--") {
      state = State::Epilogue;
      return {};
    }
    if (held.ends_with("\r\n")) {
      if (!trim(std::string_view(held).substr(0, held.size() - 2)).empty()) {
        return malformed("something follows a boundary on its line");
      }
      state = State::Head;
      held.clear();
      return {};
    }
    const bool padding = held == "-" || trim(held).empty();
    return padding && held.size() < 256 ? Status() : malformed("something follows a boundary on its line");
  }

  Status head(std::string_view& bytes) {
    // Up to the empty line; a head may also be empty.
    while (!bytes.empty()) {
      held += bytes.front();
      bytes.remove_prefix(1);
      if (held == "\r\n" || held.ends_with("\r\n\r\n")) {
        return end_head();
      }
      if (held.size() > kMaxPartHead) {
        return malformed("a part's head is longer than 16 KiB");
      }
    }
    return {};
  }

  Status end_head() {
    PartHead parsed;
    std::string_view rest = held;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end + 2);
      if (line.empty()) {
        continue;
      }
      if ((line.front() == ' ' || line.front() == '\t') && !parsed.fields.empty()) {
        parsed.fields.back().second.append(" ").append(trim(line));  // a folded one (RFC 5322 §2.2.3)
        continue;
      }
      const std::size_t colon = line.find(':');
      if (colon == line.npos || colon == 0) {
        return malformed("a line of a part's head is not name: value");
      }
      parsed.fields.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    state = State::Body;
    held = "\r\n";  // a delimiter may follow at once: the part is empty then
    ++parts;
    RETURN_IF_ERROR(sink.on_part_begin(parsed));
    // The line end before the bytes is the head's, not theirs; `held` only stands in for it.
    at_body_start = true;
    return {};
  }

  bool at_body_start = false;

  Status step(std::string_view& bytes) {
    switch (state) {
      case State::Preamble:
      case State::Body:
        return at_body_start ? first_bytes(bytes) : scan(bytes);
      case State::AfterDelimiter:
        return after_delimiter(bytes);
      case State::Head:
        return head(bytes);
      case State::Epilogue:
        bytes = {};
        return {};
    }
    return {};
  }

  // The first bytes of a body: a delimiter right here lacks its line end, which was the head's.
  Status first_bytes(std::string_view& bytes) {
    while (!bytes.empty() && at_body_start) {
      held += bytes.front();
      bytes.remove_prefix(1);
      if (held == delimiter) {
        at_body_start = false;
        return on_delimiter();
      }
      if (!std::string_view(delimiter).starts_with(held)) {
        at_body_start = false;
        const std::string own = held.substr(2);
        held.clear();
        std::string_view again = own;
        while (!again.empty()) {
          RETURN_IF_ERROR(scan(again));
        }
      }
    }
    return {};
  }
};

MultipartParser::MultipartParser(std::string boundary, PartSink& sink)
    : impl_(std::make_unique<Impl>(std::move(boundary), sink)) {}
MultipartParser::~MultipartParser() = default;

Status MultipartParser::feed(ByteView bytes) {
  std::string_view rest = as_text(bytes);
  while (impl_->failed.ok() && !rest.empty()) {
    const std::size_t before = rest.size();
    impl_->failed = impl_->step(rest);
    impl_->offset += before - rest.size();
  }
  return impl_->failed;
}

Status MultipartParser::finish() {
  if (impl_->failed.ok() && impl_->state != Impl::State::Epilogue) {
    impl_->failed = impl_->malformed("it ends without its closing boundary");
  }
  return impl_->failed;
}

std::uint64_t MultipartParser::parts() const {
  return impl_->parts;
}

std::string MultipartPieces::before_part(std::string_view head, std::optional<std::uint64_t> length) {
  std::string text = begun_ ? "\r\n--" : "--";
  begun_ = true;
  text.append(boundary_).append("\r\n").append(head);
  if (length) {
    text.append("Content-Length: ").append(std::to_string(*length)).append("\r\n");
  }
  return text + "\r\n";
}

std::string MultipartPieces::end() {
  if (ended_) {
    return {};
  }
  ended_ = true;
  return (begun_ ? "\r\n--" : "--") + boundary_ + "--\r\n";
}

void MultipartRope::add(std::string_view head, Rope body) {
  rope_.append(pieces_.before_part(head, body.size()));
  rope_.append(std::move(body));
}

Rope MultipartRope::finish() {
  rope_.append(pieces_.end());
  return std::move(rope_);
}

std::string random_boundary() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device random;
  std::string out;
  for (int word = 0; word < 4; ++word) {
    unsigned bits = random();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) {
      out += kDigits[bits & 15];
    }
  }
  return out;
}

}  // namespace tessera::net
