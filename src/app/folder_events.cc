#include "app/folder_events.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_MODIFY | IN_ONLYDIR;
constexpr std::size_t kBuffer = 64 * 1024;

}  // namespace

FolderEvents::FolderEvents() : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FolderEvents::~FolderEvents() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Status FolderEvents::watch(const fs::path& folder) {
  const int watch = ::inotify_add_watch(descriptor_, folder.c_str(), kEvents);
  if (watch < 0) {
    return errno_status(errno, "watch folder '" + folder.string() + "'");
  }
  folders_[watch] = folder;
  return {};
}

bool FolderEvents::read(const std::function<void(const fs::path&, bool)>& each) {
  bool complete = true;
  alignas(inotify_event) char buffer[kBuffer];
  while (true) {
    const ssize_t got = ::read(descriptor_, buffer, sizeof buffer);
    if (got <= 0) {
      return complete;
    }
    for (const char* at = buffer; at < buffer + got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      complete = complete && (event->mask & IN_Q_OVERFLOW) == 0;
      const auto folder = folders_.find(event->wd);
      if ((event->mask & IN_IGNORED) != 0) {
        folders_.erase(event->wd);  // the folder is gone
      } else if (folder != folders_.end() && event->len > 0) {
        each(folder->second / event->name, (event->mask & IN_ISDIR) != 0);
      }
    }
  }
}

}  // namespace tessera::app
