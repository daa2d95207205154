#include "archive/restored_blob.h"

#include <array>
#include <optional>

#include "archive/attributes.h"
#include "archive/sidecars.h"
#include "base/hash.h"
#include "dicom/parser.h"
#include "dicom/tags.h"

namespace tessera::archive {

namespace {

namespace tags = dicom::tags;

struct SidecarFacts {
  std::uint64_t blob_hash = 0;
  std::uint32_t frames = 0;
};

// What the sidecars say, when both are there, whole in themselves and of a blob of this size.
std::optional<SidecarFacts> read_sidecars(blob::BlobStore& store, const std::string& blob_key, std::uint64_t size) {
  const auto table = store.open(frames_key(blob_key));
  std::array<std::uint8_t, dicom::kFrameTableHeaderBytes> bytes{};
  if (!table.ok() || (*table)->size() < bytes.size() || !read_fully(**table, 0, bytes).ok()) {
    return std::nullopt;
  }
  const auto header = dicom::FrameTableHeader::parse(bytes);
  if (!header.ok() || header->blob_size != size || header->exceptions_range().end() > (*table)->size()) {
    return std::nullopt;
  }
  const auto metadata = store.open(meta_key(blob_key));
  if (!metadata.ok() || !MetadataFile::open(*metadata, size, header->blob_hash).ok()) {
    return std::nullopt;
  }
  return SidecarFacts{header->blob_hash, header->frame_count};
}

Status check_identity(const AttributeCollector& attributes, const catalog::InstanceKey& key) {
  const struct {
    const char* keyword;
    dicom::Tag tag;
    const std::string& named;
  } rows[] = {{"StudyInstanceUID", tags::kStudyInstanceUID, key.study},
              {"SeriesInstanceUID", tags::kSeriesInstanceUID, key.series},
              {"SOPInstanceUID", tags::kSOPInstanceUID, key.sop}};
  for (const auto& [keyword, tag, named] : rows) {
    const std::string held = attributes.first_value(tag).value_or("");
    if (held != named) {
      return Status(Code::Corrupt, std::string(keyword) + " is '" + held + "', its name says '" + named + "'");
    }
  }
  return {};
}

// One pass. `held`: sidecars to keep if the checksum is theirs; nothing: new ones are made.
Result<RestoredBlob> read_once(blob::BlobStore& store, const catalog::FoundBlob& found,
                               const std::optional<SidecarFacts>& held) {
  TRY_ASSIGN(const auto blob, store.open(found.blob_key));
  AttributeCollector attributes;
  std::vector<dicom::TokenSink*> sinks{&attributes};
  std::unique_ptr<SidecarBuilder> builder;
  if (!held) {
    TRY_ASSIGN(builder, SidecarBuilder::create(store));
    const auto more = builder->sinks();
    sinks.insert(sinks.end(), more.begin(), more.end());
  }
  dicom::TokenTee tee(std::move(sinks));
  dicom::Parser parser(tee);
  Checksum checksum;
  RETURN_IF_ERROR(read_through(*blob, parser, checksum));
  RETURN_IF_ERROR(check_identity(attributes, found.key));

  RestoredBlob out;
  out.changed = held && held->blob_hash != checksum.xxh3();
  if (out.changed) {
    return out;
  }
  catalog::Publication& publication = out.publication;
  publication.key = found.key;
  publication.reservation = {found.watermark, found.blob_key};
  publication.blob = {.size = blob->size(), .xxh3 = checksum.xxh3(), .crc32 = 0, .hashed = true};
  publication.replace = true;  // they come by ascending watermark: the newest wins
  publication.instance.transfer_syntax = parser.transfer_syntax();
  RETURN_IF_ERROR(attributes.fill(publication));
  if (builder != nullptr) {
    RETURN_IF_ERROR(builder->finish(blob->size(), checksum.xxh3()));
    RETURN_IF_ERROR(builder->commit(found.blob_key));
  }
  out.sidecars_made = builder != nullptr;
  publication.instance.frames = held ? held->frames : builder->frame_count();
  return out;
}

}  // namespace

Result<RestoredBlob> restore_blob(blob::BlobStore& store, const catalog::FoundBlob& found) {
  TRY_ASSIGN(const blob::BlobInfo info, store.stat(found.blob_key));
  const auto held = read_sidecars(store, found.blob_key, info.size);
  TRY_ASSIGN(RestoredBlob restored, read_once(store, found, held));
  if (restored.changed) {
    TRY_ASSIGN(restored, read_once(store, found, std::nullopt));
    restored.changed = true;
  }
  return restored;
}

}  // namespace tessera::archive
