// The FORMAT stamp of a data folder, and the numbered steps from one format to the next. Used by data_folder.h alone,
// and by the doctor, which only reads. A step may be cut short by a crash anywhere: the stamp is written last, so that
// the next start runs it again from its beginning.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace tessera::archive {

// 0: there is no stamp (a new folder). Corrupt: the stamp holds no number; Unsupported: it is newer than this program.
Result<int> read_format(const std::filesystem::path& folder);

// Runs the steps that are missing, stamping after each. The caller has the folder alone.
Status migrate_folder(const std::filesystem::path& folder);

}  // namespace tessera::archive
