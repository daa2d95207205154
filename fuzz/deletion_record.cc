// The record of a delete (archive/removal.h): what is read is what would be written, to the byte; all else is refused
// by its line.
#include <cstdlib>
#include <vector>

#include "archive/blob_name.h"
#include "archive/removal.h"
#include "base/bytes.h"

namespace {

using namespace tessera;

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const auto parsed = archive::parse_deletion_record(text);
  if (!parsed.ok()) {
    require(parsed.status().code() == Code::Corrupt);
    require(parsed.status().message().find("line ") != std::string_view::npos);
    return 0;
  }
  std::int64_t before = 0;
  for (const std::int64_t watermark : *parsed) {
    require(watermark > before && watermark <= archive::kMaxWatermark);
    before = watermark;
  }
  const auto again = archive::parse_deletion_record(archive::deletion_record(*parsed));
  require(again.ok() && *again == *parsed);
  return 0;
}
