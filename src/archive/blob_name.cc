#include "archive/blob_name.h"

#include <charconv>

#include "dicom/ids.h"

namespace tessera::archive {

namespace {

// What stands before the next '/'; nothing when there is none.
std::optional<std::string_view> cut_segment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  if (slash == path.npos) {
    return std::nullopt;
  }
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  return segment;
}

// A number above 0 as we write it: digits, no leading zero.
std::optional<std::int64_t> positive(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.front() == '0' || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      number < 1) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<BlobName> parse_blob_name(std::string_view blob_key) {
  const auto partition = cut_segment(blob_key);
  const auto study = cut_segment(blob_key);
  const auto series = cut_segment(blob_key);
  const std::size_t underscore = blob_key.find('_');
  const std::size_t dot = blob_key.find('.', underscore == blob_key.npos ? 0 : underscore);
  if (!partition || !study || !series || underscore == blob_key.npos || dot == blob_key.npos ||
      blob_key.find('/') != blob_key.npos) {
    return std::nullopt;
  }
  const std::string_view sop = blob_key.substr(0, underscore);
  const auto partition_key = positive(*partition);
  const auto watermark = positive(blob_key.substr(underscore + 1, dot - underscore - 1));
  if (!partition_key || !watermark || *watermark > kMaxWatermark || !dicom::is_valid_uid(*study) ||
      !dicom::is_valid_uid(*series) || !dicom::is_valid_uid(sop)) {
    return std::nullopt;
  }
  return BlobName{
      {*partition_key, std::string(*study), std::string(*series), std::string(sop)}, *watermark, blob_key.substr(dot)};
}

Result<std::string> read_small_blob(blob::BlobStore& store, std::string_view key, std::uint64_t limit) {
  TRY_ASSIGN(const auto source, store.open(key));
  if (source->size() > limit) {
    return Status(Code::TooLarge, "read blob " + std::string(key) + ": " + std::to_string(source->size()) +
                                      " bytes, the limit is " + std::to_string(limit));
  }
  std::string text(source->size(), '\0');
  RETURN_IF_ERROR(read_fully(*source, 0, MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size())));
  return text;
}

}  // namespace tessera::archive
