// The elements at the front of a stored instance, as tokens: what can be told of it without reading its image. For
// reindexing, and for attributes that neither a row nor the metadata sidecar holds.
#pragma once

#include <string>

#include "base/result.h"
#include "base/rope.h"
#include "dicom/tag.h"
#include "dicom/token.h"

namespace tessera::archive {

// What comes before the first element at top level whose tag is `end` or higher; all, when there is none. Blocks.
Status read_before(RangeSource& blob, dicom::Tag end, dicom::TokenSink& sink);

// Group 0002 of a stored instance as a JSON object of DICOM JSON members. Blocks.
Result<std::string> file_meta_json(RangeSource& blob);

}  // namespace tessera::archive
