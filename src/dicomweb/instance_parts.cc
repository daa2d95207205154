#include "dicomweb/instance_parts.h"

#include <algorithm>
#include <utility>

#include "archive/metadata.h"
#include "dicomweb/transcoding.h"

namespace tessera::dicomweb {

namespace {

constexpr std::uint64_t kPiece = 256 * 1024;

}  // namespace

InstanceParts::InstanceParts(const ArchiveParts& parts, const Exchange& exchange, std::vector<InstancePart> instances,
                             std::optional<std::string> boundary)
    : parts_(parts),
      base_url_(exchange.base_url()),
      visibility_(exchange.visibility()),
      instances_(std::move(instances)) {
  if (boundary) {
    pieces_.emplace(std::move(*boundary));
  }
}

std::string InstanceParts::part_head() const {
  const auto& [row, as] = instances_[at_];
  return "Content-Type: application/dicom; transfer-syntax=" + (as.syntax.empty() ? row.transfer_syntax : as.syntax) +
         "\r\nContent-Location: " + archive::instance_url(base_url_, row.key) + "\r\n";
}

// False after the last one.
Result<bool> InstanceParts::open_next() {
  stored_.reset();
  made_.reset();
  for (; at_ < instances_.size(); ++at_) {
    const auto& [row, as] = instances_[at_];
    const auto located =
        parts_.locator.locate({row.key.partition, row.key.study, row.key.series, row.key.sop}, visibility_);
    if (located.status().code() == Code::NotFound && instances_.size() > 1) {
      continue;
    }
    RETURN_IF_ERROR(located.status());
    std::optional<std::uint64_t> length;
    if (as.syntax.empty()) {
      stored_ = *located;
      sent_ = 0;
      length = stored_->blob->size();
    } else {
      auto made = archive::TranscodedInstance::begin(parts_.transcoder, *located, as.syntax, as.quality);
      if (!made.ok()) {
        return not_acceptable(made.status());
      }
      made_ = std::move(*made);
    }
    head_ = pieces_ ? pieces_->before_part(part_head(), length) : std::string();
    ++at_;
    return true;
  }
  return false;
}

Status InstanceParts::begin() {
  return open_next().status();
}

Result<std::string> InstanceParts::next() {
  while (true) {
    if (!head_.empty()) {
      return std::exchange(head_, {});
    }
    if (stored_ && sent_ < stored_->blob->size()) {
      ByteBuffer piece(std::min(kPiece, stored_->blob->size() - sent_));
      RETURN_IF_ERROR(read_fully(*stored_->blob, sent_, piece));
      sent_ += piece.size();
      return std::string(as_text(piece));
    }
    if (made_) {
      TRY_ASSIGN(std::string piece, made_->next());
      if (!piece.empty()) {
        return piece;
      }
    }
    TRY_ASSIGN(const bool more, open_next());
    if (!more) {
      return pieces_ ? pieces_->end() : std::string();
    }
  }
}

}  // namespace tessera::dicomweb
