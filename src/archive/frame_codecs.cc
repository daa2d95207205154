#include "archive/frame_codecs.h"

#include <time.h>

#include <string>
#include <utility>
#include <vector>

namespace tessera::archive {

namespace {

constexpr std::size_t kFixedBytes = 24;
constexpr std::uint32_t kMaxUid = 64;
// The largest frame takes half of that on a slow machine.
constexpr std::chrono::seconds kPatience{60};

enum class What : std::uint8_t { Decode, Transcode, SampleProfile };

struct Request {
  What what = What::Decode;
  codec::EncodeOptions options;
  std::string_view from, to;
  codec::PixelLayout header;
  ByteView frame;
};

ByteBuffer encode(const Request& request) {
  ByteBuffer bytes;
  bytes.reserve(kFixedBytes + 2 * kMaxUid + request.frame.size());
  append_le(bytes, static_cast<std::uint8_t>(request.what));
  append_le(bytes, static_cast<std::uint8_t>(request.options.quality));
  append_le(bytes, static_cast<std::uint8_t>(request.from.size()));
  append_le(bytes, static_cast<std::uint8_t>(request.to.size()));
  append_le(bytes, request.header.rows);
  append_le(bytes, request.header.columns);
  append_le(bytes, request.header.samples);
  append_le(bytes, request.header.bits_allocated);
  append_le(bytes, request.header.bits_stored);
  append_le(bytes, request.header.high_bit);
  append_le(bytes, static_cast<std::uint8_t>(request.header.is_signed));
  append_le(bytes, static_cast<std::uint8_t>(request.header.by_plane));
  append_le(bytes, static_cast<std::uint8_t>(request.header.photometric));
  append_le(bytes, std::uint8_t{0});
  bytes.insert(bytes.end(), request.from.begin(), request.from.end());
  bytes.insert(bytes.end(), request.to.begin(), request.to.end());
  bytes.insert(bytes.end(), request.frame.begin(), request.frame.end());
  return bytes;
}

// Views into `bytes`.
Result<Request> decode_request(ByteView bytes) {
  if (bytes.size() < kFixedBytes || bytes.size() - kFixedBytes < std::size_t{bytes[2]} + bytes[3] || bytes[0] > 2 ||
      bytes[22] > static_cast<std::uint8_t>(codec::Photometric::Xyb)) {
    return Status(Code::InvalidArgument, "a request for a frame breaks its grammar");
  }
  const std::uint8_t* at = bytes.data();
  const std::string_view tail = as_text(bytes.subspan(kFixedBytes));
  Request request;
  request.what = static_cast<What>(at[0]);
  request.options.quality = at[1];
  request.from = tail.substr(0, at[2]);
  request.to = tail.substr(at[2], at[3]);
  request.header = {load_le32(at + 4),  load_le32(at + 8),  load_le16(at + 12),
                    load_le16(at + 14), load_le16(at + 16), load_le16(at + 18),
                    at[20] != 0,        at[21] != 0,        static_cast<codec::Photometric>(at[22])};
  request.frame = bytes.subspan(kFixedBytes + at[2] + at[3]);
  return request;
}

// In the worker.
Result<ByteBuffer> answer(ByteView bytes, const std::vector<File>&) {
  TRY_ASSIGN(const Request request, decode_request(bytes));
  if (request.what == What::Transcode) {
    return codec::transcode_frame(request.from, request.to, request.header, request.options, request.frame);
  }
  if (request.what == What::SampleProfile) {
    return codec::sample_profile(request.frame, static_cast<codec::ColorSpace>(request.options.quality & 3));
  }
  TRY_ASSIGN(codec::Pixels pixels, codec::decode_frame(request.from, request.header, request.frame));
  return std::move(pixels.bytes);
}

Result<ByteBuffer> call(sandbox::WorkerPool& workers, const Request& request) {
  Result<ByteBuffer> reply = workers.call(encode(request), {}, kPatience);
  if (!reply.ok() && reply.status().code() == Code::Internal) {
    return Status(Code::Corrupt, std::string(reply.status().message()));  // it took the frame, and then it was gone
  }
  return reply;
}

bool is_foreign(std::string_view syntax) {
  const codec::Codec* codec = codec::find_codec(syntax);
  return codec != nullptr && codec->foreign;
}

}  // namespace

// Memory: OpenJPEG holds four bytes for each sample twice. Its time is for a worker's whole life. No descriptor comes
// with a call; the one is for the fences, which ask how much memory is mapped.
const sandbox::WorkerKind kCodecWorker{
    "codec",
    {.memory = std::uint64_t{2} << 30,
     .cpu_seconds = 240,
     .request_bytes = codec::kMaxFrameBytes + (1 << 20),
     .reply_bytes = codec::kMaxFrameBytes + (1 << 20),
     .files = 1},
    [] {
      ::tzset();  // LittleCMS asks for the date; the zone's file is out of reach then
      return sandbox::WorkerBody(answer);
    }};

FrameCodecs::FrameCodecs(std::size_t workers) : workers_(kCodecWorker, {.workers = workers}) {}

Result<codec::Pixels> FrameCodecs::decode(std::string_view syntax, const codec::PixelLayout& header, ByteView frame) {
  if (!is_foreign(syntax)) {
    return codec::decode_frame(syntax, header, frame);
  }
  RETURN_IF_ERROR(codec::check_layout(header));
  codec::Pixels pixels{codec::decoded_layout(*codec::find_codec(syntax), header), {}};
  TRY_ASSIGN(pixels.bytes, call(workers_, {What::Decode, {}, syntax, {}, header, frame}));
  if (pixels.bytes.size() != pixels.layout.bytes()) {
    return Status(Code::Internal, "sandbox worker 'codec' gave " + std::to_string(pixels.bytes.size()) +
                                      " bytes of pixels where the header promises " +
                                      std::to_string(pixels.layout.bytes()));
  }
  return pixels;
}

Result<ByteBuffer> FrameCodecs::transcode(std::string_view from, std::string_view to, const codec::PixelLayout& header,
                                          const codec::EncodeOptions& options, ByteView frame) {
  if (!is_foreign(from)) {
    return codec::transcode_frame(from, to, header, options, frame);
  }
  return call(workers_, {What::Transcode, options, from, to, header, frame});
}

Result<ByteBuffer> FrameCodecs::sample_profile(ByteView icc, codec::ColorSpace to) {
  return call(workers_, {What::SampleProfile, {.quality = static_cast<int>(to)}, {}, {}, {}, icc});
}

}  // namespace tessera::archive
