#include "app/audit.h"
#include "app/destination.h"
#include "blob/file_source.h"

namespace tessera::app {

namespace {

class ArchiveDestination final : public Destination {
 public:
  ArchiveDestination(ArchiveStack& stack, ArchivePartition partition, auth::AuditTrail* audit)
      : stack_(stack), partition_(std::move(partition)), audit_(audit) {}

  Result<bool> has(const std::string& study, const std::string& series, const std::string& sop) override {
    const auto found = stack_.instances.find({partition_.key, study, series, sop}, catalog::Visibility::everything());
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
    RETURN_IF_ERROR(audit_ == nullptr ? Status() : audit_->ready());
    archive::IngestOptions options;
    options.partition = partition_.key;
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
    std::vector<archive::StoreOutcome> outcomes;
    Status failed;
    for (const auto& session : closed_) {
      outcomes.push_back(session->finish());
      const archive::StoreOutcome& outcome = outcomes.back();
      if (!outcome.status.ok() && !outcome.identical) {
        failed = outcome.status;
        break;
      }
      arrivals.push_back(outcome.status.ok() ? Arrival::Stored : Arrival::AlreadyThere);
    }
    abandon();
    const Status audited = tell(outcomes);
    if (!failed.ok() || !audited.ok()) {
      return failed.ok() ? audited : failed;
    }
    return arrivals;
  }

  void abandon() override {
    session_.reset();
    closed_.clear();
  }

  bool is_seen() const override { return false; }

 private:
  // What became of the instances, in as many lines as it takes; on the disk when it returns ok.
  Status tell(const std::vector<archive::StoreOutcome>& outcomes) const {
    constexpr std::size_t kInstancesOfLine = 32;
    for (std::size_t begin = 0; begin < outcomes.size(); begin += kInstancesOfLine) {
      const std::size_t end = std::min(begin + kInstancesOfLine, outcomes.size());
      std::string instances;
      Status worst;
      for (std::size_t at = begin; at < end; ++at) {
        const archive::StoreOutcome& outcome = outcomes[at];
        const bool stored = outcome.status.ok();
        worst = stored || outcome.identical ? worst : outcome.status;
        auth::AuditObject object;
        object.text("study", outcome.study).text("series", outcome.series).text("instance", outcome.sop);
        object.text("outcome", stored ? "stored" : outcome.identical ? "identical" : "refused");
        instances += (at == begin ? "{" : ",{") + object.take() + "}";
      }
      auth::AuditObject what;
      what.text("partition", partition_.name).json("instances", "[" + instances + "]");
      RETURN_IF_ERROR(audit_command(audit_, "import", worst, what.take()));
    }
    return {};
  }

  ArchiveStack& stack_;
  const ArchivePartition partition_;
  auth::AuditTrail* const audit_;
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

std::unique_ptr<Destination> archive_destination(ArchiveStack& stack, ArchivePartition partition,
                                                 auth::AuditTrail* audit) {
  return std::make_unique<ArchiveDestination>(stack, std::move(partition), audit);
}

}  // namespace tessera::app
