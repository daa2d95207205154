#include "archive/inflated_file.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tessera::archive {

namespace {

constexpr std::size_t kTrailerBytes = 64;
constexpr std::uint32_t kVersion = 1;
constexpr char kMagic[4] = {'T', 'S', 'I', 'F'};
constexpr std::size_t kReadPiece = 1024 * 1024;

Status corrupt(const char* what) {
  return Status(Code::Corrupt, std::string("read inflated sidecar: ") + what);
}

// The sidecar without its trailer.
class Content final : public RangeSource {
 public:
  Content(std::shared_ptr<RangeSource> sidecar, std::uint64_t size) : sidecar_(std::move(sidecar)), size_(size) {}

  std::uint64_t size() const override { return size_; }
  int plain_descriptor() const override { return sidecar_->plain_descriptor(); }
  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override {
    sidecar_->read(offset, into, std::move(done));
  }

 private:
  const std::shared_ptr<RangeSource> sidecar_;
  const std::uint64_t size_;
};

Result<std::uint64_t> hash_of(RangeSource& sidecar, std::uint64_t size) {
  Checksum checksum;
  ByteBuffer buffer(std::min<std::uint64_t>(kReadPiece, size));
  for (std::uint64_t at = 0; at < size; at += kReadPiece) {
    const MutableBytes piece(buffer.data(), std::min<std::uint64_t>(kReadPiece, size - at));
    RETURN_IF_ERROR(read_fully(sidecar, at, piece));
    checksum.update(piece);
  }
  return checksum.xxh3();
}

}  // namespace

Status InflatedWriter::write(ByteView bytes) {
  checksum_.update(bytes);
  return out_->write(bytes);
}

Status InflatedWriter::on_inflated(std::uint64_t offset, ByteView bytes) {
  if (!out_) {
    TRY_ASSIGN(out_, store_.put());
    RETURN_IF_ERROR(write(ByteBuffer(offset)));  // at most what the parser allows for group 0002
  }
  return write(bytes);
}

Status InflatedWriter::finish(std::uint64_t blob_size, std::uint64_t blob_hash) {
  std::array<std::uint8_t, kTrailerBytes> trailer{};
  std::memcpy(trailer.data(), kMagic, sizeof kMagic);
  store_le(trailer.data() + 4, kVersion);
  store_le(trailer.data() + 8, blob_size);
  store_le(trailer.data() + 16, blob_hash);
  store_le(trailer.data() + 24, out_->size());
  store_le(trailer.data() + 32, checksum_.xxh3());
  store_le(trailer.data() + 60, crc32_of(ByteView(trailer.data(), 60)));
  return out_->write(trailer);
}

Status InflatedWriter::commit(std::string_view key) {
  return out_->commit(key, blob::Durability::Derived);
}

Result<std::shared_ptr<RangeSource>> open_inflated(std::shared_ptr<RangeSource> sidecar, std::uint64_t blob_size,
                                                   std::uint64_t blob_hash) {
  std::array<std::uint8_t, kTrailerBytes> trailer{};
  if (sidecar->size() < kTrailerBytes) {
    return corrupt("shorter than its trailer");
  }
  const std::uint64_t size = sidecar->size() - kTrailerBytes;
  RETURN_IF_ERROR(read_fully(*sidecar, size, trailer));
  if (std::memcmp(trailer.data(), kMagic, sizeof kMagic) != 0 || load_le32(trailer.data() + 4) != kVersion ||
      load_le32(trailer.data() + 60) != crc32_of(ByteView(trailer.data(), 60))) {
    return corrupt("the trailer is damaged or of another version");
  }
  if (load_le64(trailer.data() + 8) != blob_size || load_le64(trailer.data() + 16) != blob_hash ||
      load_le64(trailer.data() + 24) != size) {
    return corrupt("it belongs to other content");
  }
  TRY_ASSIGN(const std::uint64_t hash, hash_of(*sidecar, size));
  if (hash != load_le64(trailer.data() + 32)) {
    return corrupt("the content is damaged");
  }
  return std::shared_ptr<RangeSource>(std::make_shared<Content>(std::move(sidecar), size));
}

}  // namespace tessera::archive
