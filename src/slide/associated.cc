#include "slide/associated.h"

#include <algorithm>
#include <vector>

#include "codec/jpeg_stream.h"
#include "codec/jpeg_strips.h"
#include "slide/icc.h"
#include "slide/pieces.h"
#include "slide/pixel_tags.h"
#include "slide/sandboxed_pixels.h"
#include "slide/tiled_level.h"

namespace tessera::slide {

namespace {

constexpr std::uint32_t kLongestSide = 65535;  // Rows and Columns are 16 bits
constexpr std::uint64_t kMaxIccProfile = 16 << 20;
constexpr std::uint64_t kMaxTables = 64 * 1024;

// Compressions that libtiff decodes without loss.
constexpr std::uint64_t kLossless[] = {1, 5, 8, 32773, 32946, 34925, 50000};

std::string size_text(std::uint32_t width, std::uint32_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

// Why an image of this size is not handled; empty when it is.
std::string too_large(std::uint32_t width, std::uint32_t height) {
  const bool fits =
      width <= kLongestSide && height <= kLongestSide && std::uint64_t{width} * height <= kMaxAssociatedPixels;
  return fits ? std::string()
              : size_text(width, height) + " pixels; of a label, overview or thumbnail at most " +
                    std::to_string(kMaxAssociatedPixels) + " pixels and " + std::to_string(kLongestSide) +
                    " a side are handled";
}

AssociatedImage image_of(std::uint32_t width, std::uint32_t height, ImageFlavor flavor, TileCoding coding) {
  AssociatedImage made;
  made.image.width = made.image.tile_width = width;
  made.image.height = made.image.tile_height = height;
  made.image.flavor = flavor;
  made.image.coding = std::move(coding);
  return made;
}

TileCoding native_coding(std::uint16_t samples) {
  TileCoding coding;
  coding.transfer_syntax = kNativeSyntax;
  coding.photometric = samples == 1 ? "MONOCHROME2" : "RGB";
  coding.samples_per_pixel = samples;
  return coding;
}

PixelsWanted pixels_of(const TiffFile& file, const TiffDirectory& directory, const PixelTags& tags,
                       std::uint16_t photometric) {
  return {directory.offset, tags.width,  tags.height,
          tags.samples,     photometric, file.place(directory, offsets_tag(directory))};
}

Result<AssociatedImage> read_lossless(const TiffFile& file, const TiffDirectory& directory, const PixelTags& tags,
                                      ImageFlavor flavor) {
  TRY_ASSIGN(const std::uint64_t photometric, file.number(directory, tiff::kPhotometricInterpretation));
  if (photometric != (tags.samples == 1 ? 1 : 2)) {
    return file.unsupported(directory, tiff::kPhotometricInterpretation,
                            std::to_string(photometric) + "; only 1 (gray, black is zero) and 2 (RGB) can be copied");
  }
  TRY_ASSIGN(const Cut cut, read_cut(file, directory, tags));
  RETURN_IF_ERROR(read_places(file, directory, cut).status());  // libtiff would mend what is wrong there
  TRY_ASSIGN(const auto pixels,
             open_pixels(file, pixels_of(file, directory, tags, static_cast<std::uint16_t>(photometric))));
  AssociatedImage made = image_of(tags.width, tags.height, flavor, native_coding(tags.samples));
  made.frame.append(pixels, {0, pixels->size()});
  made.image.handling = "pixels decoded without loss and stored uncompressed";
  return made;
}

std::uint64_t bytes_of(const std::vector<ByteRange>& places) {
  std::uint64_t bytes = 0;
  for (const ByteRange& place : places) {
    bytes += place.length;
  }
  return bytes;
}

// One frame of all strips, or why they stay apart.
struct Joined {
  Rope frame;
  Status apart;
  TileCoding coding;
};

Result<Joined> join_strips(const TiffFile& file, const TiffDirectory& directory, const PixelTags& tags, const Cut& cut,
                           const std::vector<ByteRange>& places) {
  TRY_ASSIGN(const ByteBuffer raw, file.bytes(directory, tiff::kJPEGTables, kMaxTables));
  const auto tables = codec::scan_jpeg_tables(raw);
  if (!tables.ok()) {
    return file.corrupt(directory, tiff::kJPEGTables, tables.status().message());
  }
  codec::JpegStripJoiner joiner({tags.width, tags.height, cut.rows}, *tables);
  Joined joined;
  std::vector<ByteRange> scans;
  for (std::size_t strip = 0; strip < places.size(); ++strip) {
    TRY_ASSIGN(const ByteBuffer bytes, read_piece(file, directory, places[strip]));
    const auto scan = joiner.add(bytes);
    if (!scan.ok() && scan.status().code() != Code::Unsupported) {
      return file.corrupt(directory, offsets_tag(directory),
                          "strip " + std::to_string(strip) + ": " + std::string(scan.status().message()));
    }
    if (strip == 0) {
      TRY_ASSIGN(joined.coding, jpeg_coding(file, directory, tags.samples, joiner.whole()));
    }
    if (!scan.ok() || !cut.strips) {
      joined.apart = cut.strips ? scan.status() : Status(Code::Unsupported, "tiles side by side cannot be joined");
      return joined;
    }
    scans.push_back({places[strip].offset + scan->offset, scan->length});
  }
  joined.frame.append(joiner.head(joined.coding.photometric == "RGB"));
  for (std::uint32_t strip = 0; strip < scans.size(); ++strip) {
    if (strip > 0) {
      joined.frame.append(codec::JpegStripJoiner::restart(strip - 1));
    }
    joined.frame.append(file.source(), scans[strip]);
  }
  joined.frame.append("\xFF\xD9");
  return joined;
}

Result<AssociatedImage> read_jpeg_directory(const TiffFile& file, const TiffDirectory& directory, const PixelTags& tags,
                                            ImageFlavor flavor) {
  TRY_ASSIGN(const Cut cut, read_cut(file, directory, tags));
  TRY_ASSIGN(const std::vector<ByteRange> places, read_places(file, directory, cut));
  TRY_ASSIGN(Joined joined, join_strips(file, directory, tags, cut, places));
  const std::uint16_t photometric = joined.coding.photometric == "RGB" ? 2 : tags.samples == 1 ? 1 : 6;
  TRY_ASSIGN(const auto pixels, open_pixels(file, pixels_of(file, directory, tags, photometric)));
  if (joined.apart.ok()) {
    AssociatedImage made = image_of(tags.width, tags.height, flavor, std::move(joined.coding));
    made.frame = std::move(joined.frame);
    made.image.handling = places.size() == 1 ? "the compressed image copied without change"
                                             : "JPEG strips joined by restart markers, not re-encoded";
    return made;
  }
  // Decoded JPEG is lossy already: kept as it decodes, and said so.
  AssociatedImage made = image_of(tags.width, tags.height, flavor, native_coding(tags.samples));
  made.image.coding.lossy_method = joined.coding.lossy_method;
  made.image.coding.lossy_bytes = bytes_of(places);
  made.frame.append(pixels, {0, pixels->size()});
  made.image.handling = "JPEG decoded and stored uncompressed (" + std::string(joined.apart.message()) + ")";
  return made;
}

Result<AssociatedImage> read_directory(const TiffFile& file, const TiffDirectory& directory, ImageFlavor flavor) {
  TRY_ASSIGN(const std::uint64_t compression, file.number(directory, tiff::kCompression, 1));
  TRY_ASSIGN(const PixelTags tags, read_pixel_tags(file, directory));
  if (const std::string why = too_large(tags.width, tags.height); !why.empty()) {
    return file.unsupported(directory, tiff::kImageWidth, why);
  }
  if (std::find(std::begin(kLossless), std::end(kLossless), compression) != std::end(kLossless)) {
    return read_lossless(file, directory, tags, flavor);
  }
  if (compression == tiff::kCompressionJpeg) {
    return read_jpeg_directory(file, directory, tags, flavor);
  }
  return file.unsupported(directory, tiff::kCompression, tiff::compression_text(compression) + " cannot be copied");
}

Result<AssociatedImage> read_jpeg(std::string jpeg, ImageFlavor flavor) {
  TRY_ASSIGN(const std::optional<codec::JpegHead> head, codec::scan_jpeg_head(as_bytes(jpeg)));
  const std::size_t end = jpeg.rfind("\xFF\xD9");
  if (!head || end == std::string::npos) {
    return Status(Code::Corrupt, "the JPEG ends before its last marker");
  }
  const std::size_t samples = head->components.size();
  if (head->sof != 0xC0 || head->precision != 8 || (samples != 1 && samples != 3)) {
    return Status(Code::Unsupported, "not baseline JPEG of 8 bits and 1 or 3 components");
  }
  if (const std::string why = too_large(head->width, head->height); !why.empty()) {
    return Status(Code::Unsupported, why);
  }
  TileCoding coding;
  coding.transfer_syntax = kJpegBaselineSyntax;
  coding.samples_per_pixel = static_cast<std::uint16_t>(samples);
  coding.photometric = samples == 1                                    ? "MONOCHROME2"
                       : head->stated_color() == codec::JpegColor::Rgb ? "RGB"
                                                                       : "YBR_FULL_422";
  coding.lossy_method = "ISO_10918_1";
  AssociatedImage made = image_of(head->width, head->height, flavor, std::move(coding));
  jpeg.resize(end + 2);
  made.frame.append(std::move(jpeg));
  made.image.handling = "the compressed image copied without change";
  return made;
}

}  // namespace

AssociatedImage associated_from_tiff(const TiffFile& file, const TiffDirectory& directory, ImageFlavor flavor) {
  Result<AssociatedImage> made = read_directory(file, directory, flavor);
  if (!made.ok()) {
    return damaged_image(flavor, made.status());
  }
  const auto profile = file.bytes(directory, tiff::kICCProfile, kMaxIccProfile);
  if (profile.ok() && is_icc_profile(*profile)) {
    made->image.icc_profile = as_text(*profile);
  }
  return std::move(*made);
}

AssociatedImage associated_from_jpeg(std::string jpeg, const std::string& place, ImageFlavor flavor) {
  Result<AssociatedImage> made = read_jpeg(std::move(jpeg), flavor);
  return made.ok() ? std::move(*made) : damaged_image(flavor, made.status().while_doing(place));
}

AssociatedImage damaged_image(ImageFlavor flavor, Status why) {
  AssociatedImage made = image_of(0, 0, flavor, {});
  made.image.tile_width = made.image.tile_height = 1;  // so that it has no column and no row
  made.image.damage = std::move(why);
  return made;
}

}  // namespace tessera::slide
