#include <zlib.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codec/picture_formats.h"

namespace tessera::codec {

namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;  // of one IDAT
constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

void append_be32(ByteBuffer& out, std::uint32_t value) {
  append_le(out, __builtin_bswap32(value));
}

// Length, type, content, and the check of the last two (PNG 5.3).
void append_chunk(ByteBuffer& out, std::string_view type, ByteView content) {
  append_be32(out, static_cast<std::uint32_t>(content.size()));
  const std::size_t checked = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), content.begin(), content.end());
  const std::size_t length = out.size() - checked;
  append_be32(out, static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), out.data() + checked, length)));
}

void append_header(ByteBuffer& out, const Picture& picture) {
  constexpr std::uint8_t kGray = 0, kRgb = 2;
  ByteBuffer header;
  append_be32(header, picture.width);
  append_be32(header, picture.height);
  header.insert(header.end(), {8, picture.channels == 1 ? kGray : kRgb, 0, 0, 0});
  append_chunk(out, "IHDR", header);
}

// A name, the method, and the profile deflated.
Status append_profile(ByteBuffer& out, ByteView icc) {
  constexpr std::string_view kName("icc\0\0", 5);
  ByteBuffer content(as_bytes(kName).begin(), as_bytes(kName).end());
  uLongf length = compressBound(icc.size());
  content.resize(kName.size() + length);
  if (compress2(content.data() + kName.size(), &length, icc.data(), icc.size(), Z_BEST_SPEED) != Z_OK) {
    return Status(Code::Internal, "encode PNG: a profile of " + std::to_string(icc.size()) + " bytes is not deflated");
  }
  content.resize(kName.size() + length);
  append_chunk(out, "iCCP", content);
  return {};
}

// The predictor of PNG 9.4, without branches, so that a row is done many bytes at a time.
std::uint8_t paeth(std::int16_t left, std::int16_t up, std::int16_t corner) {
  const auto to_left = static_cast<std::int16_t>(std::abs(up - corner));
  const auto to_up = static_cast<std::int16_t>(std::abs(left - corner));
  const auto to_corner = static_cast<std::int16_t>(std::abs(left + up - 2 * corner));
  const std::int16_t upper = to_up <= to_corner ? up : corner;
  return static_cast<std::uint8_t>(to_left <= to_up && to_left <= to_corner ? left : upper);
}

// How much a filtered row looks like work: bytes as distances from 0.
std::uint32_t weight_of(ByteView filtered) {
  std::uint32_t sum = 0;
  for (const std::uint8_t byte : filtered) {
    sum += byte < 128 ? byte : 256u - byte;
  }
  return sum;
}

// Filters a row by Sub, Up and Paeth, and keeps the one that leaves the least (PNG 12.7).
class RowFilter {
 public:
  RowFilter(std::size_t row_bytes, std::size_t pixel_bytes)
      : length_(row_bytes), step_(pixel_bytes), above_(pixel_bytes + row_bytes), row_(pixel_bytes + row_bytes) {
    for (ByteBuffer& filtered : filtered_) {
      filtered.resize(1 + row_bytes);
    }
  }

  // The filter's number and the filtered bytes; valid until the next call.
  ByteView next(const std::uint8_t* row) {
    std::swap(above_, row_);
    std::memcpy(row_.data() + step_, row, length_);
    filter();
    std::size_t best = 0;
    std::uint32_t least = UINT32_MAX;
    for (std::size_t at = 0; at < filtered_.size(); ++at) {
      const std::uint32_t weight = weight_of(ByteView(filtered_[at]).subspan(1));
      if (weight < least) {
        least = weight;
        best = at;
      }
    }
    constexpr std::array<std::uint8_t, 3> kNumbers = {1, 2, 4};
    filtered_[best][0] = kNumbers[best];
    return filtered_[best];
  }

 private:
  void filter() {
    // One pixel of zero stands before each row.
    const std::uint8_t* left = row_.data();
    const std::uint8_t* here = left + step_;
    const std::uint8_t* corner = above_.data();
    const std::uint8_t* up = corner + step_;
    std::uint8_t* by_sub = filtered_[0].data() + 1;
    std::uint8_t* by_up = filtered_[1].data() + 1;
    std::uint8_t* by_paeth = filtered_[2].data() + 1;
    for (std::size_t at = 0; at < length_; ++at) {
      by_sub[at] = static_cast<std::uint8_t>(here[at] - left[at]);
    }
    for (std::size_t at = 0; at < length_; ++at) {
      by_up[at] = static_cast<std::uint8_t>(here[at] - up[at]);
    }
    for (std::size_t at = 0; at < length_; ++at) {
      by_paeth[at] = static_cast<std::uint8_t>(here[at] - paeth(left[at], up[at], corner[at]));
    }
  }

  const std::size_t length_, step_;
  ByteBuffer above_, row_;
  std::array<ByteBuffer, 3> filtered_;
};

// A deflate stream that leaves as IDAT chunks.
class Deflater {
 public:
  explicit Deflater(ByteBuffer& out) : out_(out), chunk_(kChunk) {
    // Filtered pixels of tissue have few matches worth the search; runs are all that flat ground needs.
    ready_ = deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS, MAX_MEM_LEVEL, Z_RLE) == Z_OK;
    stream_.next_out = chunk_.data();
    stream_.avail_out = static_cast<uInt>(chunk_.size());
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  bool write(ByteView bytes) { return ready_ && run(bytes, Z_NO_FLUSH) == Z_OK; }
  bool finish() {
    if (!ready_ || run({}, Z_FINISH) != Z_STREAM_END) {
      return false;
    }
    flush();
    return true;
  }

 private:
  int run(ByteView bytes, int flush_mode) {
    stream_.next_in = const_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    int state = Z_OK;
    do {
      if (stream_.avail_out == 0) {
        flush();
      }
      state = deflate(&stream_, flush_mode);
    } while (state == Z_OK && (stream_.avail_in > 0 || stream_.avail_out == 0 || flush_mode == Z_FINISH));
    return state == Z_BUF_ERROR && stream_.avail_in == 0 ? Z_OK : state;
  }

  void flush() {
    append_chunk(out_, "IDAT", ByteView(chunk_).first(chunk_.size() - stream_.avail_out));
    stream_.next_out = chunk_.data();
    stream_.avail_out = static_cast<uInt>(chunk_.size());
  }

  ByteBuffer& out_;
  ByteBuffer chunk_;
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

Result<ByteBuffer> encode_png(const Picture& picture, ByteView icc) {
  ByteBuffer out(kSignature.begin(), kSignature.end());
  append_header(out, picture);
  if (!icc.empty()) {
    RETURN_IF_ERROR(append_profile(out, icc));
  }
  RowFilter filter(picture.row_bytes(), picture.channels);
  Deflater deflater(out);
  bool written = true;
  for (std::size_t at = 0; written && at < picture.bytes.size(); at += picture.row_bytes()) {
    written = deflater.write(filter.next(picture.bytes.data() + at));
  }
  if (!written || !deflater.finish()) {
    return Status(Code::Internal, "encode PNG of " + std::to_string(picture.width) + " x " +
                                      std::to_string(picture.height) + ": zlib refuses");
  }
  append_chunk(out, "IEND", {});
  return out;
}

}  // namespace tessera::codec
