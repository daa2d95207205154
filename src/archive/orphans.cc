#include "archive/orphans.h"

#include "archive/blob_name.h"

namespace tessera::archive {

Status for_each_orphan(blob::BlobStore& blobs, catalog::Instances& instances, std::int64_t newest_millis,
                       const std::function<bool(const blob::BlobInfo& info, bool is_image)>& each) {
  Status failed;
  RETURN_IF_ERROR(blobs.list("", [&](const blob::BlobInfo& info) {
    const auto name = parse_blob_name(info.key);
    if (!name || info.modified_millis > newest_millis) {
      return true;
    }
    const auto held = instances.holds_blob(name->watermark);
    if (!held.ok()) {
      failed = held.status();
      return false;
    }
    return *held || each(info, name->suffix == ".dcm");
  }));
  return failed;
}

}  // namespace tessera::archive
