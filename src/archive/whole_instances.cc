#include "archive/whole_instances.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/hash.h"
#include "base/zip.h"

namespace tessera::archive {

namespace {

class Turns final : public BlobsInTurn, public std::enable_shared_from_this<Turns> {
 public:
  Turns(blob::BlobStore& blobs, Pool& pool) : blobs_(blobs), pool_(pool) {}

  std::shared_ptr<RangeSource> add(const catalog::InstanceRow& row) override;

 private:
  class Turn;

  blob::BlobStore& blobs_;
  Pool& pool_;
  std::mutex mutex_;
  const Turn* whose_ = nullptr;        // guarded by mutex_
  std::shared_ptr<RangeSource> open_;  // guarded by mutex_: of `whose_`
};

class Turns::Turn final : public RangeSource, public std::enable_shared_from_this<Turns::Turn> {
 public:
  Turn(std::shared_ptr<Turns> turns, std::string blob_key, std::uint64_t size)
      : turns_(std::move(turns)), blob_key_(std::move(blob_key)), size_(size) {}

  std::uint64_t size() const override { return size_; }

  int plain_descriptor() const override {
    std::lock_guard lock(turns_->mutex_);
    return turns_->whose_ == this ? turns_->open_->plain_descriptor() : -1;
  }

  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override {
    turns_->pool_.post([self = shared_from_this(), offset, into, done = std::move(done)] {
      const auto source = self->open();
      if (!source.ok()) {
        done(source.status());
        return;
      }
      const Status status = read_fully(**source, offset, into);
      done(status.ok() ? Result<std::size_t>(into.size()) : status);
    });
  }

 private:
  Result<std::shared_ptr<RangeSource>> open() {
    std::lock_guard lock(turns_->mutex_);
    if (turns_->whose_ == this) {
      return turns_->open_;
    }
    TRY_ASSIGN(auto opened, turns_->blobs_.open(blob_key_));
    if (opened->size() != size_) {
      return Status(Code::Corrupt, "read " + blob_key_ + ": it has another size than the catalog says");
    }
    turns_->open_ = std::move(opened);
    turns_->whose_ = this;
    return turns_->open_;
  }

  const std::shared_ptr<Turns> turns_;
  const std::string blob_key_;
  const std::uint64_t size_;
};

std::shared_ptr<RangeSource> Turns::add(const catalog::InstanceRow& row) {
  return std::make_shared<Turn>(shared_from_this(), row.blob_key, row.blob.size);
}

// Fills buffers with the archive, one piece after the other. One thread at a time; blocks.
class ZipOfInstances {
 public:
  ZipOfInstances(std::vector<catalog::InstanceRow> rows, blob::BlobStore& blobs)
      : rows_(std::move(rows)), blobs_(blobs) {}

  Result<std::size_t> fill(MutableBytes into) {
    if (ready_at_ == ready_.size()) {
      if (blob_ != nullptr && blob_at_ < blob_->size()) {
        return pass(into);
      }
      RETURN_IF_ERROR(make_ready());
    }
    const std::size_t count = std::min(into.size(), ready_.size() - ready_at_);
    std::memcpy(into.data(), ready_.data() + ready_at_, count);
    ready_at_ += count;
    return count;
  }

 private:
  Result<std::size_t> pass(MutableBytes into) {
    const MutableBytes piece = into.first(std::min<std::uint64_t>(into.size(), blob_->size() - blob_at_));
    RETURN_IF_ERROR(read_fully(*blob_, blob_at_, piece));
    crc32_ = crc32_of(piece, crc32_);
    blob_at_ += piece.size();
    return piece.size();
  }

  // What comes between two files; nothing behind the directory.
  Status make_ready() {
    ready_.clear();
    ready_at_ = 0;
    if (blob_ != nullptr) {
      ready_ += zip_.end(crc32_);
      blob_.reset();
      ++row_;
    }
    if (row_ < rows_.size()) {
      const catalog::InstanceRow& row = rows_[row_];
      TRY_ASSIGN(blob_, blobs_.open(row.blob_key));
      blob_at_ = 0;
      crc32_ = 0;
      ready_ += zip_.begin(row.key.study + "/" + row.key.series + "/" + row.key.sop + ".dcm", blob_->size());
    } else if (!ended_) {
      ended_ = true;
      ready_ += zip_.finish();
    }
    return {};
  }

  const std::vector<catalog::InstanceRow> rows_;
  blob::BlobStore& blobs_;
  ZipFraming zip_;
  std::string ready_;  // made, not yet handed out
  std::size_t ready_at_ = 0;
  std::size_t row_ = 0;
  std::shared_ptr<RangeSource> blob_;  // of row_, while its bytes are passed
  std::uint64_t blob_at_ = 0;
  std::uint32_t crc32_ = 0;
  bool ended_ = false;
};

class ZipStream final : public Stream {
 public:
  ZipStream(std::shared_ptr<ZipOfInstances> zip, Pool& pool) : zip_(std::move(zip)), pool_(pool) {}

  void pull(MutableBytes into, ReadDone done) override {
    // Shared with the task: the stream may be dropped while a pull is under way.
    pool_.post([zip = zip_, into, done = std::move(done)] { done(zip->fill(into)); });
  }

 private:
  const std::shared_ptr<ZipOfInstances> zip_;
  Pool& pool_;
};

}  // namespace

std::shared_ptr<BlobsInTurn> BlobsInTurn::make(blob::BlobStore& blobs, Pool& pool) {
  return std::make_shared<Turns>(blobs, pool);
}

std::unique_ptr<Stream> stream_zip(std::vector<catalog::InstanceRow> rows, blob::BlobStore& blobs, Pool& pool) {
  return std::make_unique<ZipStream>(std::make_shared<ZipOfInstances>(std::move(rows), blobs), pool);
}

}  // namespace tessera::archive
