// What frames.cc, instance.cc and study.cc share where pixels are made in another transfer syntax: the stored instance
// as negotiation.h sees it, and what becomes of failures. Pure but for Stored::can_make, which may read the header.
#pragma once

#include <string>

#include "archive/transcode.h"
#include "dicomweb/negotiation.h"

namespace tessera::dicomweb {

// `located` and `transcoder` must outlive it. Without a transcoder nothing can be made. InvalidArgument for a quality
// that is none.
Result<Stored> stored_of(const net::Request& request, const archive::Located& located, archive::Transcoder* transcoder);

// What an ETag says of the syntax; empty for what is stored.
std::string form_of(const Representation& as);

// A frame that cannot be decoded or made: the contract's 406, with the words that name the frame. Failures of the
// server itself stay what they are.
Status not_acceptable(const Status& why);

}  // namespace tessera::dicomweb
