#include "dicomweb/transcoding.h"

namespace tessera::dicomweb {

Result<Stored> stored_of(const net::Request& request, const archive::Located& located,
                         archive::Transcoder* transcoder) {
  Stored stored;
  stored.syntax = located.row.transfer_syntax;
  stored.row = located.syntax;
  stored.single_frame = located.frames.frame_count == 1;
  TRY_ASSIGN(stored.quality, request.query.empty() ? Result<int>(0) : asked_quality(request));
  if (transcoder != nullptr) {
    stored.can_make = [&located, transcoder, quality = stored.quality](const std::string& syntax) {
      return transcoder->layout_in(located, syntax, quality).status();
    };
  }
  return stored;
}

std::string form_of(const Representation& as) {
  if (as.media_type == kZip) {
    return "z";
  }
  if (as.syntax.empty()) {
    return {};
  }
  return "-" + as.syntax + (as.quality == 0 ? "" : "q" + std::to_string(as.quality));
}

Status not_acceptable(const Status& why) {
  const bool frames_own =
      why.code() == Code::Corrupt || why.code() == Code::Unsupported || why.code() == Code::TooLarge;
  return frames_own ? Status(Code::NotAcceptable, std::string(why.message())) : why;
}

}  // namespace tessera::dicomweb
