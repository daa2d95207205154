// Frames as ropes: the pixels of one frame are ranges of the stored bytes, untouched.
#pragma once

#include <memory>
#include <optional>

#include "archive/locator.h"
#include "base/result.h"
#include "base/rope.h"

namespace tessera::archive {

// NotFound, saying how many frames there are, when `number` is beyond the last.
Status check_frame(const Located& located, dicom::FrameNumber number);

// The frame if it can be told without blocking; nothing otherwise. `number` must have passed check_frame.
std::optional<Rope> cached_frame(Locator& locator, const Located& located, dicom::FrameNumber number);

// The frame as it is stored: fragments in order; 1-bit frames shifted to a byte boundary. Blocks on a cold table.
Result<Rope> read_frame(Locator& locator, const Located& located, dicom::FrameNumber number);

}  // namespace tessera::archive
