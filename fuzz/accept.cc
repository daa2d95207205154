// The fields that choose a representation: Accept and its like for every resource, Accept-Encoding, Range, and entity
// tags. The first byte chooses what is stored.
#include <array>
#include <cstdlib>

#include "dicomweb/conditional.h"
#include "dicomweb/negotiation.h"
#include "net/byte_ranges.h"
#include "net/content_coding.h"
#include "net/media_type.h"

namespace {

using namespace tessera;

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void check_media_types(std::string_view text) {
  const auto one = net::parse_media_type(text);
  if (one.ok()) {
    require(one->type.find('/') != std::string::npos);
  }
  const auto alternatives = net::parse_accept(text);
  double before = 1;
  for (std::size_t i = 0; alternatives.ok() && i < alternatives->size(); ++i) {
    const net::MediaType& media = (*alternatives)[i];
    require(media.q > 0 && media.q <= before);
    before = media.q;
  }
}

void check_negotiation(std::string_view text, std::string_view syntax) {
  const dicom::TransferSyntax* row = dicom::find_transfer_syntax(syntax);
  const auto can_make = [](const std::string& wanted) {
    return wanted == dicom::kExplicitLittleEndian ? Status() : Status(Code::Unsupported, "not made here");
  };
  for (const int way : {0, 1, 2, 3}) {
    const bool several = (way & 1) != 0;
    const dicomweb::Stored stored{syntax, row, (way & 2) != 0, can_make, 0};
    const auto frames = dicomweb::negotiate_frames(text, stored, several);
    require(!frames.ok() || (!frames->media_type.empty() && (frames->multipart || !several)));
    require(!frames.ok() || frames->syntax.empty() || can_make(frames->syntax).ok());
    const auto instance = dicomweb::negotiate_instance(text, stored, several);
    require(!instance.ok() || (instance->media_type == "application/dicom" && (instance->multipart || !several)));
  }
  const auto bulk = dicomweb::negotiate_bulkdata(text);
  require(!bulk.ok() || bulk->media_type == "application/octet-stream");
  const Status json = dicomweb::negotiate_json(text);
  require(json.ok() || json.code() == Code::NotAcceptable || json.code() == Code::InvalidArgument);
}

void check_ranges(std::string_view text) {
  constexpr std::uint64_t kSize = 1000;
  std::uint64_t total = 0;
  for (const std::string& field : {std::string(text), "bytes=" + std::string(text)}) {
    const net::RangeRequest asked = net::parse_range(field, kSize);
    require((asked.kind == net::RangeRequest::Kind::Partial) == !asked.ranges.empty());
    require(asked.ranges.size() <= net::kMaxByteRanges);
    total = 0;
    for (const ByteRange& range : asked.ranges) {
      require(range.length > 0 && range.offset < kSize && range.length <= kSize - range.offset);
      total += range.length;
    }
    require(total <= kSize);
  }
}

void check_request(std::string_view text) {
  net::Request request;
  request.query = text;
  request.fields = {{"Accept", text}, {"If-None-Match", text}, {"If-Range", text}, {"msdicom-request-original", text}};
  (void)dicomweb::accept_text(request);
  (void)dicomweb::check_request_original(request);
  require(!dicomweb::range_holds(request, "\"never\"") || text.find("\"never\"") != text.npos);
  require(!dicomweb::matches_none(request, "\"never\"") || text.find_first_of("*\"") != text.npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array kStored = {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90",
                                  "1.2.3.4.5"};
  if (size == 0) {
    return 0;
  }
  const std::string_view text = as_text({data + 1, size - 1});
  check_media_types(text);
  check_negotiation(text, kStored[data[0] % kStored.size()]);
  check_ranges(text);
  check_request(text);
  (void)net::prefers_gzip(text);
  return 0;
}
