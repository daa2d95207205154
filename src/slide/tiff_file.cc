#include "slide/tiff_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace tessera::slide {

namespace {

// What a damaged file may claim at most. Real slides have below 100 directories with below 100 entries each.
constexpr std::size_t kMaxDirectories = 1024;
constexpr std::uint64_t kMaxEntries = 1024;

enum Type : std::uint16_t {
  kByte = 1,
  kAscii,
  kShort,
  kLong,
  kRational,
  kSByte,
  kUndefined,
  kSShort,
  kSLong,
  kSRational,
  kFloat,
  kDouble,
  kIfd = 13,
  kLong8 = 16,
  kSLong8 = 17,
  kIfd8 = 18,
};

// Bytes of one value; 0 for a type that TIFF does not define.
std::uint64_t type_width(std::uint16_t type) {
  static constexpr std::array<std::uint8_t, 19> kWidths = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return type < kWidths.size() ? kWidths[type] : 0;
}

bool is_unsigned(std::uint16_t type) {
  return type == kByte || type == kShort || type == kLong || type == kIfd || type == kLong8 || type == kIfd8;
}

std::string in_bytes(std::uint64_t n) {
  return std::to_string(n) + (n == 1 ? " byte" : " bytes");
}

}  // namespace

// What stops a walk from going on for ever: offsets seen so far.
struct TiffFile::Chain {
  std::set<std::uint64_t> seen;
};

const TiffEntry* TiffDirectory::find(std::uint16_t tag) const {
  const auto at = std::lower_bound(entries.begin(), entries.end(), tag,
                                   [](const TiffEntry& entry, std::uint16_t wanted) { return entry.tag < wanted; });
  return at != entries.end() && at->tag == tag ? &*at : nullptr;
}

Result<TiffFile> TiffFile::open(const std::filesystem::path& path) {
  TRY_ASSIGN(auto source, FileSource::open(path));
  return open(std::move(source));
}

Result<TiffFile> TiffFile::open(std::shared_ptr<FileSource> source, Decoders decoders) {
  TiffFile file(std::move(source), std::move(decoders));
  std::uint64_t first = 0;
  RETURN_IF_ERROR(file.read_header(first));
  Chain chain;
  RETURN_IF_ERROR(file.read_chain(first, chain));
  if (file.directories_.empty()) {
    return Status(Code::Corrupt, file.name() + ": a TIFF header without a directory");
  }
  return file;
}

const TiffDirectory* TiffFile::main_directory(std::uint64_t ordinal) const {
  const auto at = std::find_if(directories_.begin(), directories_.end(),
                               [&](const TiffDirectory& d) { return !d.sub && d.ordinal == ordinal; });
  return at == directories_.end() ? nullptr : &*at;
}

std::string TiffFile::place(const TiffDirectory& directory, std::uint16_t tag) const {
  return name() + ", " + directory.name + ", " + tiff::tag_text(tag);
}

Status TiffFile::corrupt(const TiffDirectory& directory, std::uint16_t tag, std::string_view why) const {
  return Status(Code::Corrupt, place(directory, tag) + ": " + std::string(why));
}

Status TiffFile::unsupported(const TiffDirectory& directory, std::uint16_t tag, std::string_view why) const {
  return Status(Code::Unsupported, place(directory, tag) + ": " + std::string(why));
}

std::uint64_t TiffFile::load(const std::uint8_t* at, unsigned width) const {
  switch (width) {
    case 1:
      return *at;
    case 2:
      return swapped_ ? load_be16(at) : load_le16(at);
    case 4:
      return swapped_ ? load_be32(at) : load_le32(at);
    default:
      return swapped_ ? load_be64(at) : load_le64(at);
  }
}

Status TiffFile::read_header(std::uint64_t& first) {
  std::array<std::uint8_t, 16> head{};
  const std::size_t got = std::min<std::uint64_t>(head.size(), source_->size());
  RETURN_IF_ERROR(source_->read_now(0, MutableBytes(head.data(), got)));
  const bool little = got >= 8 && head[0] == 'I' && head[1] == 'I';
  const bool big_endian = got >= 8 && head[0] == 'M' && head[1] == 'M';
  swapped_ = big_endian;
  const std::uint64_t version = got >= 8 ? load(head.data() + 2, 2) : 0;
  if ((!little && !big_endian) || (version != 42 && version != 43)) {
    return Status(Code::Unsupported, name() + ": not a TIFF file (its first bytes are neither TIFF's nor BigTIFF's)");
  }
  big_ = version == 43;
  if (big_ && (got < 16 || load(head.data() + 4, 2) != 8 || load(head.data() + 6, 2) != 0)) {
    return Status(Code::Corrupt, name() + ": the BigTIFF header at byte 4 does not state 8-byte offsets");
  }
  first = big_ ? load(head.data() + 8, 8) : load(head.data() + 4, 4);
  return {};
}

Status TiffFile::read_chain(std::uint64_t first, Chain& chain) {
  std::size_t ordinal = 0;
  for (std::uint64_t offset = first; offset != 0; ++ordinal) {
    TRY_ASSIGN(const std::uint64_t next,
               append_directory(offset, chain, {"directory " + std::to_string(ordinal), offset, ordinal, false, {}}));
    const TiffDirectory parent = directories_.back();  // a copy: its SubIFDs go into the same vector
    RETURN_IF_ERROR(read_sub_directories(parent, chain));
    offset = next;
  }
  return {};
}

Result<std::uint64_t> TiffFile::append_directory(std::uint64_t offset, Chain& chain, TiffDirectory directory) {
  const std::string place = name() + ", " + directory.name;
  if (!chain.seen.insert(offset).second) {
    return Status(Code::Corrupt, place + ": its offset " + std::to_string(offset) +
                                     " is that of an earlier directory: the chain loops");
  }
  if (directories_.size() >= kMaxDirectories) {
    return Status(Code::Corrupt, place + ": more than " + std::to_string(kMaxDirectories) + " directories");
  }
  TRY_ASSIGN(const std::uint64_t next, read_directory(offset, directory));
  directories_.push_back(std::move(directory));
  return next;
}

Status TiffFile::read_sub_directories(const TiffDirectory& parent, Chain& chain) {
  const TiffEntry* entry = parent.find(tiff::kSubIFDs);
  if (entry == nullptr) {
    return {};
  }
  if (entry->count > kMaxDirectories) {
    return corrupt(parent, tiff::kSubIFDs, "claims " + std::to_string(entry->count) + " directories");
  }
  std::size_t ordinal = 0;
  return each_number(parent, tiff::kSubIFDs, [&](std::uint64_t offset) -> Status {
    if (offset == 0) {
      return {};
    }
    std::string name = parent.name + ", SubIFD " + std::to_string(ordinal++);
    return append_directory(offset, chain, {std::move(name), offset, parent.ordinal, true, {}}).status();
  });
}

Result<std::uint64_t> TiffFile::read_directory(std::uint64_t offset, TiffDirectory& directory) const {
  const unsigned count_width = big_ ? 8 : 2;
  const unsigned entry_width = big_ ? 20 : 12;
  const unsigned word = big_ ? 8 : 4;  // of counts, offsets and values that stand in the entry itself
  const std::string place = name() + ", " + directory.name;
  const std::uint64_t size = source_->size();
  if (offset > size || size - offset < count_width) {
    return Status(Code::Corrupt, place + ": its offset " + std::to_string(offset) +
                                     " lies beyond the end of the file (" + in_bytes(size) + ")");
  }
  std::array<std::uint8_t, 8> head{};
  RETURN_IF_ERROR(source_->read_now(offset, MutableBytes(head.data(), count_width)));
  const std::uint64_t count = load(head.data(), count_width);
  if (count == 0 || count > kMaxEntries) {
    return Status(Code::Corrupt,
                  place + ": claims " + std::to_string(count) + " entries at byte " + std::to_string(offset));
  }
  const std::uint64_t length = count * entry_width + word;
  if (size - offset - count_width < length) {
    return Status(Code::Corrupt, place + ": its " + std::to_string(count) + " entries at byte " +
                                     std::to_string(offset) + " run beyond the end of the file");
  }
  ByteBuffer table(length);
  RETURN_IF_ERROR(source_->read_now(offset + count_width, table));
  directory.entries.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint8_t* at = table.data() + i * entry_width;
    TiffEntry entry;
    entry.tag = static_cast<std::uint16_t>(load(at, 2));
    entry.type = static_cast<std::uint16_t>(load(at + 2, 2));
    entry.count = load(at + 4, word);
    const std::uint64_t width = type_width(entry.type);
    const bool in_place = width != 0 && entry.count <= word / width;
    entry.offset = in_place ? offset + count_width + i * entry_width + 4 + word : load(at + 4 + word, word);
    directory.entries.push_back(entry);
  }
  auto& entries = directory.entries;
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.tag < b.tag; });
  entries.erase(
      std::unique(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.tag == b.tag; }),
      entries.end());
  return load(table.data() + count * entry_width, word);
}

Result<ByteRange> TiffFile::value_range(const TiffDirectory& directory, const TiffEntry& entry) const {
  const std::uint64_t width = type_width(entry.type);
  if (width == 0) {
    return corrupt(directory, entry.tag, "type " + std::to_string(entry.type) + " is none of TIFF's");
  }
  const std::uint64_t size = source_->size();
  if (entry.offset > size || entry.count > (size - entry.offset) / width) {
    return corrupt(directory, entry.tag,
                   std::to_string(entry.count) + " values of " + in_bytes(width) + " at byte " +
                       std::to_string(entry.offset) + " run beyond the end of the file (" + in_bytes(size) + ")");
  }
  return ByteRange{entry.offset, entry.count * width};
}

Result<std::uint64_t> TiffFile::number(const TiffDirectory& directory, std::uint16_t tag,
                                       std::optional<std::uint64_t> otherwise) const {
  const TiffEntry* entry = directory.find(tag);
  if (entry == nullptr) {
    return otherwise ? Result<std::uint64_t>(*otherwise) : corrupt(directory, tag, "is missing");
  }
  if (!is_unsigned(entry->type) || entry->count == 0) {
    return corrupt(directory, tag,
                   "is no unsigned number (type " + std::to_string(entry->type) + ", " + std::to_string(entry->count) +
                       " values)");
  }
  TRY_ASSIGN(const ByteRange range, value_range(directory, *entry));
  std::array<std::uint8_t, 8> value{};
  const auto width = static_cast<unsigned>(type_width(entry->type));
  RETURN_IF_ERROR(source_->read_now(range.offset, MutableBytes(value.data(), width)));
  return load(value.data(), width);
}

Status TiffFile::each_number(const TiffDirectory& directory, std::uint16_t tag,
                             const std::function<Status(std::uint64_t)>& take) const {
  const TiffEntry* entry = directory.find(tag);
  if (entry == nullptr) {
    return corrupt(directory, tag, "is missing");
  }
  if (!is_unsigned(entry->type)) {
    return corrupt(directory, tag, "is no unsigned number (type " + std::to_string(entry->type) + ")");
  }
  TRY_ASSIGN(const ByteRange range, value_range(directory, *entry));
  const auto width = static_cast<unsigned>(type_width(entry->type));
  ByteBuffer buffer(std::min<std::uint64_t>(range.length, 64 * 1024));
  for (std::uint64_t at = 0; at < range.length;) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), range.length - at));
    RETURN_IF_ERROR(source_->read_now(range.offset + at, MutableBytes(buffer.data(), part)));
    for (std::size_t i = 0; i < part; i += width) {
      RETURN_IF_ERROR(take(load(buffer.data() + i, width)));
    }
    at += part;
  }
  return {};
}

std::optional<double> TiffFile::real(const TiffDirectory& directory, std::uint16_t tag) const {
  const TiffEntry* entry = directory.find(tag);
  if (entry == nullptr || entry->count == 0) {
    return std::nullopt;
  }
  const auto range = value_range(directory, *entry);
  std::array<std::uint8_t, 8> raw{};
  if (!range.ok() ||
      !source_->read_now(range->offset, MutableBytes(raw.data(), std::min<std::uint64_t>(8, range->length))).ok()) {
    return std::nullopt;
  }
  double value = 0;
  if (entry->type == kRational) {
    value = static_cast<double>(load(raw.data(), 4)) / static_cast<double>(load(raw.data() + 4, 4));
  } else if (entry->type == kFloat) {
    value = std::bit_cast<float>(static_cast<std::uint32_t>(load(raw.data(), 4)));
  } else if (entry->type == kDouble) {
    value = std::bit_cast<double>(load(raw.data(), 8));
  }
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

Result<std::string> TiffFile::text(const TiffDirectory& directory, std::uint16_t tag, std::uint64_t limit) const {
  const TiffEntry* entry = directory.find(tag);
  if (entry == nullptr) {
    return std::string();
  }
  TRY_ASSIGN(const ByteRange range, value_range(directory, *entry));
  std::string value(std::min(range.length, limit), '\0');
  RETURN_IF_ERROR(
      source_->read_now(range.offset, MutableBytes(reinterpret_cast<std::uint8_t*>(value.data()), value.size())));
  value.resize(std::min(value.size(), value.find('\0')));
  return value;
}

Result<ByteBuffer> TiffFile::bytes(const TiffDirectory& directory, std::uint16_t tag, std::uint64_t limit) const {
  const TiffEntry* entry = directory.find(tag);
  if (entry == nullptr) {
    return ByteBuffer();
  }
  TRY_ASSIGN(const ByteRange range, value_range(directory, *entry));
  if (range.length > limit) {
    return Status(Code::TooLarge,
                  place(directory, tag) + ": " + in_bytes(range.length) + " are above the limit of " + in_bytes(limit));
  }
  ByteBuffer value(range.length);
  RETURN_IF_ERROR(source_->read_now(range.offset, value));
  return value;
}

}  // namespace tessera::slide
