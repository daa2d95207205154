#include "archive/sidecars.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "dicom/parser.h"
#include "dicom/transfer_syntax.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kReadPiece = 1024 * 1024;

std::string with_suffix(std::string_view blob_key, std::string_view suffix) {
  if (blob_key.ends_with(".dcm")) {
    blob_key.remove_suffix(4);
  }
  return std::string(blob_key) + std::string(suffix);
}

}  // namespace

Status read_through(RangeSource& blob, dicom::Parser& parser, Checksum& checksum) {
  ByteBuffer buffer(kReadPiece);
  for (std::uint64_t at = 0; at < blob.size(); at += kReadPiece) {
    const MutableBytes piece(buffer.data(), std::min<std::uint64_t>(kReadPiece, blob.size() - at));
    RETURN_IF_ERROR(read_fully(blob, at, piece));
    checksum.update(piece);
    RETURN_IF_ERROR(parser.feed(piece));
  }
  return parser.finish();
}

std::string frames_key(std::string_view blob_key) {
  return with_suffix(blob_key, ".frames");
}
std::string meta_key(std::string_view blob_key) {
  return with_suffix(blob_key, ".meta");
}
std::string inflated_key(std::string_view blob_key) {
  return with_suffix(blob_key, ".inflated");
}

SidecarBuilder::SidecarBuilder(blob::BlobStore& store, std::unique_ptr<blob::BlobWriter> frames,
                               std::unique_ptr<blob::BlobWriter> meta)
    : frames_out_(std::move(frames)),
      meta_out_(std::move(meta)),
      inflated_(store),
      metadata_(*meta_out_),
      frames_([this](ByteView bytes) { return frames_out_->write(bytes); }),
      json_(metadata_, dicom::JsonOptions{}) {}

Result<std::unique_ptr<SidecarBuilder>> SidecarBuilder::create(blob::BlobStore& store) {
  TRY_ASSIGN(auto frames, store.put());
  TRY_ASSIGN(auto meta, store.put());
  const std::array<std::uint8_t, dicom::kFrameTableHeaderBytes> blank{};
  RETURN_IF_ERROR(frames->write(blank));
  return std::unique_ptr<SidecarBuilder>(new SidecarBuilder(store, std::move(frames), std::move(meta)));
}

Status SidecarBuilder::finish(std::uint64_t blob_size, std::uint64_t blob_hash) {
  const std::uint64_t content_size = inflated_.is_used() ? inflated_.content_size() : blob_size;
  if (inflated_.is_used()) {
    RETURN_IF_ERROR(inflated_.finish(blob_size, blob_hash));
  }
  TRY_ASSIGN(const ByteBuffer header, frames_.finish(blob_size, blob_hash, content_size));
  RETURN_IF_ERROR(frames_out_->overwrite(0, header));
  RETURN_IF_ERROR(json_.finish());
  return metadata_.finish(blob_size, blob_hash);
}

Status SidecarBuilder::commit(std::string_view blob_key) {
  if (inflated_.is_used()) {
    RETURN_IF_ERROR(inflated_.commit(inflated_key(blob_key)));
  }
  RETURN_IF_ERROR(frames_out_->commit(frames_key(blob_key), blob::Durability::Derived));
  return meta_out_->commit(meta_key(blob_key), blob::Durability::Derived);
}

Status rebuild_sidecars(blob::BlobStore& store, const catalog::InstanceRow& row) {
  TRY_ASSIGN(const auto blob, store.open(row.blob_key));
  TRY_ASSIGN(const auto builder, SidecarBuilder::create(store));
  dicom::TokenTee tee(builder->sinks());
  dicom::Parser parser(tee);
  Checksum checksum;
  RETURN_IF_ERROR(read_through(*blob, parser, checksum).while_doing("rebuild sidecars of " + row.blob_key));
  if (blob->size() != row.blob.size || (row.blob.hashed && checksum.xxh3() != row.blob.xxh3)) {
    return Status(Code::Corrupt, "rebuild sidecars of " + row.blob_key + ": the stored bytes are not those received");
  }
  RETURN_IF_ERROR(builder->finish(row.blob.size, row.blob.xxh3));
  return builder->commit(row.blob_key);
}

Result<std::shared_ptr<RangeSource>> open_content(blob::BlobStore& store, const catalog::InstanceRow& row,
                                                  std::shared_ptr<RangeSource> blob) {
  const dicom::TransferSyntax* syntax = dicom::find_transfer_syntax(row.transfer_syntax);
  if (syntax == nullptr || !syntax->deflated) {
    return blob;
  }
  for (const bool may_rebuild : {true, false}) {
    auto sidecar = store.open(inflated_key(row.blob_key));
    Status status = sidecar.status();
    if (sidecar.ok()) {
      auto content = open_inflated(std::move(*sidecar), row.blob.size, row.blob.xxh3);
      if (content.ok()) {
        return content;
      }
      status = content.status();
    }
    const bool is_gone = status.code() == Code::Corrupt || status.code() == Code::NotFound;
    if (!is_gone || !may_rebuild) {
      return status;
    }
    RETURN_IF_ERROR(rebuild_sidecars(store, row));
  }
  return Status(Code::Internal, "open inflated sidecar: rebuilt twice");
}

Result<MetadataFile> open_metadata(blob::BlobStore& store, const catalog::InstanceRow& row, bool cut_per_frame) {
  for (const bool may_rebuild : {true, false}) {
    auto source = store.open(meta_key(row.blob_key));
    if (source.ok()) {
      auto file = MetadataFile::open(std::move(*source), row.blob.size, row.blob.xxh3);
      const bool usable = file.ok() && (file->cuts_per_frame() || !cut_per_frame);
      const bool is_gone = file.ok() ? !usable : file.status().code() == Code::Corrupt;
      if (!is_gone || !may_rebuild) {
        return file;
      }
    } else if (source.status().code() != Code::NotFound || !may_rebuild) {
      return source.status();
    }
    RETURN_IF_ERROR(rebuild_sidecars(store, row));
  }
  return Status(Code::Internal, "open metadata: rebuilt twice");
}

Status remove_with_sidecars(blob::BlobStore& store, std::string_view blob_key) {
  // The blob last: while it is there the others can be found by its name again.
  RETURN_IF_ERROR(store.remove(frames_key(blob_key)));
  RETURN_IF_ERROR(store.remove(meta_key(blob_key)));
  RETURN_IF_ERROR(store.remove(inflated_key(blob_key)));
  return store.remove(blob_key);
}

}  // namespace tessera::archive
