// fingerprint: what identifies a slide's content, and so seeds the UIDs of what it is converted to, without
// reading all of a file of many gigabytes.
//
// It is xxh3 (128 bits) over the file's size, every entry of every directory with its value bytes, and the
// first and last 64 KiB of each level's tile data. The values include TileByteCounts: the compressed length
// of every single tile, thousands of numbers that hang on every pixel. Two scans, or one scan compressed
// twice, do not share them; a file patched in place within a tile without changing its length is the one
// thing it does not see. The file's name and times are not in it: a copy is the same slide.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace tessera::slide {

// 32 hexadecimal digits. Fails as open_slide() does for what is no TIFF or has a damaged chain of
// directories.
Result<std::string> fingerprint(const std::filesystem::path& path);

}  // namespace tessera::slide
