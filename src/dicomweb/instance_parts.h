// InstanceParts: instances one after the other as multipart/related, each as stored or in another transfer syntax, made
// while the answer goes out. What instance.cc and study.cc send where it is not the one file as it lies. Memory is one
// piece of one instance; each is opened when its turn comes. One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/transcoded_instance.h"
#include "dicomweb/archive_parts.h"
#include "dicomweb/exchange.h"
#include "dicomweb/negotiation.h"
#include "net/multipart.h"

namespace tessera::dicomweb {

struct InstancePart {
  catalog::InstanceRow row;
  Representation as;
};

class InstanceParts {
 public:
  // `boundary`: of the multipart body; none: the one instance alone.
  InstanceParts(const ArchiveParts& parts, const Exchange& exchange, std::vector<InstancePart> instances,
                std::optional<std::string> boundary);

  // Opens the first and makes its first frame: what fails here is told by a status. Blocks.
  Status begin();
  // The next piece of the body, empty at its end. An instance that was deleted meanwhile is left out. Blocks.
  Result<std::string> next();

 private:
  Result<bool> open_next();
  std::string part_head() const;

  const ArchiveParts& parts_;
  const std::string base_url_;
  const catalog::Visibility visibility_;
  const std::vector<InstancePart> instances_;
  std::optional<net::MultipartPieces> pieces_;

  std::size_t at_ = 0;                                 // the instance after the open one
  std::string head_;                                   // of the open one, not yet sent
  std::shared_ptr<const archive::Located> stored_;     // the open one, as stored
  std::uint64_t sent_ = 0;                             // of it
  std::unique_ptr<archive::TranscodedInstance> made_;  // or in another syntax
};

}  // namespace tessera::dicomweb
