// FileWalk: the files that paths name: files as they are, folders with all that is below them, in the order of the
// names. Memory is that of the folders on the way down, never of the whole tree. What cannot be read is handed out with
// the reason, so that nothing goes missing without a word. Links: those that are named are followed; below a folder a
// link to a file is a file, and a link to a folder is handed out as skipped, so that no walk goes round in circles.
// What a watch keeps in its folder (set_aside.h) is no file to import. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tessera::app {

struct FoundFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  bool named = false;   // on the command line, rather than found in a folder
  Status problem;       // it cannot be read
  std::string skipped;  // it is no file to read, and why
};

class FileWalk {
 public:
  // Folders of `without` (and all below them) are passed over, if they exist, whatever path leads to them.
  FileWalk(std::vector<std::filesystem::path> roots, const std::vector<std::filesystem::path>& without);

  // The next file; false at the end.
  bool next(FoundFile& file);

 private:
  using FolderId = std::pair<std::uint64_t, std::uint64_t>;  // device and inode
  struct Step {
    std::filesystem::path path;
    bool named = false;
  };

  bool visit(const Step& step, FoundFile& file);
  Status open_folder(const std::filesystem::path& folder);

  std::vector<Step> ahead_;  // the next one last
  std::vector<FolderId> without_;
};

}  // namespace tessera::app
