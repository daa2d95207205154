// Storing: the blocking half of one STOW request. Feeds the bytes of each part to an ingest session as they come,
// counts them against quotas, verifies digests that the client stated, and collects what became of each part. Parts of
// metadata and bulk data are collected (metadata_upload.h) and stored when the last one is in: one that is wrong, or a
// digest of one that does not hold, fails the request, since they belong together.
//
//   Content-Digest of the request, one part:   nothing is stored unless it holds
//   the same of a multipart body:              no part is visible before all of it has arrived and it holds
//   Content-Digest of a part:                  that part alone is refused
//
// Used by one pool task at a time. Destroyed early, it leaves nothing of what was not complete.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "archive/ingest.h"
#include "archive/metadata_upload.h"
#include "dicomweb/archive_parts.h"
#include "dicomweb/exchange.h"
#include "dicomweb/stow_content.h"
#include "net/content_digest.h"
#include "net/multipart.h"

namespace tessera::dicomweb {

class Storing final : public net::PartSink {
 public:
  // `place`: among the uploads under way. `parts` is borrowed.
  Storing(const ArchiveParts& parts, ExchangePtr exchange, const BodyKind& kind, net::ContentDigest digest,
          std::shared_ptr<void> place);

  // Once the multipart frame is broken the rest of the body is read and ignored.
  void feed(ByteView bytes);
  // The rest of the body need not come.
  bool is_over_quota() const { return over_quota_; }
  // The outcomes, or why the body as a whole is wrong (and nothing of it was stored). Once.
  Result<std::vector<archive::StoreOutcome>> finish();

  Status on_part_begin(const net::PartHead& head) override;
  Status on_part_bytes(ByteView bytes) override;
  Status on_part_end() override;

 private:
  Status count(std::size_t bytes);
  void begin_session();
  Result<std::int64_t> enter_partition();
  Status end_session();
  Status hold_session();
  void lose_part(Status why);
  Status begin_metadata_part(const net::PartHead& head);
  Status store_metadata();
  Status store_instance(const dicom::JsonInstance& instance);
  void add(archive::StoreOutcome outcome);

  const ArchiveParts& parts_;
  const ExchangePtr exchange_;         // lives while something may be stored for it: what was is told to its audit
  const std::shared_ptr<void> place_;  // among the uploads under way
  archive::IngestOptions options_;
  std::string partition_;  // to be entered before the first instance; empty: none, or done
  Status entered_;         // why that failed: the request fails as a whole
  std::string root_type_;
  net::ContentDigest digest_;       // of the body
  net::ContentDigest part_digest_;  // of the part that is coming in
  std::uint64_t request_bytes_ = 0;
  std::uint64_t part_bytes_ = 0;
  bool over_quota_ = false;
  std::unique_ptr<net::MultipartParser> multipart_;
  std::unique_ptr<archive::MetadataUpload> metadata_;  // the parts are JSON and bulk data
  bool in_json_ = false;                               // and this one is JSON
  std::unique_ptr<archive::Ingest::Session> session_;
  std::vector<std::unique_ptr<archive::Ingest::Session>>
      held_;  // whole parts, until the body's digest is known to hold
  std::vector<archive::StoreOutcome> outcomes_;
  Status broken_;
};

}  // namespace tessera::dicomweb
