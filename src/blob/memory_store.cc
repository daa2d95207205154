#include "blob/memory_store.h"

#include <map>
#include <mutex>

namespace tessera::blob {

namespace {

struct Shelf {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<RangeSource>, std::less<>> blobs;  // guarded by mutex
};

class MemoryWriter final : public BlobWriter {
 public:
  explicit MemoryWriter(std::shared_ptr<Shelf> shelf) : shelf_(std::move(shelf)) {}

  Status write(ByteView bytes) override {
    bytes_.append(as_text(bytes));
    return {};
  }

  Status overwrite(std::uint64_t offset, ByteView bytes) override {
    if (offset > bytes_.size() || bytes.size() > bytes_.size() - offset) {
      return Status(Code::Internal, "overwrite beyond what was written of a blob");
    }
    bytes_.replace(offset, bytes.size(), as_text(bytes));
    return {};
  }

  std::uint64_t size() const override { return bytes_.size(); }

  Status commit(std::string_view key, Durability durability) override {
    RETURN_IF_ERROR(check_key(key));
    std::lock_guard lock(shelf_->mutex);
    if (durability == Durability::Truth && shelf_->blobs.count(key) != 0) {
      return Status(Code::AlreadyExists, "blob " + std::string(key) + " is there already");
    }
    shelf_->blobs[std::string(key)] = memory_source(std::move(bytes_));
    return {};
  }

 private:
  std::shared_ptr<Shelf> shelf_;
  std::string bytes_;
};

class MemoryStore final : public BlobStore {
 public:
  Result<std::unique_ptr<BlobWriter>> put() override {
    return std::unique_ptr<BlobWriter>(std::make_unique<MemoryWriter>(shelf_));
  }

  Result<std::shared_ptr<RangeSource>> open(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    std::lock_guard lock(shelf_->mutex);
    const auto found = shelf_->blobs.find(key);
    if (found == shelf_->blobs.end()) {
      return Status(Code::NotFound, "there is no blob " + std::string(key));
    }
    return found->second;
  }

  Result<BlobInfo> stat(std::string_view key) override {
    TRY_ASSIGN(const auto source, open(key));
    return BlobInfo{std::string(key), source->size(), 0};
  }

  Status remove(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    std::lock_guard lock(shelf_->mutex);
    const auto found = shelf_->blobs.find(key);
    if (found != shelf_->blobs.end()) {
      shelf_->blobs.erase(found);
    }
    return {};
  }

  Status settle(std::string_view) override { return {}; }

  Status list(std::string_view prefix, const std::function<bool(const BlobInfo&)>& each) override {
    std::vector<BlobInfo> found;
    {
      std::lock_guard lock(shelf_->mutex);
      for (const auto& [key, source] : shelf_->blobs) {
        if (key.starts_with(prefix)) {
          found.push_back({key, source->size(), 0});
        }
      }
    }
    for (const BlobInfo& info : found) {
      if (!each(info)) {
        break;
      }
    }
    return {};
  }

  Result<std::uint64_t> sweep_unfinished(std::chrono::milliseconds) override { return std::uint64_t{0}; }
  Result<std::vector<BlobInfo>> unfinished(std::chrono::milliseconds) override { return std::vector<BlobInfo>(); }
  Result<std::uint64_t> free_bytes() override { return UINT64_MAX; }

 private:
  std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();
};

}  // namespace

std::unique_ptr<BlobStore> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace tessera::blob
