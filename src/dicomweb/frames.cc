// GET …/instances/{instance}/frames/{list}
//   200  one part, or multipart/related in the asked order; frames as stored · 206, 416 ranges of one part
//   304  If-None-Match holds · 400 bad number, or several frames as one part · 404 no such instance or frame
//   406  no alternative admits the stored transfer syntax
//
// The tile path: one frame of a cached instance is answered here on the loop, from memory and one range of a file.
#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "archive/frames.h"
#include "archive/metadata.h"
#include "dicomweb/conditional.h"
#include "dicomweb/handlers.h"
#include "dicomweb/negotiation.h"
#include "dicomweb/single_part.h"
#include "net/multipart.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

using archive::Located;
using dicom::FrameNumber;

constexpr std::size_t kMaxFramesPerRequest = 100'000;

// "5" or "1,2,7", commas also as %2C.
Result<std::vector<FrameNumber>> parse_frame_list(std::string_view raw) {
  std::string decoded;
  if (raw.find('%') != raw.npos) {
    TRY_ASSIGN(decoded, net::percent_decode(raw));
    raw = decoded;
  }
  std::vector<FrameNumber> numbers;
  while (true) {
    const std::size_t end = std::min(raw.find(','), raw.size());
    const std::string_view word = raw.substr(0, end);
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
    const bool digits = parsed.ptr == word.data() + word.size() && !word.empty();
    if (digits && parsed.ec == std::errc::result_out_of_range) {
      value = UINT32_MAX;  // a number, and beyond any instance's last frame
    } else if (parsed.ec != std::errc() || !digits || value == 0) {
      return Status(Code::InvalidArgument,
                    "frame list: '" + std::string(word.substr(0, 40)) + "' is no frame number; they start at 1");
    }
    numbers.push_back(FrameNumber{value});
    if (numbers.size() > kMaxFramesPerRequest) {
      return Status(Code::InvalidArgument, "frame list: more than 100000 frames in one request");
    }
    if (end == raw.size()) {
      return numbers;
    }
    raw.remove_prefix(end + 1);
  }
}

// The list is part of the URL, so what can differ are the version of the instance and the form.
Validator validator_of(const Located& located, const Representation& as) {
  return {.etag = "\"" + std::to_string(located.row.watermark) + (as.multipart ? "fm" : "f") +
                  (as.media_type == "application/octet-stream" ? "\"" : "i\""),
          .watermark = located.row.watermark};
}

std::string part_type(const Representation& as, const Located& located) {
  return as.media_type + "; transfer-syntax=" + located.row.transfer_syntax;
}

net::Response frames_response(const Exchange& exchange, const Located& located, const Representation& as,
                              const std::vector<FrameNumber>& numbers, std::vector<Rope> frames) {
  const Validator validator = validator_of(located, as);
  if (!as.multipart) {
    return single_part(exchange.request, validator, part_type(as, located), std::move(frames.front()));
  }
  net::Response response;
  set_caching(exchange.request, validator, response);
  const std::string boundary = net::random_boundary();
  response.set("Content-Type", "multipart/related; type=\"" + as.media_type + "\"; boundary=" + boundary);
  net::MultipartRope body(boundary);
  const std::string instance = archive::instance_url(exchange.base_url(), located.row.key);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    body.add("Content-Type: " + part_type(as, located) + "\r\nContent-Location: " + instance + "/frames/" +
                 std::to_string(numbers[i].value) + "\r\n",
             std::move(frames[i]));
  }
  response.body = body.finish();
  return response;
}

// What is decided before any frame is looked for. Ok with a representation, or an answer that is already complete.
struct Decision {
  Representation as;
  bool unchanged = false;
};

Result<Decision> decide(const Exchange& exchange, const Located& located, const std::vector<FrameNumber>& numbers) {
  for (const FrameNumber number : numbers) {
    RETURN_IF_ERROR(archive::check_frame(located, number));
  }
  Decision decision;
  TRY_ASSIGN(decision.as, negotiate_frames(accept_text(exchange.request), located.row.transfer_syntax, located.syntax,
                                           numbers.size() > 1));
  decision.unchanged = matches_none(exchange.request, validator_of(located, decision.as).etag);
  return decision;
}

// From memory alone; false when something had to be read.
bool answer_from_memory(const ArchiveParts& parts, Exchange& exchange, const std::vector<FrameNumber>& numbers) {
  if (numbers.size() != 1) {
    return false;
  }
  const auto located = parts.locator.cached(exchange.scope, exchange.visibility());
  if (located == nullptr) {
    return false;
  }
  const Result<Decision> decision = decide(exchange, *located, numbers);
  if (!decision.ok()) {
    exchange.fail(decision.status());
    return true;
  }
  if (decision->unchanged) {
    exchange.send(not_modified(exchange.request, validator_of(*located, decision->as)));
    return true;
  }
  std::optional<Rope> frame = archive::cached_frame(parts.locator, *located, numbers.front());
  if (!frame) {
    return false;
  }
  std::vector<Rope> frames;
  frames.push_back(std::move(*frame));
  exchange.send(frames_response(exchange, *located, decision->as, numbers, std::move(frames)));
  return true;
}

Status answer(const ArchiveParts& parts, Exchange& exchange, const std::vector<FrameNumber>& numbers) {
  TRY_ASSIGN(const auto located, parts.locator.locate(exchange.scope, exchange.visibility()));
  TRY_ASSIGN(const Decision decision, decide(exchange, *located, numbers));
  if (decision.unchanged) {
    exchange.send(not_modified(exchange.request, validator_of(*located, decision.as)));
    return {};
  }
  std::vector<Rope> frames;
  frames.reserve(numbers.size());
  for (const FrameNumber number : numbers) {
    TRY_ASSIGN(Rope frame, archive::read_frame(parts.locator, *located, number));
    frames.push_back(std::move(frame));
  }
  exchange.send(frames_response(exchange, *located, decision.as, numbers, std::move(frames)));
  return {};
}

}  // namespace

Sink retrieve_frames(const ArchiveParts& parts, ExchangePtr exchange) {
  auto numbers = parse_frame_list(exchange->tail);
  if (!numbers.ok()) {
    exchange->fail(numbers.status());
    return nullptr;
  }
  if (answer_from_memory(parts, *exchange, *numbers)) {
    return nullptr;
  }
  parts.readers.post([&parts, exchange, numbers = std::move(*numbers)] {
    const Status status = answer(parts, *exchange, numbers);
    if (!status.ok()) {
      exchange->fail(status);
    }
  });
  return nullptr;
}

}  // namespace tessera::dicomweb
