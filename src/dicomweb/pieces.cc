#include "dicomweb/pieces.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tessera::dicomweb {

namespace {

struct Pieces {
  std::function<Result<std::string>()> next;
  std::string ready;
  std::size_t at = 0;

  Result<std::size_t> fill(MutableBytes into) {
    if (at == ready.size()) {
      TRY_ASSIGN(ready, next());
      at = 0;
    }
    const std::size_t count = std::min(into.size(), ready.size() - at);
    std::memcpy(into.data(), ready.data() + at, count);
    at += count;
    return count;
  }
};

class PieceStream final : public Stream {
 public:
  PieceStream(std::function<Result<std::string>()> next, Pool& pool)
      : pieces_(std::make_shared<Pieces>()), pool_(pool) {
    pieces_->next = std::move(next);
  }

  void pull(MutableBytes into, ReadDone done) override {
    // Shared with the task: the stream may be dropped while a pull is under way.
    pool_.post([pieces = pieces_, into, done = std::move(done)] { done(pieces->fill(into)); });
  }

 private:
  const std::shared_ptr<Pieces> pieces_;
  Pool& pool_;
};

}  // namespace

std::unique_ptr<Stream> stream_pieces(std::function<Result<std::string>()> next, Pool& pool) {
  return std::make_unique<PieceStream>(std::move(next), pool);
}

}  // namespace tessera::dicomweb
