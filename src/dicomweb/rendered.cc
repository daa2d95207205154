// GET …/rendered and …/thumbnail of a study, a series, an instance, a frame
//   200  one picture: image/jpeg, image/png, image/webp. A slide is shown whole, from the level that suits the size; a
//        study or series by its slide, or by its first image
//   304  If-None-Match holds · 400 parameters, more than one frame · 404 nothing there, or nothing with pixels
//   406  no such format, or pixels that cannot be decoded
#include <algorithm>
#include <charconv>

#include "archive/frames.h"
#include "archive/render.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/rendered_query.h"
#include "dicomweb/transcoding.h"

namespace tessera::dicomweb {

namespace {

constexpr std::uint32_t kThumbnailSide = 256;
constexpr int kContractQuality = 100;  // service-api §2
constexpr int kOrdinaryQuality = 90;

Result<dicom::FrameNumber> parse_frame(std::string_view text) {
  std::uint32_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) {
    return dicom::FrameNumber{UINT32_MAX};  // beyond any instance's last
  }
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value == 0) {
    return Status(Code::InvalidArgument,
                  "frame '" + std::string(text.substr(0, 40)) + "': a picture is of one frame; they start at 1");
  }
  return dicom::FrameNumber{value};
}

// The image that stands for a study or series: its slide, whatever level, else the first that has pixels.
Result<catalog::Scope> representative(const ArchiveParts& parts, const Exchange& exchange) {
  catalog::Scope scope = exchange.scope;
  if (!scope.sop.empty()) {
    return scope;
  }
  TRY_ASSIGN(const auto rows, parts.instances.list(scope, exchange.visibility()));
  const auto has_pixels = [](const catalog::InstanceRow& row) { return row.frames != 0; };
  auto chosen = std::find_if(rows.begin(), rows.end(), [&](const catalog::InstanceRow& row) {
    return has_pixels(row) && row.flavor == catalog::ImageFlavor::Volume;
  });
  if (chosen == rows.end()) {
    chosen = std::find_if(rows.begin(), rows.end(), has_pixels);
  }
  if (chosen == rows.end()) {
    return Status(Code::NotFound, "there is no image among the instances at this path");
  }
  scope.series = chosen->key.series;
  scope.sop = chosen->key.sop;
  return scope;
}

// What the picture depends on beside the URL: which version of which instance, and of its study the other levels.
Validator validator_of(const catalog::InstanceRow& row, archive::PictureFormat format) {
  return {.etag = "\"" + std::to_string(row.watermark) + "." + std::to_string(row.study_revision) + "r" +
                  std::string(archive::media_type(format).substr(6)) + "\"",
          .watermark = row.watermark};
}

Result<archive::Rendering> read_request(const Exchange& exchange, bool thumbnail) {
  const int quality = exchange.profile == Profile::Standard ? kOrdinaryQuality : kContractQuality;
  TRY_ASSIGN(archive::Rendering asked, parse_rendered_query(exchange.request.query, thumbnail, quality));
  TRY_ASSIGN(asked.format, negotiate_picture(accept_text(exchange.request)));
  if (thumbnail && !asked.width && !asked.height) {
    asked.width = asked.height = kThumbnailSide;
  }
  return asked;
}

Result<ByteBuffer> draw(const ArchiveParts& parts, const Exchange& exchange, const archive::Rendering& asked,
                        std::shared_ptr<const archive::Located> located) {
  if (exchange.tail.empty()) {
    TRY_ASSIGN(const archive::Shown shown, parts.renderer.look_at(std::move(located)));
    return parts.renderer.instance(shown, exchange.visibility(), asked);
  }
  TRY_ASSIGN(const dicom::FrameNumber number, parse_frame(exchange.tail));
  RETURN_IF_ERROR(archive::check_frame(*located, number));
  TRY_ASSIGN(const archive::Shown shown, parts.renderer.look_at(std::move(located)));
  return parts.renderer.frame(shown, number, asked);
}

Status answer(const ArchiveParts& parts, Exchange& exchange, const archive::Rendering& asked) {
  TRY_ASSIGN(const catalog::Scope scope, representative(parts, exchange));
  TRY_ASSIGN(auto located, parts.locator.locate(scope, exchange.visibility()));
  const Validator validator = validator_of(located->row, asked.format);
  if (matches_none(exchange.request, validator.etag)) {
    exchange.send(not_modified(exchange.request, validator));
    return {};
  }
  const Result<ByteBuffer> picture = draw(parts, exchange, asked, std::move(located));
  if (!picture.ok()) {
    return not_acceptable(picture.status());
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  response.set("Content-Type", std::string(archive::media_type(asked.format)));
  response.body = std::string(as_text(*picture));
  exchange.send(std::move(response));
  return {};
}

Sink show(const ArchiveParts& parts, ExchangePtr exchange, bool thumbnail) {
  Result<archive::Rendering> asked = read_request(*exchange, thumbnail);
  if (!asked.ok()) {
    exchange->fail(asked.status());
    return nullptr;
  }
  answer_on(parts.transcoders, exchange,
            [&parts, exchange, asked = std::move(*asked)] { return answer(parts, *exchange, asked); });
  return nullptr;
}

}  // namespace

Sink retrieve_rendered(const ArchiveParts& parts, ExchangePtr exchange) {
  return show(parts, std::move(exchange), false);
}

Sink retrieve_thumbnail(const ArchiveParts& parts, ExchangePtr exchange) {
  return show(parts, std::move(exchange), true);
}

}  // namespace tessera::dicomweb
