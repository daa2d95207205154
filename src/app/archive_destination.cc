#include "app/destination.h"

namespace tessera::app {

namespace {

class ArchiveDestination final : public Destination {
 public:
  explicit ArchiveDestination(ArchiveStack& stack) : stack_(stack) {}

  Result<bool> has(const std::string& study, const std::string& series, const std::string& sop) override {
    const auto found = stack_.instances.find({1, study, series, sop}, catalog::Visibility::everything());
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
    TRY_ASSIGN(session_, stack_.ingest.begin({}));
    return {};
  }

  Status write(ByteView bytes) override {
    session_->feed(bytes);
    return {};
  }

  Result<Arrival> end() override {
    const archive::StoreOutcome outcome = session_->finish();
    session_.reset();
    if (outcome.status.ok()) {
      return Arrival::Stored;
    }
    if (outcome.identical) {
      return Arrival::AlreadyThere;
    }
    return outcome.status;
  }

 private:
  ArchiveStack& stack_;
  std::unique_ptr<archive::Ingest::Session> session_;
};

}  // namespace

std::unique_ptr<Destination> archive_destination(ArchiveStack& stack) {
  return std::make_unique<ArchiveDestination>(stack);
}

}  // namespace tessera::app
