#include "archive/locator.h"

#include <array>

#include "archive/sidecars.h"

namespace tessera::archive {

namespace {

// UIDs hold digits and dots only, so '/' cannot be part of one.
std::string cache_key(const catalog::Scope& scope) {
  std::string key = std::to_string(scope.partition);
  key.reserve(key.size() + scope.study.size() + scope.series.size() + scope.sop.size() + 3);
  key.append("/").append(scope.study).append("/").append(scope.series).append("/").append(scope.sop);
  return key;
}

bool sees(const catalog::Visibility& visibility, const Located& located) {
  return visibility.sees(located.row.key.study, located.row.flavor);
}

constexpr std::size_t kBlockWeight = sizeof(dicom::FrameBlock) + dicom::kFramesPerBlock * sizeof(ByteRange);

}  // namespace

Locator::Locator(blob::BlobStore& blobs, catalog::Instances& instances, Options options)
    : blobs_(blobs), instances_(instances), located_(options.instances), blocks_(options.block_bytes) {}

std::shared_ptr<const Located> Locator::cached(const catalog::Scope& instance, const catalog::Visibility& visibility) {
  const auto held = located_.get(cache_key(instance));
  if (!held || (*held)->epoch.load(std::memory_order_relaxed) != epoch_.load(std::memory_order_relaxed) ||
      !sees(visibility, **held)) {
    return nullptr;
  }
  return *held;
}

Result<std::shared_ptr<const Located>> Locator::locate(const catalog::Scope& instance,
                                                       const catalog::Visibility& visibility) {
  if (auto held = cached(instance, visibility)) {
    return held;
  }
  const std::string key = cache_key(instance);
  // The epoch from before the look-up: a commit in between makes the entry uncertain again, never wrongly certain.
  const std::int64_t epoch = epoch_.load();
  auto row = instances_.find(instance, visibility);
  if (!row.ok()) {
    if (visibility.sees_everything()) {
      located_.erase(key);  // it is gone; who may not see it takes it from nobody
    }
    return row.status();
  }
  const auto held = located_.get(key);
  if (held && (*held)->row.watermark == row->watermark && (*held)->row.revision == row->revision &&
      (*held)->row.study_revision == row->study_revision) {
    (*held)->epoch.store(epoch);
    return *held;
  }
  TRY_ASSIGN(auto located, open(std::move(*row)));
  located->epoch.store(epoch);
  located_.put(key, located, 1);
  return located;
}

Result<std::shared_ptr<const Located>> Locator::open(catalog::InstanceRow row) {
  auto located = std::make_shared<Located>();
  located->row = std::move(row);
  located->syntax = dicom::find_transfer_syntax(located->row.transfer_syntax);
  TRY_ASSIGN(located->blob, blobs_.open(located->row.blob_key));
  Status table = read_frame_table(*located);
  if (table.code() == Code::Corrupt || table.code() == Code::NotFound) {
    RETURN_IF_ERROR(rebuild_sidecars(blobs_, located->row));
    table = read_frame_table(*located);
  }
  RETURN_IF_ERROR(table);
  TRY_ASSIGN(located->content, open_content(blobs_, located->row, located->blob));
  if (located->content->size() != located->frames.content_size) {
    return Status(Code::Corrupt, "read frame table: it was made for content of another size");
  }
  return std::shared_ptr<const Located>(std::move(located));
}

Status Locator::read_frame_table(Located& located) {
  TRY_ASSIGN(const auto source, blobs_.open(frames_key(located.row.blob_key)));
  std::array<std::uint8_t, dicom::kFrameTableHeaderBytes> bytes{};
  if (source->size() < bytes.size()) {
    return Status(Code::Corrupt, "read frame table: shorter than its header");
  }
  RETURN_IF_ERROR(read_fully(*source, 0, bytes));
  TRY_ASSIGN(located.frames, dicom::FrameTableHeader::parse(bytes));
  if (located.frames.blob_size != located.row.blob.size || located.frames.blob_hash != located.row.blob.xxh3) {
    return Status(Code::Corrupt, "read frame table: it belongs to other content");
  }
  const ByteRange place = located.frames.exceptions_range();
  if (place.offset > source->size() || place.length > source->size() - place.offset) {
    return Status(Code::Corrupt, "read frame table: the exceptions lie beyond its end");
  }
  ByteBuffer exceptions(place.length);
  RETURN_IF_ERROR(read_fully(*source, place.offset, exceptions));
  TRY_ASSIGN(located.exceptions, dicom::FrameExceptions::parse(located.frames, exceptions));
  return {};
}

bool Locator::cached_extent(const Located& located, dicom::FrameIndex frame, ByteRange& extent) {
  if (located.frames.kind == dicom::FrameKind::Native) {
    const dicom::FrameExtents native = located.frames.compute(frame);
    extent = native.fragments.front();
    return true;
  }
  if (located.frames.kind != dicom::FrameKind::Encapsulated) {
    return false;
  }
  const auto block = blocks_.get({located.row.watermark, frame.value / dicom::kFramesPerBlock});
  return block && (*block)->find(frame, extent);
}

Result<std::shared_ptr<const dicom::FrameBlock>> Locator::load_block(const Located& located, dicom::FrameIndex first) {
  const ByteRange range = located.frames.block_range(first);
  for (const bool may_rebuild : {true, false}) {
    TRY_ASSIGN(const auto source, blobs_.open(frames_key(located.row.blob_key)));
    Status damaged(Code::Corrupt, "read frame table: a block lies beyond its end");
    if (range.offset <= source->size() && range.length <= source->size() - range.offset) {
      ByteBuffer bytes(range.length);
      RETURN_IF_ERROR(read_fully(*source, range.offset, bytes));
      auto block = dicom::FrameBlock::parse(located.frames, first, bytes);
      if (block.ok()) {
        return std::make_shared<const dicom::FrameBlock>(std::move(*block));
      }
      damaged = block.status();
    }
    if (damaged.code() != Code::Corrupt || !may_rebuild) {
      return damaged;
    }
    RETURN_IF_ERROR(rebuild_sidecars(blobs_, located.row));
  }
  return Status(Code::Internal, "read frame table: rebuilt twice");
}

Result<dicom::FrameExtents> Locator::extents(const Located& located, dicom::FrameIndex frame) {
  if (located.frames.kind != dicom::FrameKind::Encapsulated) {
    return located.frames.compute(frame);
  }
  if (auto exception = located.exceptions.find(frame)) {
    return std::move(*exception);
  }
  const BlockKey key{located.row.watermark, frame.value / dicom::kFramesPerBlock};
  auto block = blocks_.get(key);
  if (!block) {
    TRY_ASSIGN(auto loaded, load_block(located, dicom::FrameIndex{key.block * dicom::kFramesPerBlock}));
    blocks_.put(key, loaded, kBlockWeight);
    block = std::move(loaded);
  }
  dicom::FrameExtents extents;
  extents.fragments.resize(1);
  if (!(*block)->find(frame, extents.fragments.front())) {
    return Status(Code::Corrupt, "find frame " + std::to_string(frame.value + 1) + " of " + located.row.key.sop +
                                     ": neither block nor exceptions list it");
  }
  return extents;
}

void Locator::forget(const catalog::Scope& scope) {
  if (!scope.sop.empty()) {
    located_.erase(cache_key(scope));
    return;
  }
  located_.clear();  // a whole series or study: rare, and refilled by the next look-ups
}

Status Locator::poll_epoch() {
  TRY_ASSIGN(const std::int64_t epoch, instances_.epoch());
  epoch_.store(epoch);
  return {};
}

Locator::Counters Locator::counters() const {
  const auto instances = located_.counters();
  const auto blocks = blocks_.counters();
  return {instances.hits,   instances.misses,  blocks.hits,   blocks.misses,
          instances.weight, instances.entries, blocks.weight, blocks.entries};
}

}  // namespace tessera::archive
