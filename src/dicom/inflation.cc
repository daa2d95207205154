#include "dicom/inflation.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>

namespace tessera::dicom {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMaxInput = 1024 * 1024;  // zlib counts in 32 bits
constexpr int kRawWindow = -15;
constexpr int kWrappedWindow = 15;

// RFC 1950: method 8 and a header that is a multiple of 31. Deflate blocks do not begin so: the bits that would make
// one are padding, which is zero.
bool is_wrapped(ByteView start) {
  return start.size() >= 2 && (start[0] & 15) == 8 && start[0] >> 4 <= 7 && (start[0] * 256 + start[1]) % 31 == 0;
}

}  // namespace

struct Inflation::State {
  State(Limits given, Emit to) : limits(given), emit(std::move(to)) {}
  ~State() {
    if (begun) {
      inflateEnd(&stream);
    }
  }

  const Limits limits;
  const Emit emit;
  z_stream stream{};
  bool begun = false;
  bool ended = false;
  std::uint64_t taken = 0;    // bytes in
  std::uint64_t emitted = 0;  // bytes out
  std::size_t filled = 0;
  std::array<std::uint8_t, kPiece> piece;

  Status begin(ByteView start);
  Status run(ByteView part);
  Status emit_piece();
  Status check_limits() const;
};

Status Inflation::State::begin(ByteView start) {
  begun = inflateInit2(&stream, is_wrapped(start) ? kWrappedWindow : kRawWindow) == Z_OK;
  return begun ? Status() : Status(Code::Internal, "inflate data set: zlib has no room");
}

Status Inflation::State::check_limits() const {
  if (emitted + filled > limits.bytes) {
    return Status(Code::TooLarge,
                  "inflate data set: it has more than the " + std::to_string(limits.bytes) + " bytes allowed for one");
  }
  if (emitted + filled > limits.free_out && (emitted + filled) / limits.ratio > taken) {
    return Status(Code::TooLarge, "inflate data set: more than " + std::to_string(limits.ratio) +
                                      " bytes came of each byte, at byte " + std::to_string(emitted + filled) +
                                      " of it");
  }
  return {};
}

Status Inflation::State::emit_piece() {
  RETURN_IF_ERROR(check_limits());
  const ByteView whole = ByteView(piece).first(filled);
  emitted += filled;
  filled = 0;
  return whole.empty() ? Status() : emit(whole);
}

Status Inflation::State::run(ByteView part) {
  stream.next_in = const_cast<Bytef*>(part.data());
  stream.avail_in = static_cast<uInt>(part.size());
  while (!ended) {
    stream.next_out = piece.data() + filled;
    stream.avail_out = static_cast<uInt>(kPiece - filled);
    const uInt in_before = stream.avail_in;
    const int state = inflate(&stream, Z_NO_FLUSH);
    filled = kPiece - stream.avail_out;
    taken += in_before - stream.avail_in;
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      RETURN_IF_ERROR(emit_piece());  // what can be told of the bytes before comes first
      return Status(Code::Corrupt, "inflate data set: the deflated bytes are damaged behind byte " +
                                       std::to_string(emitted) + " of it");
    }
    ended = state == Z_STREAM_END;
    if (filled == kPiece) {
      RETURN_IF_ERROR(emit_piece());
    } else if (!ended && stream.avail_in == 0) {
      return {};
    }
  }
  return {};
}

Inflation::Inflation(Limits limits, Emit emit) : state_(std::make_unique<State>(limits, std::move(emit))) {}
Inflation::~Inflation() = default;

Status Inflation::feed(ByteView deflated) {
  if (!state_->begun) {
    RETURN_IF_ERROR(state_->begin(deflated));
  }
  while (!deflated.empty() && !state_->ended) {
    const ByteView part = deflated.first(std::min(deflated.size(), kMaxInput));
    RETURN_IF_ERROR(state_->run(part));
    deflated = deflated.subspan(part.size());
  }
  return {};
}

Status Inflation::finish() {
  RETURN_IF_ERROR(state_->emit_piece());
  if (!state_->ended) {
    return Status(Code::Corrupt, "inflate data set: the file ends inside the deflated bytes, behind byte " +
                                     std::to_string(state_->emitted) + " of it");
  }
  return {};
}

}  // namespace tessera::dicom
