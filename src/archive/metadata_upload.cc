#include "archive/metadata_upload.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace tessera::archive {

namespace {

using dicom::JsonBulk;
using dicom::JsonInstance;
using dicom::Tag;
namespace tags = dicom::tags;

constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::uint64_t kMaxLength = 0xFFFFFFFE;  // what an element or item of defined length can say

using Feed = std::function<Status(ByteView)>;

std::string staged_key() {
  std::random_device random;
  return std::string(kStagedPrefix) + std::to_string(random()) + "-" + std::to_string(random());
}

Status copy(RangeSource& from, const Feed& feed) {
  ByteBuffer buffer(std::min<std::uint64_t>(kPiece, from.size()));
  for (std::uint64_t at = 0; at < from.size(); at += buffer.size()) {
    const MutableBytes piece(buffer.data(), std::min<std::uint64_t>(buffer.size(), from.size() - at));
    RETURN_IF_ERROR(read_fully(from, at, piece));
    RETURN_IF_ERROR(feed(piece));
  }
  return {};
}

Status pad(std::uint64_t length, const Feed& feed) {
  static constexpr std::uint8_t kZero = 0;
  return length % 2 == 0 ? Status() : feed(ByteView(&kZero, 1));
}

Status wrong(Tag tag, const std::string& what) {
  return Status(Code::InvalidArgument, "store metadata: " + tag.text() + ": " + what);
}

Status too_long(Tag tag) {
  return Status(Code::TooLarge, "store metadata: " + tag.text() + ": a value of more than 4 GiB");
}

bool is_compressed(std::string_view syntax) {
  const dicom::TransferSyntax* row = dicom::find_transfer_syntax(syntax);
  return row != nullptr && row->encapsulated;
}

}  // namespace

MetadataUpload::~MetadataUpload() = default;

Status MetadataUpload::add_json(ByteView text) {
  json_bytes_ += text.size();
  if (json_bytes_ > kMaxJson) {
    return Status(Code::TooLarge, "store metadata: the JSON is longer than " + std::to_string(kMaxJson >> 20) + " MiB");
  }
  if (names_read_) {
    return Status(Code::InvalidArgument, "store metadata: JSON must come before the first bulk value");
  }
  if (!in_text_) {
    texts_.emplace_back();
    in_text_ = true;
  }
  texts_.back().append(as_text(text));
  return {};
}

Status MetadataUpload::end_json() {
  RETURN_IF_ERROR(add_json({}));  // one that is empty is a text too, and no JSON
  in_text_ = false;
  return {};
}

// Which values there will be, and what they are for.
Status MetadataUpload::read_names() {
  if (names_read_) {
    return {};
  }
  names_read_ = true;
  for (const std::string& text : texts_) {
    const dicom::BulkBytes nested = [this](std::string_view uri) -> Result<ByteView> {
      values_[std::string(uri)].nested = true;
      return ByteView();
    };
    TRY_ASSIGN(const auto instances, dicom::read_dicom_json(text, nested));
    for (const JsonInstance& instance : instances) {
      for (const JsonBulk& bulk : instance.bulk) {
        values_[bulk.uri].top = true;
      }
    }
  }
  return {};
}

MetadataUpload::Value* MetadataUpload::find(std::string_view location) {
  const auto found = values_.find(location);
  return found == values_.end() ? nullptr : &found->second;
}

Status MetadataUpload::begin_value(std::string_view location, std::string_view transfer_syntax) {
  RETURN_IF_ERROR(read_names());
  open_ = find(location);
  if (open_ == nullptr) {
    return Status(Code::InvalidArgument, "store metadata: the Content-Location '" +
                                             std::string(location.substr(0, 200)) +
                                             "' of a part is no BulkDataURI of the metadata");
  }
  if (++parts_ > kMaxParts) {
    return Status(Code::TooLarge, "store metadata: more than " + std::to_string(kMaxParts) + " bulk values");
  }
  if (open_->parts > 0 && open_->nested) {
    return Status(Code::InvalidArgument,
                  "store metadata: the Content-Location '" + std::string(location.substr(0, 200)) + "' comes twice");
  }
  ++open_->parts;
  open_->transfer_syntax = std::string(transfer_syntax);
  if (open_->top) {
    TRY_ASSIGN(staging_, blobs_.put());
  }
  return {};
}

Status MetadataUpload::add_bytes(ByteView bytes) {
  if (open_->nested) {
    held_bytes_ += bytes.size();
    if (held_bytes_ > kMaxHeld) {
      return Status(Code::TooLarge, "store metadata: bulk values inside sequences have more than " +
                                        std::to_string(kMaxHeld >> 20) + " MiB together");
    }
    open_->held.append(as_text(bytes));
  }
  return staging_ != nullptr ? staging_->write(bytes) : Status();
}

// A file that has been opened stays readable without its name: nothing of it is left, however this ends.
Status MetadataUpload::end_value() {
  if (staging_ == nullptr) {
    return {};
  }
  const std::string key = staged_key();
  RETURN_IF_ERROR(staging_->commit(key, blob::Durability::Derived));
  staging_.reset();
  auto source = blobs_.open(key);
  RETURN_IF_ERROR(blobs_.remove(key));
  RETURN_IF_ERROR(source.status());
  open_->staged.push_back(std::move(*source));
  return {};
}

Result<std::vector<JsonInstance>> MetadataUpload::instances() {
  RETURN_IF_ERROR(read_names());
  const dicom::BulkBytes nested = [this](std::string_view uri) -> Result<ByteView> {
    const Value* value = find(uri);
    if (value == nullptr || value->parts == 0) {
      return Status(Code::InvalidArgument,
                    "store metadata: no part has the Content-Location '" + std::string(uri.substr(0, 200)) + "'");
    }
    return as_bytes(value->held);
  };
  std::vector<JsonInstance> all;
  for (const std::string& text : texts_) {
    TRY_ASSIGN(auto instances, dicom::read_dicom_json(text, nested));
    std::move(instances.begin(), instances.end(), std::back_inserter(all));
  }
  return all;
}

Status MetadataUpload::write(const JsonInstance& instance, const Feed& feed) {
  std::string syntax = instance.transfer_syntax;
  for (const JsonBulk& bulk : instance.bulk) {
    const Value* value = find(bulk.uri);
    if (value == nullptr || value->parts == 0) {
      return wrong(bulk.tag, "no part has the Content-Location '" + bulk.uri.substr(0, 200) + "'");
    }
    if (bulk.tag == tags::kPixelData && !value->transfer_syntax.empty()) {
      syntax = value->transfer_syntax;
    }
  }
  const bool encapsulated = is_compressed(syntax);
  const std::string written(encapsulated ? std::string_view(syntax) : dicom::kExplicitLittleEndian);
  RETURN_IF_ERROR(feed(dicom::encode_file_meta(instance.sop_class, instance.sop, written)));
  Tag next(0);
  for (const JsonBulk& bulk : instance.bulk) {
    RETURN_IF_ERROR(feed(instance.data_set.encode_between(next, bulk.tag)));
    RETURN_IF_ERROR(write_value(instance, bulk, encapsulated && bulk.tag == tags::kPixelData, feed));
    next = Tag(bulk.tag.value + 1);
  }
  return feed(instance.data_set.encode_between(next, Tag(0xFFFFFFFF)));
}

Status MetadataUpload::write_value(const JsonInstance& instance, const JsonBulk& bulk, bool encapsulated,
                                   const Feed& feed) {
  const Value& value = *find(bulk.uri);
  if (encapsulated) {
    return write_fragments(instance, value, feed);
  }
  if (value.staged.size() != 1) {
    return wrong(bulk.tag, "its value came in " + std::to_string(value.staged.size()) + " parts");
  }
  RangeSource& source = *value.staged.front();
  const std::uint64_t length = source.size() + source.size() % 2;
  if (length > kMaxLength || (!dicom::vr_row(bulk.vr).long_length && length > 0xFFFE)) {
    return too_long(bulk.tag);
  }
  RETURN_IF_ERROR(feed(dicom::encode_element_head(bulk.tag, bulk.vr, static_cast<std::uint32_t>(length))));
  RETURN_IF_ERROR(copy(source, feed));
  return pad(source.size(), feed);
}

// An empty offset table, and one fragment for each frame.
Status MetadataUpload::write_fragments(const JsonInstance& instance, const Value& value, const Feed& feed) {
  RETURN_IF_ERROR(feed(dicom::encode_element_head(tags::kPixelData, dicom::Vr::OB, 0xFFFFFFFF)));
  RETURN_IF_ERROR(feed(dicom::encode_item_head(0)));
  if (instance.frames != 0 && instance.frames != value.staged.size()) {
    return wrong(tags::kPixelData, std::to_string(value.staged.size()) + " parts came for " +
                                       std::to_string(instance.frames) + " frames; each part is one");
  }
  for (const auto& frame : value.staged) {
    const std::uint64_t length = frame->size() + frame->size() % 2;
    if (length > kMaxLength) {
      return too_long(tags::kPixelData);
    }
    RETURN_IF_ERROR(feed(dicom::encode_item_head(static_cast<std::uint32_t>(length))));
    RETURN_IF_ERROR(copy(*frame, feed));
    RETURN_IF_ERROR(pad(frame->size(), feed));
  }
  return feed(dicom::encode_sequence_end());
}

}  // namespace tessera::archive
