// LittleCMS for the files of this room that use it: what owns its things, and the spaces of color_space.h as it knows
// them. Each caller has a context of its own, so that threads share nothing.
#pragma once

#include <lcms2.h>

#include <memory>
#include <string>

#include "codec/color_space.h"

namespace tessera::codec::lcms {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* held) const {
    kFree(held);
  }
};
using Context = std::unique_ptr<_cmsContext_struct, Free<cmsDeleteContext>>;
using Profile = std::unique_ptr<void, Free<cmsCloseProfile>>;
using Transform = std::unique_ptr<void, Free<cmsDeleteTransform>>;
using Curve = std::unique_ptr<cmsToneCurve, Free<cmsFreeToneCurve>>;

// `words` takes what the library says last; it outlives the context.
Context make_context(std::string& words);

enum class Light { Encoded, Linear };
// A profile of that space as it is, or of the same primaries without its curve. Null without memory.
Profile make_profile(cmsContext context, ColorSpace space, Light light);

// The space's curve, from linear light to what is stored, both 0 to 1.
double encoded(ColorSpace space, double linear);

}  // namespace tessera::codec::lcms
