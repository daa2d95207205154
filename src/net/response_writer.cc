#include "net/response_writer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>

namespace tessera::net {

namespace {

constexpr std::size_t kFetchBytes = 256 * 1024;
constexpr std::size_t kSegment = 65'000;  // what the kernel hands to a device at once, nearly
constexpr std::size_t kChunkHead = 10;    // "xxxxxxxx\r\n"

struct Phrase {
  int status;
  std::string_view text;
};
constexpr Phrase kPhrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

// Field values come from handlers; what could split a head is never let out.
void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  if (value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos) {
    out.append(value);
  } else {
    append_clean(out, value);
  }
  out.append("\r\n");
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

// Bytes being read for the writer. Written by the reader's thread before `arrived`.
struct ResponseWriter::Fetch {
  ByteBuffer buffer;
  std::size_t length = 0;
  Status failed;
  std::atomic<bool> arrived{false};
  bool of_stream = false;
};

std::string_view reason_phrase(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) {
      return phrase.text;
    }
  }
  return "";
}

ResponseWriter::ResponseWriter(Response response, const ResponseFraming& framing) : response_(std::move(response)) {
  if (auto* rope = std::get_if<Rope>(&response_.body)) {
    rope_ = std::move(*rope);
  } else if (auto* text = std::get_if<std::string>(&response_.body)) {
    rope_.append(std::move(*text));
  } else if (auto* stream = std::get_if<std::unique_ptr<Stream>>(&response_.body)) {
    stream_ = std::move(*stream);
  }
  chunked_ = stream_ != nullptr && framing.chunked;
  write_head(framing);
  if (framing.head_only) {
    rope_ = Rope();
    stream_.reset();
  }
  one_segment_ = stream_ == nullptr && out_.size() + rope_.size() <= kSegment;
  if (!rope_.pieces().empty() && std::holds_alternative<Inline>(rope_.pieces().front())) {
    const std::string& first = std::get<Inline>(rope_.pieces().front()).bytes;
    if (first.size() <= kSegment) {
      out_.append(first);  // a boundary, or a short answer: one call with the head
      piece_ = 1;
    }
  }
}

void ResponseWriter::write_head(const ResponseFraming& framing) {
  out_.reserve(512);
  char number[32];
  out_.append(number, static_cast<std::size_t>(std::snprintf(number, sizeof number, "HTTP/1.1 %d ", response_.status)));
  out_.append(reason_phrase(response_.status)).append("\r\n");
  bool has_policy = false;
  for (const auto& [name, value] : response_.fields) {
    append_field(out_, name, value);
    has_policy = has_policy || name == "Content-Security-Policy";
  }
  if (chunked_) {
    append_field(out_, "Transfer-Encoding", "chunked");
  } else if (stream_ == nullptr && response_.status != 204 && response_.status != 304) {
    append_field(out_, "Content-Length", std::to_string(rope_.size()));
  }
  append_field(out_, "Date", framing.date);
  append_field(out_, "X-Request-Id", framing.request_id);
  if (!framing.strict_transport.empty()) {
    append_field(out_, "Strict-Transport-Security", framing.strict_transport);
  }
  // What is stored here was made by others: no browser is to guess its type, nor to run what it may hold.
  append_field(out_, "X-Content-Type-Options", "nosniff");
  if (!has_policy) {
    append_field(out_, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
  }
  if (!framing.keep_alive) {
    append_field(out_, "Connection", "close");
  }
  out_.append("\r\n");
}

ResponseWriter::Wait ResponseWriter::run(Transport& out, const std::function<void()>& resume) {
  const Wait wait = go_on(out, resume);
  if (!out.flush() && wait != Wait::Failed) {
    return !would_block() ? Wait::Failed : wait == Wait::Source ? wait : Wait::Writable;
  }
  done_ = wait == Wait::Nothing;
  return wait;
}

ResponseWriter::Wait ResponseWriter::go_on(Transport& out, const std::function<void()>& resume) {
  if (fetch_ != nullptr) {
    if (!fetch_->arrived.load(std::memory_order_acquire)) {
      return Wait::Source;
    }
    const Wait taken = take_fetched();
    if (taken != Wait::Nothing) {
      return taken;
    }
  }
  return send_pieces(out, resume);
}

ResponseWriter::Wait ResponseWriter::send_pieces(Transport& out, const std::function<void()>& resume) {
  while (true) {
    // The head waits for the body only where both leave as one segment. Held back before a larger body it makes the
    // kernel's pacing arm a timer for the rest of each answer, which costs more than a segment of its own.
    const bool at_head = sent_ == out_at_ && piece_at_ == 0;
    const bool more = (piece_ < rope_.pieces().size() || stream_ != nullptr) && (one_segment_ || !at_head);
    if (out_at_ < out_.size()) {
      const Wait wait = send_buffered(out, more);
      if (wait != Wait::Nothing) {
        return wait;
      }
    }
    if (piece_ < rope_.pieces().size()) {
      const Piece& piece = rope_.pieces()[piece_];
      if (const auto* text = std::get_if<Inline>(&piece)) {
        out_ = text->bytes;
        out_at_ = 0;
        ++piece_;
        continue;
      }
      const auto& range = std::get<SourceRange>(piece);
      if (piece_at_ == range.range.length) {
        ++piece_;
        piece_at_ = 0;
        continue;
      }
      const bool plain = range.source->plain_descriptor() >= 0;
      const Wait wait = plain ? send_file(out, range) : fetch_range(range, resume);
      if (wait != Wait::Nothing) {
        return wait;
      }
      continue;
    }
    if (stream_ != nullptr) {
      const Wait wait = pull_stream(resume);
      if (wait != Wait::Nothing) {
        return wait;
      }
      continue;
    }
    return Wait::Nothing;
  }
}

ResponseWriter::Wait ResponseWriter::send_buffered(Transport& out, bool more) {
  while (out_at_ < out_.size()) {
    const ssize_t count = out.send(std::string_view(out_).substr(out_at_), more);
    if (count < 0) {
      return errno == EINTR ? Wait::Turn : would_block() ? Wait::Writable : Wait::Failed;
    }
    out_at_ += static_cast<std::size_t>(count);
    sent_ += static_cast<std::uint64_t>(count);
  }
  return Wait::Nothing;
}

ResponseWriter::Wait ResponseWriter::send_file(Transport& out, const SourceRange& range) {
  const std::uint64_t left = range.range.length - piece_at_;
  const std::size_t step = out.file_step();
  const ssize_t count = out.send_file(range.source->plain_descriptor(), range.range.offset + piece_at_,
                                      static_cast<std::size_t>(std::min<std::uint64_t>(left, step)));
  if (count < 0) {
    return errno == EINTR ? Wait::Turn : would_block() ? Wait::Writable : Wait::Failed;
  }
  if (count == 0) {
    return Wait::Failed;  // the file is shorter than its source says
  }
  piece_at_ += static_cast<std::uint64_t>(count);
  sent_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count) == step && left > step ? Wait::Turn : Wait::Nothing;
}

ResponseWriter::Wait ResponseWriter::fetch_range(const SourceRange& range, const std::function<void()>& resume) {
  const std::uint64_t left = range.range.length - piece_at_;
  auto fetch = std::make_shared<Fetch>();
  fetch->buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kFetchBytes)));
  fetch_ = fetch;
  range.source->read(range.range.offset + piece_at_, fetch->buffer, [fetch, resume](Result<std::size_t> got) {
    fetch->failed = got.status();
    fetch->length = got.ok() ? *got : 0;
    fetch->arrived.store(true, std::memory_order_release);
    resume();
  });
  return Wait::Source;
}

ResponseWriter::Wait ResponseWriter::pull_stream(const std::function<void()>& resume) {
  auto fetch = std::make_shared<Fetch>();
  fetch->of_stream = true;
  fetch->buffer.resize(kFetchBytes);
  fetch_ = fetch;
  stream_->pull(fetch->buffer, [fetch, resume](Result<std::size_t> got) {
    fetch->failed = got.status();
    fetch->length = got.ok() ? *got : 0;
    fetch->arrived.store(true, std::memory_order_release);
    resume();
  });
  return Wait::Source;
}

ResponseWriter::Wait ResponseWriter::take_fetched() {
  const std::shared_ptr<Fetch> fetch = std::move(fetch_);
  fetch_ = nullptr;
  if (!fetch->failed.ok()) {
    return Wait::Failed;  // the head is out: closing early is all that tells the peer
  }
  const std::string_view bytes = as_text(fetch->buffer).substr(0, fetch->length);
  out_.clear();
  out_at_ = 0;
  if (!fetch->of_stream) {
    out_.assign(bytes);
    piece_at_ += bytes.size();
    return Wait::Nothing;
  }
  if (chunked_) {
    char head[kChunkHead + 2];
    const int length = std::snprintf(head, sizeof head, "%zx\r\n", bytes.size());
    out_.append(head, static_cast<std::size_t>(length)).append(bytes).append("\r\n");
  } else {
    out_.assign(bytes);
  }
  if (bytes.empty()) {
    stream_.reset();
  }
  return Wait::Nothing;
}

}  // namespace tessera::net
