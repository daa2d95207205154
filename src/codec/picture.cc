#include "codec/picture.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "codec/jpeg_encoder.h"
#include "codec/jpeg_segments.h"
#include "codec/picture_formats.h"

namespace tessera::codec {

namespace {

constexpr std::uint32_t kMaxJpegSide = 65500;                  // of libjpeg; the format would have 65,535
constexpr std::uint32_t kMaxPngSide = std::uint32_t{1} << 30;  // a row is one input of zlib
constexpr int kWholeChroma = 90;                               // JPEG qualities from here on keep it

struct Format {
  PictureFormat format;
  std::string_view name, media_type;
  std::uint32_t max_side;
};
constexpr std::array kFormats = {
    Format{PictureFormat::Jpeg, "JPEG", "image/jpeg", kMaxJpegSide},
    Format{PictureFormat::Png, "PNG", "image/png", kMaxPngSide},
    Format{PictureFormat::Webp, "WebP", "image/webp", kMaxWebpSide},
};

const Format& row_of(PictureFormat format) {
  return *std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& row) { return row.format == format; });
}

bool is_whole(const Picture& picture) {
  return picture.width > 0 && picture.height > 0 && (picture.channels == 1 || picture.channels == 3) &&
         picture.bytes.size() / picture.row_bytes() == picture.height &&
         picture.bytes.size() % picture.row_bytes() == 0;
}

Status check(const Picture& picture, const Format& format, int quality) {
  const std::string what = "encode " + std::string(format.name) + " of " + std::to_string(picture.width) + " x " +
                           std::to_string(picture.height) + " pixels";
  if (!is_whole(picture)) {
    return Status(Code::InvalidArgument, what + ": " + std::to_string(picture.bytes.size()) + " bytes of " +
                                             std::to_string(picture.channels) + " channels");
  }
  if (quality < 1 || quality > 100) {
    return Status(Code::InvalidArgument, what + ": quality " + std::to_string(quality) + " is not within 1 to 100");
  }
  if (std::max(picture.width, picture.height) > format.max_side) {
    return Status(Code::Unsupported, what + ": a side has up to " + std::to_string(format.max_side));
  }
  return {};
}

// ICC.1 B.4: each APP2 says its number and how many there are, from 1.
Result<ByteBuffer> with_profile(const ByteBuffer& jpeg, ByteView icc) {
  constexpr std::size_t kSegment = 65519;
  constexpr std::string_view kIdentifier("ICC_PROFILE\0", 12);
  const std::size_t count = (icc.size() + kSegment - 1) / kSegment;
  if (count > 255) {
    return Status(Code::TooLarge, "encode JPEG: a profile of " + std::to_string(icc.size()) +
                                      " bytes; 255 segments hold " + std::to_string(255 * kSegment));
  }
  // JFIF wants its APP0 right after SOI, which is what the library writes there.
  const std::ptrdiff_t place = 4 + load_be16(jpeg.data() + 4);
  ByteBuffer out(jpeg.begin(), jpeg.begin() + place);
  out.reserve(jpeg.size() + icc.size() + count * 18);
  for (std::size_t number = 1; number <= count; ++number) {
    const ByteView part =
        icc.subspan((number - 1) * kSegment).first(std::min(kSegment, icc.size() - (number - 1) * kSegment));
    const std::size_t length = 2 + kIdentifier.size() + 2 + part.size();
    out.insert(out.end(), {0xFF, 0xE2, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
    out.insert(out.end(), kIdentifier.begin(), kIdentifier.end());
    out.insert(out.end(), {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(count)});
    out.insert(out.end(), part.begin(), part.end());
  }
  out.insert(out.end(), jpeg.begin() + place, jpeg.end());
  return out;
}

Result<ByteBuffer> encode_jpeg(const Picture& picture, int quality, ByteView icc) {
  const JpegSampling sampling = quality >= kWholeChroma ? JpegSampling::Full444 : JpegSampling::Half420;
  TRY_ASSIGN(JpegEncoder encoder, JpegEncoder::create({.quality = quality, .sampling = sampling}));
  if (picture.channels == 1) {
    return encoder.encode_gray({picture.bytes.data(), picture.width, picture.height});
  }
  TRY_ASSIGN(ByteBuffer jpeg, encoder.encode({picture.bytes.data(), picture.width, picture.height}));
  return icc.empty() ? Result<ByteBuffer>(std::move(jpeg)) : with_profile(jpeg, icc);
}

// Between which two source pixels one lies, centre against centre, and how far towards the second, of 256.
struct Between {
  std::uint32_t first = 0, second = 0, part = 0;
};

std::vector<Between> places(std::uint32_t from, std::uint32_t to) {
  std::vector<Between> all(to);
  for (std::uint32_t at = 0; at < to; ++at) {
    const double center = std::max(0.0, (at + 0.5) * from / to - 0.5);
    const auto first = std::min(static_cast<std::uint32_t>(center), from - 1);
    all[at] = {first, std::min(first + 1, from - 1), static_cast<std::uint32_t>((center - first) * 256 + 0.5)};
  }
  return all;
}

std::vector<std::uint16_t> widened_row(const Picture& picture, std::uint32_t row, std::span<const Between> columns) {
  const std::uint8_t* from = picture.bytes.data() + row * picture.row_bytes();
  const std::size_t channels = picture.channels;
  std::vector<std::uint16_t> wide(columns.size() * channels);
  std::uint16_t* to = wide.data();
  for (const Between& column : columns) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const std::uint32_t first = from[column.first * channels + channel];
      const std::uint32_t second = from[column.second * channels + channel];
      *to++ = static_cast<std::uint16_t>(first * (256 - column.part) + second * column.part);
    }
  }
  return wide;
}

}  // namespace

std::string_view media_type(PictureFormat format) {
  return row_of(format).media_type;
}

Result<ByteBuffer> encode_picture(const Picture& picture, PictureFormat format, int quality, ByteView icc) {
  RETURN_IF_ERROR(check(picture, row_of(format), quality));
  const ByteView profile = picture.channels == 1 ? ByteView() : icc;
  switch (format) {
    case PictureFormat::Png:
      return encode_png(picture, profile);
    case PictureFormat::Webp:
      return encode_webp(picture, quality, profile);
    case PictureFormat::Jpeg:
      break;
  }
  return encode_jpeg(picture, quality, profile);
}

Picture enlarge(const Picture& picture, std::uint32_t width, std::uint32_t height) {
  if (!is_whole(picture)) {
    return {};
  }
  Picture large{std::max(width, picture.width), std::max(height, picture.height), picture.channels, {}};
  large.bytes.resize(large.row_bytes() * large.height);
  const std::vector<Between> columns = places(picture.width, large.width);
  // The two source rows that are in use, and which.
  std::uint32_t upper_row = 0, lower_row = 0;
  std::vector<std::uint16_t> upper = widened_row(picture, 0, columns);
  std::vector<std::uint16_t> lower = upper;
  std::uint8_t* to = large.bytes.data();
  for (const Between& row : places(picture.height, large.height)) {
    if (row.first != upper_row) {
      upper = row.first == lower_row ? lower : widened_row(picture, row.first, columns);
      upper_row = row.first;
    }
    if (row.second != lower_row) {
      lower = widened_row(picture, row.second, columns);
      lower_row = row.second;
    }
    for (std::size_t at = 0; at < upper.size(); ++at) {
      *to++ = static_cast<std::uint8_t>((upper[at] * (256 - row.part) + lower[at] * row.part + 0x8000) >> 16);
    }
  }
  return large;
}

}  // namespace tessera::codec
