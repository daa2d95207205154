// What the handlers work on. Built and owned by the composition root (app/serve.cc); everything is borrowed here and
// safe from many threads.
#pragma once

#include <functional>

#include "archive/free_space.h"
#include "archive/ingest.h"
#include "archive/locator.h"
#include "archive/render.h"
#include "archive/transcode.h"
#include "auth/audit_trail.h"
#include "base/pool.h"
#include "catalog/feed.h"
#include "catalog/instances.h"
#include "catalog/partitions.h"
#include "dicomweb/upload_quota.h"

namespace tessera::dicomweb {

struct ArchiveParts {
  archive::Ingest& ingest;
  archive::Locator& locator;
  catalog::Instances& instances;
  catalog::Partitions& partitions;
  catalog::Feed& feed;
  blob::BlobStore& blobs;
  Pool& readers;                     // look-ups, metadata, search: short tasks
  Pool& writers;                     // uploads and deletes: disk and catalog commits
  std::function<void()> on_deleted;  // there is garbage to reclaim
  const archive::FreeSpace& free_space;
  UploadQuota& uploads;
  archive::Transcoder& transcoder;
  archive::Renderer& renderer;
  Pool& transcoders;                  // frames in another syntax, and pictures: long tasks
  bool partitions_on = false;         // features.partitions: every path but the root's names one
  auth::AuditTrail* audit = nullptr;  // none: nothing is audited
};

}  // namespace tessera::dicomweb
