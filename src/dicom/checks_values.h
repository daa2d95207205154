// What a value's VR asks of it (PS3.5 6.2): the rules that need nothing but the bytes. Used by the checks only.
// Pure; any thread.
#pragma once

#include <string>

#include "base/bytes.h"
#include "dicom/vr.h"

namespace tessera::dicom {

// What is wrong with the value, as "…"; empty when nothing is. Lengths of text in other character sets than ASCII
// are counted as UTF-8.
std::string value_problem(Vr vr, ByteView value);

}  // namespace tessera::dicom
