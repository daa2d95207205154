// FolderEvents: what changes in folders, by inotify. A hint, not the truth: events may be lost (a full queue, a network
// file system, the limit of watches), so whoever listens looks for itself from time to time. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>

#include "base/result.h"

namespace tessera::app {

class FolderEvents {
 public:
  FolderEvents();
  ~FolderEvents();
  FolderEvents(const FolderEvents&) = delete;
  FolderEvents& operator=(const FolderEvents&) = delete;

  // For poll(); -1 where there is no inotify.
  int descriptor() const { return descriptor_; }
  // Listens to what happens in `folder` itself, not below. Again is no harm.
  Status watch(const std::filesystem::path& folder);
  // Hands out what has something new: a file that was written or came, or a folder that came. False: events were lost.
  bool read(const std::function<void(const std::filesystem::path&, bool is_folder)>& each);

 private:
  const int descriptor_;
  std::map<int, std::filesystem::path> folders_;  // by watch descriptor
};

}  // namespace tessera::app
