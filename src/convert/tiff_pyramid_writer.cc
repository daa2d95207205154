#include "convert/tiff_pyramid_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>

namespace tessera::convert {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kHeaderBytes = 16;
constexpr std::uint64_t kEntryBytes = 20;
constexpr std::uint64_t kHandOver = std::uint64_t{8} << 20;
constexpr std::uint64_t kZeros = std::uint64_t{1} << 20;

// TIFF 6.0 and BigTIFF.
enum Type : std::uint16_t { kAscii = 2, kShort = 3, kLong = 4, kRational = 5, kLong8 = 16 };
constexpr std::uint32_t kReducedImage = 1;
constexpr std::uint16_t kJpeg = 7, kYCbCr = 6, kContiguous = 1, kCentimetre = 3, kCentered = 1;

ByteBuffer numbers(Type type, std::initializer_list<std::uint64_t> values) {
  ByteBuffer out;
  for (const std::uint64_t value : values) {
    if (type == kShort) {
      append_le(out, static_cast<std::uint16_t>(value));
    } else if (type == kLong8) {
      append_le(out, value);
    } else {
      append_le(out, static_cast<std::uint32_t>(value));
    }
  }
  return out;
}

// Pixels per centimetre, both numbers below 2^32 for any spacing.
ByteBuffer resolution(double micrometres) {
  const double scale = std::max(1.0, micrometres * 1e4 / 4e9);
  return numbers(kRational, {static_cast<std::uint64_t>(std::lround(1e8 / scale)),
                             static_cast<std::uint64_t>(std::max(1L, std::lround(micrometres * 1e4 / scale)))});
}

// One directory: entries in the order of their tags, values above 8 bytes behind it, room for the tile arrays last.
class Directory {
 public:
  explicit Directory(std::uint64_t at) : at_(at) {}

  void add(std::uint16_t tag, Type type, std::uint64_t count, ByteBuffer value) {
    entries_.push_back({tag, type, count, std::move(value), 0});
  }
  void add_array(std::uint16_t tag, Type type, std::uint64_t count, std::uint64_t unit) {
    entries_.push_back({tag, type, count, {}, count * unit});
  }

  // The bytes before the arrays, their room, and where each array is, in the order they were added.
  struct Laid {
    ByteBuffer bytes;
    std::uint64_t room = 0;
    std::vector<std::uint64_t> arrays;
  };
  Laid lay(bool last) const {
    Laid laid;
    ByteBuffer values;
    const std::uint64_t values_at = at_ + 8 + entries_.size() * kEntryBytes + 8;
    append_le<std::uint64_t>(laid.bytes, entries_.size());
    const std::uint64_t room_at = values_at + values_bytes();
    for (const Entry& entry : entries_) {
      append_le(laid.bytes, entry.tag);
      append_le<std::uint16_t>(laid.bytes, entry.type);
      append_le(laid.bytes, entry.count);
      ByteBuffer field = entry.value;
      // An array of a single tile stands in the entry itself, as every value of up to 8 bytes does.
      if (entry.room > 0 && entry.room <= 8) {
        laid.arrays.push_back(at_ + laid.bytes.size());
      } else if (entry.room > 0) {
        laid.arrays.push_back(room_at + laid.room);
        field = numbers(kLong8, {room_at + laid.room});
        laid.room += padded(entry.room);
      } else if (field.size() > 8) {
        field = numbers(kLong8, {values_at + values.size()});
        values.insert(values.end(), entry.value.begin(), entry.value.end());
        values.resize(padded(values.size()));
      }
      field.resize(8);
      laid.bytes.insert(laid.bytes.end(), field.begin(), field.end());
    }
    append_le<std::uint64_t>(laid.bytes, last ? 0 : room_at + laid.room);
    laid.bytes.insert(laid.bytes.end(), values.begin(), values.end());
    return laid;
  }

 private:
  struct Entry {
    std::uint16_t tag;
    Type type;
    std::uint64_t count;
    ByteBuffer value;
    std::uint64_t room;  // of an array that is filled later
  };

  static std::uint64_t padded(std::uint64_t size) { return (size + 7) / 8 * 8; }
  std::uint64_t values_bytes() const {
    std::uint64_t bytes = 0;
    for (const Entry& entry : entries_) {
      bytes += entry.value.size() > 8 ? padded(entry.value.size()) : 0;
    }
    return bytes;
  }

  std::uint64_t at_;
  std::vector<Entry> entries_;
};

Directory directory_of(const TiffPyramid& pyramid, std::size_t number, std::uint64_t at) {
  const TiffPyramid::Level level = pyramid.levels()[number];
  const std::uint64_t tiles = level.columns * level.rows;
  const double micrometres = pyramid.micrometres_per_pixel * std::pow(2.0, static_cast<double>(number));
  Directory directory(at);
  const auto short_value = [&](std::uint16_t tag, std::uint16_t value) {
    directory.add(tag, kShort, 1, numbers(kShort, {value}));
  };
  const auto long_value = [&](std::uint16_t tag, std::uint64_t value) {
    directory.add(tag, kLong, 1, numbers(kLong, {value}));
  };
  long_value(254, number == 0 ? 0 : kReducedImage);           // NewSubfileType
  long_value(256, level.width);                               // ImageWidth
  long_value(257, level.height);                              // ImageLength
  directory.add(258, kShort, 3, numbers(kShort, {8, 8, 8}));  // BitsPerSample
  short_value(259, kJpeg);                                    // Compression
  short_value(262, kYCbCr);                                   // PhotometricInterpretation
  if (number == 0) {
    ByteBuffer text(pyramid.description.begin(), pyramid.description.end());
    text.push_back(0);
    directory.add(270, kAscii, text.size(), text);  // ImageDescription
  }
  short_value(277, 3);                                         // SamplesPerPixel
  directory.add(282, kRational, 1, resolution(micrometres));   // XResolution
  directory.add(283, kRational, 1, resolution(micrometres));   // YResolution
  short_value(284, kContiguous);                               // PlanarConfiguration
  short_value(296, kCentimetre);                               // ResolutionUnit
  short_value(322, static_cast<std::uint16_t>(pyramid.tile));  // TileWidth
  short_value(323, static_cast<std::uint16_t>(pyramid.tile));  // TileLength
  directory.add_array(324, kLong8, tiles, 8);                  // TileOffsets
  directory.add_array(325, kLong, tiles, 4);                   // TileByteCounts
  directory.add(530, kShort, 2, numbers(kShort, {2, 2}));      // YCbCrSubSampling
  short_value(531, kCentered);                                 // YCbCrPositioning
  return directory;
}

}  // namespace

std::vector<TiffPyramid::Level> TiffPyramid::levels() const {
  std::vector<Level> levels;
  for (std::uint64_t w = width, h = height;; w = (w + 1) / 2, h = (h + 1) / 2) {
    levels.push_back({w, h, (w + tile - 1) / tile, (h + tile - 1) / tile});
    if (w <= tile && h <= tile) {
      return levels;
    }
  }
}

TiffPyramidWriter::~TiffPyramidWriter() {
  if (!partial_.empty()) {
    (void)remove_file(partial_);  // nothing better can be done with a failure here; the name says what it is
  }
}

TiffPyramidWriter::TiffPyramidWriter(TiffPyramidWriter&& other) noexcept
    : path_(std::move(other.path_)),
      partial_(std::exchange(other.partial_, fs::path())),
      replace_(other.replace_),
      file_(std::move(other.file_)),
      levels_(std::move(other.levels_)),
      missing_(other.missing_),
      end_(other.end_),
      handed_over_(other.handed_over_) {}

Result<TiffPyramidWriter> TiffPyramidWriter::create(const fs::path& path, const TiffPyramid& pyramid, bool replace) {
  std::error_code ignored;
  const fs::file_status held = fs::symlink_status(path, ignored);
  if (!replace && fs::exists(held)) {
    return Status(Code::AlreadyExists, "'" + path.string() + "' is there already");
  }
  // A rename would put the slide in the place of a device, a pipe or a link.
  if (fs::exists(held) && !fs::is_regular_file(held)) {
    return Status(Code::InvalidArgument, "'" + path.string() + "' is no regular file, and is not replaced by one");
  }
  TiffPyramidWriter writer;
  writer.path_ = path;
  writer.replace_ = replace;
  const fs::path partial =
      path.parent_path() / ("." + path.filename().string() + "." + std::to_string(::getpid()) + ".part");
  RETURN_IF_ERROR(remove_file(partial));  // of a process that died with our number
  TRY_ASSIGN(writer.file_, File::create_new(partial));
  writer.partial_ = partial;
  RETURN_IF_ERROR(writer.write_directories(pyramid));
  return writer;
}

Status TiffPyramidWriter::append(ByteView bytes) {
  RETURN_IF_ERROR(file_.write_all(bytes).while_doing("write '" + path_.string() + "'"));
  end_ += bytes.size();
  if (end_ - handed_over_ >= kHandOver) {
    file_.start_writeback(handed_over_, end_ - handed_over_);
    handed_over_ = end_;
  }
  return {};
}

Status TiffPyramidWriter::write_directories(const TiffPyramid& pyramid) {
  RETURN_IF_ERROR(append(ByteBuffer(kHeaderBytes)));
  const std::vector<TiffPyramid::Level> levels = pyramid.levels();
  for (std::size_t number = 0; number < levels.size(); ++number) {
    const auto laid = directory_of(pyramid, number, end_).lay(number + 1 == levels.size());
    RETURN_IF_ERROR(append(laid.bytes));
    for (std::uint64_t done = 0; done < laid.room;) {
      const std::uint64_t part = std::min(kZeros, laid.room - done);
      RETURN_IF_ERROR(append(ByteBuffer(part)));
      done += part;
    }
    levels_.push_back({levels[number].columns, laid.arrays[0], laid.arrays[1]});
    missing_ += levels[number].columns * levels[number].rows;
  }
  return {};
}

Status TiffPyramidWriter::put_tile(std::size_t level, std::uint64_t column, std::uint64_t row, ByteView jpeg) {
  const Arrays& arrays = levels_[level];
  const std::uint64_t index = row * arrays.columns + column;
  const std::string doing = "write '" + path_.string() + "'";
  RETURN_IF_ERROR(file_.write_at(arrays.offsets + 8 * index, numbers(kLong8, {end_})).while_doing(doing));
  RETURN_IF_ERROR(file_.write_at(arrays.lengths + 4 * index, numbers(kLong, {jpeg.size()})).while_doing(doing));
  --missing_;
  RETURN_IF_ERROR(append(jpeg));
  return end_ % 2 == 0 ? Status() : append(ByteBuffer(1));  // offsets are even (TIFF 6.0, Image File Directory)
}

Status TiffPyramidWriter::finish() {
  if (missing_ != 0) {
    return Status(Code::Internal, "write '" + path_.string() + "': " + std::to_string(missing_) + " tiles are missing");
  }
  ByteBuffer header = {'I', 'I', 43, 0, 8, 0, 0, 0};
  append_le<std::uint64_t>(header, kHeaderBytes);  // the first directory
  const std::string doing = "write '" + path_.string() + "'";
  RETURN_IF_ERROR(file_.write_at(0, header).while_doing(doing));
  RETURN_IF_ERROR(file_.sync().while_doing(doing));
  file_.close();
  // Also a file that came meanwhile is left alone.
  const unsigned flags = replace_ ? 0 : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, path_.c_str(), flags) != 0) {
    return errno_status(errno, "rename '" + partial_.string() + "' to '" + path_.string() + "'");
  }
  partial_.clear();
  return sync_folder(path_.parent_path().empty() ? fs::path(".") : path_.parent_path());
}

}  // namespace tessera::convert
