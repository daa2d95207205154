#include "archive/metadata_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/hash.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kHeaderBytes = 64;
constexpr std::uint32_t kVersion = 1;
constexpr char kMagic[4] = {'T', 'S', 'M', 'D'};
constexpr int kRawWindow = -15;  // zlib: deflate blocks without framing
constexpr int kLevel = 4;        // JSON of slides: within 5 % of level 6's size at half its time
constexpr std::uint64_t kMaxIndexBytes = 512ull * 1024 * 1024;

// Flags of an index row.
constexpr std::uint8_t kHasBulk = 1;
constexpr std::uint8_t kBigEndian = 2;
constexpr std::uint8_t kPerFrame = 4;

constexpr std::size_t kCutsAt = 48;  // in the header
constexpr std::uint32_t kCutsPerFrame = 1;

Status corrupt(const char* what) {
  return Status(Code::Corrupt, std::string("read metadata sidecar: ") + what);
}

void append_index_row(ByteBuffer& index, const MetadataMember& member) {
  append_le(index, member.range.offset);
  append_le(index, member.range.length);
  append_le(index, member.raw_length);
  append_le(index, member.crc32);
  append_le(index, member.raw_crc32);
  append_le<std::uint8_t>(
      index, static_cast<std::uint8_t>((member.has_bulk ? kHasBulk : 0) | (member.bulk.big_endian ? kBigEndian : 0) |
                                       (member.per_frame ? kPerFrame : 0)));
  append_le<std::uint8_t>(index, static_cast<std::uint8_t>(member.bulk.vr));
  append_le(index, member.bulk.range.offset);
  append_le(index, member.bulk.range.length);
  append_le(index, static_cast<std::uint16_t>(member.bulk.tag_path.size()));
  index.insert(index.end(), member.bulk.tag_path.begin(), member.bulk.tag_path.end());
}

constexpr std::size_t kIndexRowBytes = 8 + 8 + 8 + 4 + 4 + 1 + 1 + 8 + 8 + 2;

// Cuts one row off the front of `rest`; false when it does not hold a whole one.
bool cut_index_row(ByteView& rest, MetadataMember& member) {
  if (rest.size() < kIndexRowBytes) {
    return false;
  }
  const std::uint8_t* at = rest.data();
  member.range = {load_le64(at), load_le64(at + 8)};
  member.raw_length = load_le64(at + 16);
  member.crc32 = load_le32(at + 24);
  member.raw_crc32 = load_le32(at + 28);
  member.has_bulk = (at[32] & kHasBulk) != 0;
  member.bulk.big_endian = (at[32] & kBigEndian) != 0;
  member.per_frame = (at[32] & kPerFrame) != 0;
  member.bulk.vr = static_cast<dicom::Vr>(at[33]);
  member.bulk.range = {load_le64(at + 34), load_le64(at + 42)};
  const std::size_t path = load_le16(at + 50);
  if (at[33] > static_cast<std::uint8_t>(dicom::Vr::UV) || rest.size() - kIndexRowBytes < path) {
    return false;
  }
  member.bulk.tag_path = std::string(as_text(rest.subspan(kIndexRowBytes, path)));
  rest = rest.subspan(kIndexRowBytes + path);
  return true;
}

}  // namespace

struct MetadataWriter::Deflater {
  z_stream stream{};
  std::array<std::uint8_t, 32 * 1024> buffer;
  Deflater() { deflateInit2(&stream, kLevel, Z_DEFLATED, kRawWindow, 8, Z_DEFAULT_STRATEGY); }
  ~Deflater() { deflateEnd(&stream); }

  // Compresses `in` (and with Z_FULL_FLUSH ends the member) into `out`, keeping count and CRC in `member`.
  Status run(std::string_view in, int flush, blob::BlobWriter& out, MetadataMember& member) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    do {
      stream.next_out = buffer.data();
      stream.avail_out = static_cast<uInt>(buffer.size());
      deflate(&stream, flush);
      const ByteView made(buffer.data(), buffer.size() - stream.avail_out);
      member.crc32 = crc32_of(made, member.crc32);
      member.range.length += made.size();
      RETURN_IF_ERROR(out.write(made));
    } while (stream.avail_out == 0);
    return {};
  }
};

MetadataWriter::MetadataWriter(blob::BlobWriter& out) : out_(out), deflater_(std::make_unique<Deflater>()) {}
MetadataWriter::~MetadataWriter() = default;

Status MetadataWriter::text(std::string_view json) {
  if (out_.size() == 0) {
    const std::array<std::uint8_t, kHeaderBytes> blank{};
    RETURN_IF_ERROR(out_.write(blank));
    open_.range.offset = kHeaderBytes;
  }
  constexpr std::size_t kPiece = 1u << 30;  // zlib counts in 32 bits
  while (!json.empty()) {
    const std::string_view piece = json.substr(0, kPiece);
    open_.raw_length += piece.size();
    open_.raw_crc32 = crc32_of(as_bytes(piece), open_.raw_crc32);
    RETURN_IF_ERROR(deflater_->run(piece, Z_NO_FLUSH, out_, open_));
    json.remove_prefix(piece.size());
  }
  return {};
}

Status MetadataWriter::close_member() {
  RETURN_IF_ERROR(deflater_->run("", Z_FULL_FLUSH, out_, open_));
  append_index_row(index_, open_);
  ++members_;
  const std::uint64_t next = open_.range.end();
  open_ = MetadataMember();
  open_.range.offset = next;
  open_.per_frame = in_groups_;
  return {};
}

Status MetadataWriter::per_frame_groups(bool begins) {
  in_groups_ = begins;  // what comes now
  return close_member();
}

Status MetadataWriter::bulk(const dicom::BulkValue& value) {
  if (members_ >= kMaxBulkValues) {
    return Status(Code::TooLarge, "store metadata: more than " + std::to_string(kMaxBulkValues) + " bulk values");
  }
  if (value.tag_path.size() > 4096) {
    return Status(Code::TooLarge, "store metadata: a bulk value nested deeper than a path of 4096 characters tells");
  }
  open_.has_bulk = true;
  open_.bulk = value;
  return close_member();
}

Status MetadataWriter::finish(std::uint64_t blob_size, std::uint64_t blob_hash) {
  RETURN_IF_ERROR(close_member());
  const std::uint64_t index_offset = open_.range.offset;
  RETURN_IF_ERROR(out_.write(index_));
  std::array<std::uint8_t, kHeaderBytes> header{};
  std::memcpy(header.data(), kMagic, sizeof kMagic);
  store_le(header.data() + 4, kVersion);
  store_le(header.data() + 8, blob_size);
  store_le(header.data() + 16, blob_hash);
  store_le(header.data() + 24, index_offset);
  store_le(header.data() + 32, static_cast<std::uint64_t>(index_.size()));
  store_le(header.data() + 40, crc32_of(index_));
  store_le(header.data() + 44, members_);
  store_le(header.data() + kCutsAt, kCutsPerFrame);
  store_le(header.data() + 60, crc32_of(ByteView(header.data(), 60)));
  return out_.overwrite(0, header);
}

Result<MetadataFile> MetadataFile::open(std::shared_ptr<RangeSource> source, std::uint64_t blob_size,
                                        std::uint64_t blob_hash) {
  std::array<std::uint8_t, kHeaderBytes> header{};
  if (source->size() < kHeaderBytes) {
    return corrupt("shorter than its header");
  }
  RETURN_IF_ERROR(read_fully(*source, 0, header));
  if (std::memcmp(header.data(), kMagic, sizeof kMagic) != 0 || load_le32(header.data() + 4) != kVersion ||
      load_le32(header.data() + 60) != crc32_of(ByteView(header.data(), 60))) {
    return corrupt("the header is damaged or of another version");
  }
  if (load_le64(header.data() + 8) != blob_size || load_le64(header.data() + 16) != blob_hash) {
    return corrupt("it belongs to other content");
  }
  const ByteRange place{load_le64(header.data() + 24), load_le64(header.data() + 32)};
  if (place.length > kMaxIndexBytes || place.offset > source->size() || place.length != source->size() - place.offset) {
    return corrupt("the index does not end the file");
  }
  ByteBuffer index(place.length);
  RETURN_IF_ERROR(read_fully(*source, place.offset, index));
  if (crc32_of(index) != load_le32(header.data() + 40)) {
    return corrupt("the index is damaged");
  }
  MetadataFile file;
  file.source_ = std::move(source);
  file.cuts_per_frame_ = (load_le32(header.data() + kCutsAt) & kCutsPerFrame) != 0;
  ByteView rest = index;
  std::uint64_t expected = kHeaderBytes;
  for (std::uint32_t left = load_le32(header.data() + 44); left > 0; --left) {
    MetadataMember member;
    if (!cut_index_row(rest, member) || member.range.offset != expected ||
        member.range.length > place.offset - expected) {
      return corrupt("an index row is damaged");
    }
    expected = member.range.end();
    file.members_.push_back(std::move(member));
  }
  if (expected != place.offset || !rest.empty()) {
    return corrupt("index and members do not meet");
  }
  return file;
}

std::uint64_t MetadataFile::raw_size() const {
  std::uint64_t total = 0;
  for (const MetadataMember& member : members_) {
    total += member.raw_length;
  }
  return total;
}

Result<std::string> MetadataFile::json(std::string_view bulk_base, std::string_view bulk_suffix,
                                       std::uint64_t limit) const {
  if (raw_size() > limit) {
    return Status(Code::TooLarge, "read metadata: " + std::to_string(raw_size()) + " bytes of JSON, the limit is " +
                                      std::to_string(limit));
  }
  std::string out;
  for (const MetadataMember& member : members_) {
    ByteBuffer compressed(member.range.length);
    RETURN_IF_ERROR(read_fully(*source_, member.range.offset, compressed));
    if (crc32_of(compressed) != member.crc32) {
      return corrupt("a member is damaged");
    }
    RETURN_IF_ERROR(Inflater().feed(compressed, out));
    if (member.has_bulk) {
      out.append(bulk_base).append(member.bulk.tag_path).append(bulk_suffix);
    }
  }
  return out;
}

std::string GzipJoiner::begin() {
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
}

// As blocks that are stored: what a deflater's state costs to set up is many times what a URL is worth.
std::string GzipJoiner::text(std::string_view text) {
  constexpr std::size_t kLongest = 0xFFFF;  // of one stored block
  std::string out;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kLongest))) {
    const std::string_view block = rest.substr(0, kLongest);
    std::uint8_t head[5] = {0};  // not the last one, stored; the rest of the byte is passed over
    store_le(head + 1, static_cast<std::uint16_t>(block.size()));
    store_le(head + 3, static_cast<std::uint16_t>(~block.size()));
    out.append(reinterpret_cast<const char*>(head), sizeof head).append(block);
  }
  crc32_ = crc32_of(as_bytes(text), crc32_);
  size_ += text.size();
  return out;
}

void GzipJoiner::pass(const MetadataMember& member) {
  crc32_ =
      static_cast<std::uint32_t>(::crc32_combine(crc32_, member.raw_crc32, static_cast<z_off_t>(member.raw_length)));
  size_ += member.raw_length;
}

std::string GzipJoiner::end() const {
  ByteBuffer out = {0x03, 0x00};  // a final block that holds nothing
  append_le(out, crc32_);
  append_le(out, static_cast<std::uint32_t>(size_));
  return std::string(as_text(out));
}

struct Inflater::State {
  z_stream stream{};
  State() { inflateInit2(&stream, kRawWindow); }
  ~State() { inflateEnd(&stream); }
};

Inflater::Inflater() : state_(std::make_unique<State>()) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Status Inflater::feed(ByteView in, std::string& out) {
  z_stream& stream = state_->stream;
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::array<char, 32 * 1024> buffer;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    const int state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      return Status(Code::Corrupt, "inflate metadata: the compressed bytes are damaged");
    }
    out.append(buffer.data(), buffer.size() - stream.avail_out);
    if (state == Z_STREAM_END) {
      break;
    }
  } while (stream.avail_in > 0 || stream.avail_out == 0);
  return {};
}

}  // namespace tessera::archive
