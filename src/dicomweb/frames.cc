// GET …/instances/{instance}/frames/{list}
//   200  one part, or multipart/related in the asked order; as stored, or in another syntax · 206, 416 ranges of one
//   part 304  If-None-Match holds · 400 bad number or quality, or several frames as one part · 404 no such instance or
//   frame 406  no alternative admits the stored transfer syntax or one that can be made; a frame that cannot be decoded
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
#include "dicomweb/pieces.h"
#include "dicomweb/single_part.h"
#include "dicomweb/transcoding.h"
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

// Up to so many bytes are made before the answer begins: what cannot be decoded among them is told by its status. A
// frame after them that cannot be decoded cuts the answer off.
constexpr std::uint64_t kMadeAhead = 8 << 20;

// The list is part of the URL, so what can differ are the version of the instance and the form.
Validator validator_of(const Located& located, const Representation& as) {
  return {.etag = "\"" + std::to_string(located.row.watermark) + (as.multipart ? "fm" : "f") +
                  (as.media_type == "application/octet-stream" ? "" : "i") + form_of(as) + "\"",
          .watermark = located.row.watermark};
}

std::string part_type(const Representation& as, const Located& located) {
  return as.media_type + "; transfer-syntax=" + (as.syntax.empty() ? located.row.transfer_syntax : as.syntax);
}

// One answer on its way: what was asked for, and of which instance.
struct Answer {
  ExchangePtr exchange;
  std::shared_ptr<const Located> located;
  Representation as;
  std::vector<FrameNumber> numbers;

  // `instance`: its URL.
  std::string part_head(const std::string& instance, std::size_t index) const {
    return "Content-Type: " + part_type(as, *located) + "\r\nContent-Location: " + instance + "/frames/" +
           std::to_string(numbers[index].value) + "\r\n";
  }
  std::string instance_url() const { return archive::instance_url(exchange->base_url(), located->row.key); }
  net::Response start_multipart(const std::string& boundary) const {
    net::Response response;
    set_caching(exchange->request, validator_of(*located, as), response);
    response.set("Content-Type", "multipart/related; type=\"" + as.media_type + "\"; boundary=" + boundary);
    return response;
  }
};

void send_frames(const Answer& answer, std::vector<Rope> frames) {
  Exchange& exchange = *answer.exchange;
  if (!answer.as.multipart) {
    exchange.send(single_part(exchange.request, validator_of(*answer.located, answer.as),
                              part_type(answer.as, *answer.located), std::move(frames.front())));
    return;
  }
  const std::string boundary = net::random_boundary();
  net::Response response = answer.start_multipart(boundary);
  net::MultipartRope body(boundary);
  const std::string instance = answer.instance_url();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    body.add(answer.part_head(instance, i), std::move(frames[i]));
  }
  response.body = body.finish();
  exchange.send(std::move(response));
}

// A frame in the syntax that was agreed on. That it cannot be had so is the client's 406, not the server's failure.
Result<Rope> make_frame(const ArchiveParts& parts, const Answer& answer, FrameNumber number) {
  Result<Rope> made = parts.transcoder.frame(*answer.located, number, answer.as.syntax, answer.as.quality);
  return made.ok() ? std::move(made) : Result<Rope>(not_acceptable(made.status()));
}

// Frames beyond those that were made ahead: each is made when the one before has gone out.
void stream_frames(const ArchiveParts& parts, Answer answer, std::vector<Rope> ahead) {
  const std::string boundary = net::random_boundary();
  net::Response response = answer.start_multipart(boundary);
  const ExchangePtr exchange = answer.exchange;
  auto parts_of = std::make_shared<net::MultipartPieces>(boundary);
  const std::string instance = answer.instance_url();
  answer.exchange.reset();  // its request is gone once the answer has begun
  response.body = stream_pieces(
      [&parts, parts_of, instance, answer = std::move(answer), ahead = std::move(ahead),
       at = std::size_t{0}]() mutable -> Result<std::string> {
        if (at == answer.numbers.size()) {
          return parts_of->end();
        }
        Rope frame;
        if (at < ahead.size()) {
          frame = std::move(ahead[at]);
        } else {
          TRY_ASSIGN(frame, make_frame(parts, answer, answer.numbers[at]));
        }
        std::string piece = parts_of->before_part(answer.part_head(instance, at), frame.size());
        TRY_ASSIGN(const std::string bytes, flatten(frame));
        ++at;
        return piece + bytes;
      },
      parts.transcoders);
  exchange->send(std::move(response));
}

Status make_frames(const ArchiveParts& parts, Answer answer) {
  std::vector<Rope> frames;
  std::uint64_t bytes = 0;
  for (const FrameNumber number : answer.numbers) {
    if (bytes > kMadeAhead) {
      stream_frames(parts, std::move(answer), std::move(frames));
      return {};
    }
    TRY_ASSIGN(Rope frame, make_frame(parts, answer, number));
    bytes += frame.size();
    frames.push_back(std::move(frame));
  }
  send_frames(answer, std::move(frames));
  return {};
}

// What is decided before any frame is looked for. Ok with a representation, or an answer that is already complete.
struct Decision {
  Representation as;
  bool unchanged = false;
};

// Without `transcoder` nothing is read: only what is stored can be the answer.
Result<Decision> decide(const Exchange& exchange, const Located& located, const std::vector<FrameNumber>& numbers,
                        archive::Transcoder* transcoder) {
  for (const FrameNumber number : numbers) {
    RETURN_IF_ERROR(archive::check_frame(located, number));
  }
  TRY_ASSIGN(const Stored stored, stored_of(exchange.request, located, transcoder));
  Decision decision;
  TRY_ASSIGN(decision.as, negotiate_frames(accept_text(exchange.request), stored, numbers.size() > 1));
  decision.unchanged = matches_none(exchange.request, validator_of(located, decision.as).etag);
  return decision;
}

// From memory alone; false when something had to be read.
bool answer_from_memory(const ArchiveParts& parts, const ExchangePtr& exchange,
                        const std::vector<FrameNumber>& numbers) {
  if (numbers.size() != 1) {
    return false;
  }
  const auto located = parts.locator.cached(exchange->scope, exchange->visibility());
  if (located == nullptr) {
    return false;
  }
  const Result<Decision> decision = decide(*exchange, *located, numbers, nullptr);
  if (!decision.ok()) {
    if (decision.status().code() == Code::NotAcceptable) {
      return false;  // perhaps it can be made
    }
    exchange->fail(decision.status());
    return true;
  }
  if (decision->unchanged) {
    exchange->send(not_modified(exchange->request, validator_of(*located, decision->as)));
    return true;
  }
  std::optional<Rope> frame = archive::cached_frame(parts.locator, *located, numbers.front());
  if (!frame) {
    return false;
  }
  std::vector<Rope> frames;
  frames.push_back(std::move(*frame));
  send_frames({exchange, located, decision->as, numbers}, std::move(frames));
  return true;
}

Status answer(const ArchiveParts& parts, const ExchangePtr& exchange, const std::vector<FrameNumber>& numbers) {
  TRY_ASSIGN(const auto located, parts.locator.locate(exchange->scope, exchange->visibility()));
  TRY_ASSIGN(const Decision decision, decide(*exchange, *located, numbers, &parts.transcoder));
  if (decision.unchanged) {
    exchange->send(not_modified(exchange->request, validator_of(*located, decision.as)));
    return {};
  }
  Answer answer{exchange, located, decision.as, numbers};
  if (!decision.as.syntax.empty()) {
    answer_on(parts.transcoders, answer.exchange, [&parts, answer] { return make_frames(parts, answer); });
    return {};
  }
  std::vector<Rope> frames;
  frames.reserve(numbers.size());
  for (const FrameNumber number : numbers) {
    TRY_ASSIGN(Rope frame, archive::read_frame(parts.locator, *located, number));
    frames.push_back(std::move(frame));
  }
  send_frames(answer, std::move(frames));
  return {};
}

}  // namespace

Sink retrieve_frames(const ArchiveParts& parts, ExchangePtr exchange) {
  auto numbers = parse_frame_list(exchange->tail);
  if (!numbers.ok()) {
    exchange->fail(numbers.status());
    return nullptr;
  }
  if (answer_from_memory(parts, exchange, *numbers)) {
    return nullptr;
  }
  answer_on(parts.readers, exchange,
            [&parts, exchange, numbers = std::move(*numbers)] { return answer(parts, exchange, numbers); });
  return nullptr;
}

}  // namespace tessera::dicomweb
