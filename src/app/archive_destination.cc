#include "app/destination.h"
#include "blob/file_source.h"

namespace tessera::app {

namespace {

class ArchiveDestination final : public Destination {
 public:
  ArchiveDestination(ArchiveStack& stack, std::int64_t partition) : stack_(stack), partition_(partition) {}

  Result<bool> has(const std::string& study, const std::string& series, const std::string& sop) override {
    const auto found = stack_.instances.find({partition_, study, series, sop}, catalog::Visibility::everything());
    if (found.ok()) {
      return true;
    }
    if (found.status().code() == Code::NotFound) {
      return false;
    }
    return found.status();
  }

  Status begin(std::uint64_t) override {
    RETURN_IF_ERROR(stack_.free_space.check());
    archive::IngestOptions options;
    options.partition = partition_;
    TRY_ASSIGN(session_, stack_.ingest.begin(std::move(options)));
    return {};
  }

  Result<std::shared_ptr<RangeSource>> begin_file(const std::filesystem::path& path, bool may_take) override {
    Result<blob::Adopted> adopted = stack_.folder.blobs->adopt(path, may_take);
    if (!adopted.ok()) {
      return adopted.status().code() == Code::Unsupported ? Destination::begin_file(path, may_take) : adopted.status();
    }
    RETURN_IF_ERROR(begin(adopted->bytes->size()));
    session_->adopt(std::move(adopted->writer));
    return std::move(adopted->bytes);
  }

  Status write(ByteView bytes) override {
    session_->feed(bytes);
    // Of a duplicate the rest is wanted too: whether the bytes are the same shows at their end.
    const archive::StoreOutcome& outcome = session_->so_far();
    return outcome.reason == archive::StoreReason::AlreadyExists ? Status() : outcome.status;
  }

  Status close() override {
    closed_.push_back(std::move(session_));
    return {};
  }

  Result<std::vector<Arrival>> commit() override {
    std::vector<Arrival> arrivals;
    Status failed;
    for (const auto& session : closed_) {
      const archive::StoreOutcome outcome = session->finish();
      if (!outcome.status.ok() && !outcome.identical) {
        failed = outcome.status;
        break;
      }
      arrivals.push_back(outcome.status.ok() ? Arrival::Stored : Arrival::AlreadyThere);
    }
    abandon();
    if (!failed.ok()) {
      return failed;
    }
    return arrivals;
  }

  void abandon() override {
    session_.reset();
    closed_.clear();
  }

  bool is_seen() const override { return false; }

 private:
  ArchiveStack& stack_;
  const std::int64_t partition_;
  std::unique_ptr<archive::Ingest::Session> session_;
  std::vector<std::unique_ptr<archive::Ingest::Session>> closed_;
};

}  // namespace

Result<std::shared_ptr<RangeSource>> Destination::begin_file(const std::filesystem::path& path, bool) {
  TRY_ASSIGN(File file, File::open_read(path));
  TRY_ASSIGN(const std::uint64_t size, file.size());
  RETURN_IF_ERROR(begin(size));
  return std::shared_ptr<RangeSource>(std::make_shared<blob::FileSource>(std::move(file), size));
}

std::unique_ptr<Destination> archive_destination(ArchiveStack& stack, std::int64_t partition) {
  return std::make_unique<ArchiveDestination>(stack, partition);
}

}  // namespace tessera::app
