// file_adoption: how a file gets below {data}/incoming without its bytes being copied. Used by FileStore only.
#pragma once

#include <filesystem>

#include "base/file.h"

namespace tessera::blob {

// A new file at `unfinished`, open and locked for as long as it is open: what tells a living writer from a dead one.
Result<File> make_unfinished(const std::filesystem::path& unfinished);

// `unfinished` becomes a clone of `path` (FICLONE: blocks shared, inodes apart). Where the file system cannot and
// `may_take`, it becomes a second name of the very file, for the caller to remove the first one later: only of a
// regular file on this file system that is ours alone (owner, one name, nobody has it open for writing), since
// otherwise somebody could change a blob. Unsupported where neither can be; nothing is left at `unfinished` then.
Result<File> adopt_file(const std::filesystem::path& path, const std::filesystem::path& unfinished, bool may_take);

}  // namespace tessera::blob
