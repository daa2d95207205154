// set_aside: where files go that a watched folder is done with. Nothing is ever replaced or lost on the way.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace tessera::app {

// What a watch keeps in its folder unless it is told other places; an import of the folder passes over both.
inline constexpr const char* kErrorsFolder = ".tessera-errors";
inline constexpr const char* kImportedFile = ".tessera-imported";

// Moves a file to `target`, or to `target` with a number before its extension where that name is taken; returns where
// it is now. Its folders are made. Across file systems it is copied, synced and then removed.
Result<std::filesystem::path> move_into(const std::filesystem::path& file, const std::filesystem::path& target);

// Writes why into "NAME.error.txt" beside the file.
Status write_reason(const std::filesystem::path& file, const Status& reason);

}  // namespace tessera::app
