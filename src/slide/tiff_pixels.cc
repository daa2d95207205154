#include "slide/tiff_pixels.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "slide/tiff_tags.h"

namespace tessera::slide {

namespace {

// A compressed strip, and a row of tiles: what is held at most of each.
constexpr tmsize_t kMaxPiece = 64 << 20;

}  // namespace

struct TiffPixels::Callbacks {
  static Client& client(thandle_t handle) { return *static_cast<Client*>(handle); }

  static tmsize_t read(thandle_t handle, void* into, tmsize_t length) {
    Client& c = client(handle);
    const std::uint64_t size = c.source->size();
    const std::uint64_t left = c.at < size ? size - c.at : 0;
    const std::size_t part = std::min<std::uint64_t>(left, static_cast<std::uint64_t>(std::max<tmsize_t>(length, 0)));
    if (!c.source->read_now(c.at, MutableBytes(static_cast<std::uint8_t*>(into), part)).ok()) {
      return -1;
    }
    c.at += part;
    return static_cast<tmsize_t>(part);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    Client& c = client(handle);
    c.at = offset + (whence == SEEK_CUR ? c.at : whence == SEEK_END ? c.source->size() : 0);
    return c.at;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return client(handle).source->size(); }

  static void keep(Client& c, bool is_error, const char* format, va_list arguments) {
    if (c.complaint.empty() || (is_error && !c.is_error)) {
      char text[256];
      std::vsnprintf(text, sizeof text, format, arguments);
      c.complaint = text;
      c.is_error = is_error;
    }
  }
  static int error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    keep(client(user), true, format, arguments);
    return 1;  // 1: said; no handler of the process is to hear it
  }
  // Of tags it mends, which are checked elsewhere; while it decodes, of pixels it had to make up.
  static int warning(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    keep(client(user), false, format, arguments);
    return 1;
  }
};

Result<std::shared_ptr<TiffPixels>> TiffPixels::open(std::shared_ptr<FileSource> source, const PixelsWanted& wanted) {
  const std::shared_ptr<TiffPixels> pixels(new TiffPixels);
  pixels->client_ = std::make_unique<Client>();
  pixels->client_->source = std::move(source);
  pixels->place_ = wanted.place;
  pixels->row_bytes_ = std::uint64_t{wanted.width} * wanted.samples;
  pixels->height_ = wanted.height;
  pixels->samples_ = wanted.samples;
  RETURN_IF_ERROR(pixels->open_handle(wanted.directory, wanted.photometric));
  RETURN_IF_ERROR(pixels->read_shape(wanted));
  return pixels;
}

Status TiffPixels::open_handle(std::uint64_t directory_offset, std::uint16_t photometric) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), Callbacks::error, client_.get());
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), Callbacks::warning, client_.get());
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxPiece);
  // "h": the header alone; the directory wanted is read next, and no other.
  handle_.reset(TIFFClientOpenExt(client_->source->name().c_str(), "rhm", client_.get(), Callbacks::read,
                                  Callbacks::write, Callbacks::seek, Callbacks::close, Callbacks::size, nullptr,
                                  nullptr, options.get()));
  if (!handle_ || TIFFSetSubDirectory(handle_.get(), directory_offset) == 0) {
    return Status(Code::Corrupt, place_ + ": libtiff cannot read the directory: " + client_->complaint);
  }
  std::uint16_t compression = 0;
  TIFFGetField(handle_.get(), TIFFTAG_COMPRESSION, &compression);
  if (TIFFIsCODECConfigured(compression) == 0) {
    return Status(Code::Unsupported, place_ + ": " + tiff::compression_text(compression) + " cannot be decoded here");
  }
  if (compression == COMPRESSION_JPEG) {
    TIFFSetField(handle_.get(), TIFFTAG_PHOTOMETRIC, static_cast<int>(photometric));
    TIFFSetField(handle_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  client_->complaint.clear();  // of tags that libtiff mended; what matters of them is checked
  return {};
}

Status TiffPixels::read_shape(const PixelsWanted& wanted) {
  TIFF* tiff = handle_.get();
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  bool fits = width == wanted.width && height == wanted.height;
  if (TIFFIsTiled(tiff) != 0) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width_);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tile_height_);
    fits = fits && tile_width_ > 0 && tile_height_ > 0 &&
           TIFFTileSize64(tiff) == std::uint64_t{tile_width_} * tile_height_ * samples_;
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows_per_strip_);
    fits = fits && rows_per_strip_ > 0 && TIFFScanlineSize64(tiff) == row_bytes_;
  }
  if (!fits) {
    return Status(Code::Corrupt, place_ + ": its tags contradict each other (" + client_->complaint + ")");
  }
  const std::uint64_t held = row_bytes_ * std::max(tile_height_, 1u);
  const std::uint64_t tile = std::uint64_t{tile_width_} * tile_height_ * samples_;
  return std::max(held, tile) <= kMaxPiece
             ? Status()
             : Status(Code::TooLarge, place_ + ": a row of tiles takes " + std::to_string(held) + " bytes; at most " +
                                          std::to_string(kMaxPiece) + " are handled");
}

void TiffPixels::read(std::uint64_t offset, MutableBytes into, ReadDone done) {
  const Status status = copy(offset, into);
  done(status.ok() ? Result<std::size_t>(into.size()) : Result<std::size_t>(status));
}

Status TiffPixels::verify() {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t row = 0; row < height_; row = first_row_ + row_count_) {
    RETURN_IF_ERROR(load(row));
  }
  return {};
}

Status TiffPixels::copy(std::uint64_t offset, MutableBytes into) {
  const std::lock_guard lock(mutex_);
  if (offset > size() || into.size() > size() - offset) {
    return Status(Code::Internal, place_ + ": read beyond the last row");
  }
  while (!into.empty()) {
    RETURN_IF_ERROR(load(static_cast<std::uint32_t>(offset / row_bytes_)));
    const std::uint64_t from = offset - first_row_ * row_bytes_;
    const std::size_t part = std::min<std::uint64_t>(into.size(), row_count_ * row_bytes_ - from);
    std::memcpy(into.data(), rows_.data() + from, part);
    into = into.subspan(part);
    offset += part;
  }
  return {};
}

Status TiffPixels::load(std::uint32_t row) {
  if (row >= first_row_ && row - first_row_ < row_count_) {
    return {};
  }
  if (tile_height_ != 0) {
    return decode_tiles(row / tile_height_ * tile_height_);
  }
  // A step back, or over a strip: from the first row of its strip, since codecs cannot jump within one.
  const bool next = row_count_ != 0 && row > first_row_ && row / rows_per_strip_ == first_row_ / rows_per_strip_;
  for (std::uint32_t at = next ? first_row_ + 1 : row / rows_per_strip_ * rows_per_strip_; at <= row; ++at) {
    RETURN_IF_ERROR(decode_row(at));
  }
  return {};
}

Status TiffPixels::decode_row(std::uint32_t row) {
  rows_.resize(row_bytes_);
  row_count_ = 0;
  client_->complaint.clear();
  if (TIFFReadScanline(handle_.get(), rows_.data(), row, 0) != 1 || !client_->complaint.empty()) {
    return corrupt(row);
  }
  first_row_ = row;
  row_count_ = 1;
  return {};
}

Status TiffPixels::decode_tiles(std::uint32_t first_row) {
  const std::uint64_t tile_row = std::uint64_t{tile_width_} * samples_;
  rows_.resize(row_bytes_ * tile_height_);
  tile_.resize(tile_row * tile_height_);
  row_count_ = 0;
  const std::uint32_t rows = std::min(tile_height_, height_ - first_row);
  for (std::uint64_t left = 0; left < row_bytes_; left += tile_row) {
    client_->complaint.clear();
    const std::uint32_t tile =
        TIFFComputeTile(handle_.get(), static_cast<std::uint32_t>(left / samples_), first_row, 0, 0);
    const tmsize_t got = TIFFReadEncodedTile(handle_.get(), tile, tile_.data(), static_cast<tmsize_t>(tile_.size()));
    if (got != static_cast<tmsize_t>(tile_.size()) || !client_->complaint.empty()) {
      return corrupt(first_row);
    }
    const std::size_t part = std::min(tile_row, row_bytes_ - left);
    for (std::uint32_t row = 0; row < rows; ++row) {
      std::memcpy(rows_.data() + row * row_bytes_ + left, tile_.data() + row * tile_row, part);
    }
  }
  first_row_ = first_row;
  row_count_ = rows;
  return {};
}

Status TiffPixels::corrupt(std::uint32_t row) const {
  return Status(Code::Corrupt, place_ + ": the pixels of row " + std::to_string(row) + " cannot be decoded: " +
                                   (client_->complaint.empty() ? "the data end too early" : client_->complaint));
}

}  // namespace tessera::slide
