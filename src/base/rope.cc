#include "base/rope.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace tessera {

namespace {

class MemorySource final : public RangeSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override {
    if (offset > bytes_.size() || into.size() > bytes_.size() - offset) {
      done(Status(Code::Internal, "read beyond the end of a memory source"));
      return;
    }
    std::copy_n(bytes_.data() + offset, into.size(), into.data());
    done(into.size());
  }

 private:
  const std::string bytes_;
};

std::uint64_t piece_size(const Piece& piece) {
  if (const auto* text = std::get_if<Inline>(&piece)) {
    return text->bytes.size();
  }
  return std::get<SourceRange>(piece).range.length;
}

}  // namespace

std::shared_ptr<RangeSource> memory_source(std::string bytes) {
  return std::make_shared<MemorySource>(std::move(bytes));
}

Status read_fully(RangeSource& source, std::uint64_t offset, MutableBytes into) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Result<std::size_t>> answer;
  source.read(offset, into, [&](Result<std::size_t> result) {
    std::lock_guard lock(mutex);
    answer.emplace(std::move(result));
    arrived.notify_one();
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return answer.has_value(); });
  if (!answer->ok()) {
    return answer->status();
  }
  if (**answer != into.size()) {
    return Status(Code::IoError, "a source returned fewer bytes than asked");
  }
  return {};
}

void Rope::append(std::string bytes) {
  if (bytes.empty()) {
    return;
  }
  size_ += bytes.size();
  if (!pieces_.empty()) {
    if (auto* last = std::get_if<Inline>(&pieces_.back())) {
      last->bytes += bytes;
      return;
    }
  }
  pieces_.emplace_back(Inline{std::move(bytes)});
}

void Rope::append(std::shared_ptr<RangeSource> source, ByteRange range) {
  if (range.length == 0) {
    return;
  }
  size_ += range.length;
  pieces_.emplace_back(SourceRange{std::move(source), range});
}

void Rope::append(Rope other) {
  for (Piece& piece : other.pieces_) {
    if (auto* text = std::get_if<Inline>(&piece)) {
      append(std::move(text->bytes));
    } else {
      auto& held = std::get<SourceRange>(piece);
      append(std::move(held.source), held.range);
    }
  }
}

Rope Rope::slice(ByteRange range) const {
  Rope out;
  std::uint64_t start = 0;
  for (const Piece& piece : pieces_) {
    const std::uint64_t length = piece_size(piece);
    const std::uint64_t from = std::max(start, range.offset);
    const std::uint64_t to = std::min(start + length, range.end());
    if (from < to) {
      const ByteRange part{from - start, to - from};
      if (const auto* text = std::get_if<Inline>(&piece)) {
        out.append(text->bytes.substr(part.offset, part.length));
      } else {
        const auto& held = std::get<SourceRange>(piece);
        out.append(held.source, ByteRange{held.range.offset + part.offset, part.length});
      }
    }
    start += length;
  }
  return out;
}

Result<std::string> flatten(const Rope& rope) {
  std::string out;
  out.reserve(rope.size());
  for (const Piece& piece : rope.pieces()) {
    if (const auto* text = std::get_if<Inline>(&piece)) {
      out += text->bytes;
      continue;
    }
    const auto& held = std::get<SourceRange>(piece);
    const std::size_t at = out.size();
    out.resize(at + held.range.length);
    MutableBytes into(reinterpret_cast<std::uint8_t*>(out.data()) + at, held.range.length);
    RETURN_IF_ERROR(read_fully(*held.source, held.range.offset, into));
  }
  return out;
}

}  // namespace tessera
