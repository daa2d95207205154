// split_members and member_strings on arbitrary text: they stay inside it, and what they take apart is text
// of it.
#include <cstdint>
#include <cstdlib>

#include "dicom/json.h"
#include "dicom/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tessera::dicom;
  const std::string_view text = tessera::as_text({data, size});
  const auto members = split_members(text);
  std::size_t total = 0;
  if (members.ok()) {
    for (const auto& [tag, member] : *members) {
      total += member.size();
      (void)member_strings(member);
    }
  }
  if (total > size) {
    std::abort();
  }
  std::string json;
  for (const std::string& value : member_strings(text)) {
    append_json_string(json, value);
  }
  for (std::string_view rest = json; !rest.empty(); rest.remove_prefix(utf8_length(rest))) {
    if (utf8_length(rest) == 0) {
      std::abort();  // what leaves is valid UTF-8 whatever came
    }
  }
  return 0;
}
