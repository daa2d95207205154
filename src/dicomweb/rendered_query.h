// What a request for a picture says beyond its path (PS3.18 §8.3.5.1): quality, viewport, window, iccprofile, and the
// format that its Accept chooses. Pure.
#pragma once

#include <string_view>

#include "archive/render.h"
#include "base/result.h"

namespace tessera::dicomweb {

// viewport=W,H or W,H,X,Y,SW,SH, parts left empty having their defaults, decimals allowed;
// window=CENTER,WIDTH[,FUNCTION]; iccprofile=no|yes|srgb|adobergb|rommrgb|displayp3; quality=1..100. A `thumbnail`
// takes W,H alone. InvalidArgument naming the parameter. Others (annotation, accept) change nothing here.
// `quality`: where none is asked for.
Result<archive::Rendering> parse_rendered_query(std::string_view query, bool thumbnail, int quality);

// JPEG where nothing else is preferred. NotAcceptable naming what there is.
Result<archive::PictureFormat> negotiate_picture(std::string_view accept);

}  // namespace tessera::dicomweb
