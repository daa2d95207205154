#include "archive/metadata.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "archive/sidecars.h"
#include "base/hash.h"
#include "base/zstd.h"
#include "dicom/byte_order.h"
#include "dicom/xml_model.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kReadPiece = 64 * 1024;

// Fills buffers with what is made piece by piece, each to its end while there is any: a pull is a task and a send. One
// thread at a time; blocks.
class Pieces {
 public:
  virtual ~Pieces() = default;

  Result<std::size_t> fill(MutableBytes into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
      if (ready_at_ == ready_.size()) {
        ready_.clear();
        ready_at_ = 0;
        TRY_ASSIGN(const bool more, make_ready());
        if (!more) {
          break;
        }
      }
      const std::size_t count = std::min(into.size() - filled, ready_.size() - ready_at_);
      std::memcpy(into.data() + filled, ready_.data() + ready_at_, count);
      ready_at_ += count;
      filled += count;
    }
    return filled;
  }

 protected:
  std::string ready_;  // made, not yet handed out

 private:
  // Puts the next piece into ready_, perhaps an empty one; false at the end.
  virtual Result<bool> make_ready() = 0;

  std::size_t ready_at_ = 0;
};

// The JSON.
class MetadataText final : public Pieces {
 public:
  MetadataText(std::vector<JsonPart> parts, std::string after, MetadataOptions options, blob::BlobStore& blobs)
      : parts_(std::move(parts)), after_(std::move(after)), options_(options), blobs_(blobs) {
    if (options_.coding == MetadataCoding::Zstd) {
      packer_ = std::make_unique<ZstdPacker>();
    }
  }

 private:
  bool is_gzip() const { return options_.coding == MetadataCoding::Gzip; }

  Result<bool> make_ready() override {
    if (ended_) {
      return false;
    }
    if (!file_) {
      RETURN_IF_ERROR(next_part());
      return true;
    }
    const MetadataMember& member = file_->members()[member_];
    if (member.per_frame && !options_.per_frame) {
      next_member();
      return true;
    }
    if (member_at_ < member.range.length) {
      RETURN_IF_ERROR(pass_piece(member));
      return true;
    }
    const JsonPart& part = parts_[part_];
    if (member_crc_ != member.crc32) {
      return Status(Code::Corrupt, "read metadata of " + part.row.blob_key + ": a member is damaged");
    }
    joiner_.pass(member);
    if (member.has_bulk) {
      RETURN_IF_ERROR(add_text(instance_url(part.base_url, part.row.key) + "/bulkdata/" + member.bulk.tag_path +
                               "?v=" + std::to_string(part.row.watermark)));
    }
    next_member();
    return true;
  }

  Status next_part() {
    if (is_gzip() && !std::exchange(begun_, true)) {
      ready_ += GzipJoiner::begin();
    }
    if (part_ == parts_.size()) {
      return end();
    }
    RETURN_IF_ERROR(add_text(parts_[part_].before));
    auto file = open_metadata(blobs_, parts_[part_].row, !options_.per_frame);
    if (file.status().code() == Code::NotFound && options_.null_when_gone) {
      ++part_;
      return add_text("null");
    }
    RETURN_IF_ERROR(file.status());
    file_ = std::move(*file);
    member_ = 0;
    start_member();
    return {};
  }

  Status end() {
    ended_ = true;
    RETURN_IF_ERROR(add_text(after_));
    if (packer_ != nullptr) {
      return packer_->pack("", true, ready_);
    }
    ready_ += is_gzip() ? joiner_.end() : "";
    return {};
  }

  void next_member() {
    ++member_;
    start_member();
    if (member_ == file_->members().size()) {
      file_.reset();
      ++part_;
    }
  }

  void start_member() {
    member_at_ = 0;
    member_crc_ = 0;
    inflater_.reset();  // made where it is needed
  }

  Inflater& inflater() {
    if (!inflater_) {
      inflater_.emplace();
    }
    return *inflater_;
  }

  Status pass_piece(const MetadataMember& member) {
    ByteBuffer piece(std::min<std::uint64_t>(kReadPiece, member.range.length - member_at_));
    RETURN_IF_ERROR(read_fully(*file_->source(), member.range.offset + member_at_, piece));
    member_at_ += piece.size();
    member_crc_ = crc32_of(piece, member_crc_);
    if (is_gzip()) {
      ready_.append(as_text(piece));
      return {};
    }
    if (packer_ == nullptr) {
      return inflater().feed(piece, ready_);
    }
    inflated_.clear();
    RETURN_IF_ERROR(inflater().feed(piece, inflated_));
    return packer_->pack(inflated_, false, ready_);
  }

  Status add_text(std::string_view text) {
    if (packer_ != nullptr) {
      return packer_->pack(text, false, ready_);
    }
    ready_.append(is_gzip() ? joiner_.text(text) : std::string(text));
    return {};
  }

  const std::vector<JsonPart> parts_;
  const std::string after_;
  const MetadataOptions options_;
  blob::BlobStore& blobs_;

  std::size_t part_ = 0;
  std::optional<MetadataFile> file_;  // of part_, while its members are being passed
  std::size_t member_ = 0;
  std::uint64_t member_at_ = 0;
  std::uint32_t member_crc_ = 0;
  std::optional<Inflater> inflater_;
  GzipJoiner joiner_;
  std::unique_ptr<ZstdPacker> packer_;  // zstd only
  std::string inflated_;
  bool begun_ = false;
  bool ended_ = false;
};

// A range of big-endian numbers as little endian.
class TurnedAround final : public RangeSource {
 public:
  TurnedAround(std::shared_ptr<RangeSource> content, ByteRange range, std::size_t unit)
      : content_(std::move(content)), range_(range), unit_(unit) {}

  std::uint64_t size() const override { return range_.length; }

  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override {
    // Whole units around what is asked for; the last one of an odd length is cut short and stays as it is.
    const std::uint64_t from = offset - offset % unit_;
    const std::uint64_t to = std::min((offset + into.size() + unit_ - 1) / unit_ * unit_, range_.length);
    auto units = std::make_shared<ByteBuffer>(to - from);
    content_->read(range_.offset + from, *units, [=, this](Result<std::size_t> got) {
      if (got.ok()) {
        dicom::swap_units(*units, unit_);
        std::copy_n(units->begin() + static_cast<std::ptrdiff_t>(offset - from), into.size(), into.begin());
        done(into.size());
      } else {
        done(got.status());
      }
    });
  }

 private:
  const std::shared_ptr<RangeSource> content_;
  const ByteRange range_;
  const std::size_t unit_;
};

// The same instances as XML: the JSON of one after the other goes through a model. One thread at a time; blocks.
class MetadataXml final : public Pieces {
 public:
  MetadataXml(std::vector<JsonPart> parts, std::string after, MetadataOptions options, blob::BlobStore& blobs)
      : parts_(std::move(parts)), after_(std::move(after)), options_(options), blobs_(blobs), json_(kReadPiece) {}

 private:
  Result<bool> make_ready() override {
    if (source_ != nullptr) {
      TRY_ASSIGN(const std::size_t count, source_->fill(json_));
      if (count > 0) {
        RETURN_IF_ERROR(model_.feed(as_text(ByteView(json_)).substr(0, count), ready_));
      } else {
        source_.reset();
      }
      return true;
    }
    if (part_ == parts_.size()) {
      ready_ += std::exchange(after_, {});
      return !ready_.empty();
    }
    JsonPart part = parts_[part_++];
    ready_ += std::exchange(part.before, {});
    model_ = dicom::XmlModel();
    std::vector<JsonPart> one;
    one.push_back(std::move(part));
    source_ = std::make_unique<MetadataText>(std::move(one), std::string(), options_, blobs_);
    return true;
  }

  const std::vector<JsonPart> parts_;
  std::string after_;
  const MetadataOptions options_;
  blob::BlobStore& blobs_;
  ByteBuffer json_;
  std::size_t part_ = 0;
  std::unique_ptr<MetadataText> source_;  // of the part before part_, until it ends
  dicom::XmlModel model_;
};

class MetadataStream final : public Stream {
 public:
  MetadataStream(std::shared_ptr<Pieces> text, Pool& pool) : text_(std::move(text)), pool_(pool) {}

  void pull(MutableBytes into, ReadDone done) override {
    // The text is shared with the task: the stream may be dropped while a pull is under way.
    pool_.post([text = text_, into, done = std::move(done)] { done(text->fill(into)); });
  }

 private:
  std::shared_ptr<Pieces> text_;
  Pool& pool_;
};

}  // namespace

std::string instance_url(std::string_view base, const catalog::InstanceKey& key) {
  std::string url(base);
  url.append("/studies/").append(key.study).append("/series/").append(key.series);
  url.append("/instances/").append(key.sop);
  return url;
}

std::unique_ptr<Stream> stream_json(std::vector<JsonPart> parts, std::string after, MetadataOptions options,
                                    blob::BlobStore& blobs, Pool& pool) {
  return std::make_unique<MetadataStream>(
      std::make_shared<MetadataText>(std::move(parts), std::move(after), options, blobs), pool);
}

std::unique_ptr<Stream> stream_xml(std::vector<JsonPart> parts, std::string after, MetadataOptions options,
                                   blob::BlobStore& blobs, Pool& pool) {
  options.coding = MetadataCoding::Identity;
  return std::make_unique<MetadataStream>(
      std::make_shared<MetadataXml>(std::move(parts), std::move(after), options, blobs), pool);
}

std::unique_ptr<Stream> stream_metadata(std::vector<catalog::InstanceRow> rows, std::string base_url,
                                        MetadataOptions options, blob::BlobStore& blobs, Pool& pool) {
  std::vector<JsonPart> parts;
  parts.reserve(rows.size());
  for (catalog::InstanceRow& row : rows) {
    parts.push_back({parts.empty() ? "[" : ",", base_url, std::move(row)});
  }
  return stream_json(std::move(parts), rows.empty() ? "[]" : "]", options, blobs, pool);
}

Result<Rope> bulk_value(blob::BlobStore& blobs, const catalog::InstanceRow& row, std::string_view tag_path,
                        std::shared_ptr<RangeSource> content) {
  TRY_ASSIGN(const MetadataFile file, open_metadata(blobs, row));
  for (const MetadataMember& member : file.members()) {
    if (!member.has_bulk || member.bulk.tag_path != tag_path) {
      continue;
    }
    const ByteRange range = member.bulk.range;
    if (range.offset > content->size() || range.length > content->size() - range.offset) {
      return Status(Code::Corrupt, "read bulk value " + std::string(tag_path) + ": it lies beyond the stored bytes");
    }
    Rope rope;
    if (member.bulk.big_endian) {
      const std::size_t unit = dicom::swap_unit(member.bulk.vr);
      rope.append(std::make_shared<TurnedAround>(std::move(content), range, unit), ByteRange{0, range.length});
    } else {
      rope.append(std::move(content), range);
    }
    return rope;
  }
  return Status(Code::NotFound, "bulk value " + std::string(tag_path) + " of instance " + row.key.sop +
                                    ": no value of this path is kept apart from the metadata");
}

}  // namespace tessera::archive
