#include "blob/blob_store.h"

#include <algorithm>

namespace tessera::blob {

namespace {

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_segment(std::string_view segment) {
  return !segment.empty() && segment.size() <= 200 && segment != "." && segment != ".." &&
         std::all_of(segment.begin(), segment.end(), is_key_character);
}

}  // namespace

Result<Adopted> BlobStore::adopt(const std::filesystem::path& path, bool) {
  return Status(Code::Unsupported, "adopt '" + path.string() + "': this store copies");
}

Status check_key(std::string_view key) {
  std::string_view rest = key;
  while (true) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (!is_segment(rest.substr(0, end))) {
      return Status(Code::InvalidArgument, "blob key '" + std::string(key.substr(0, 200)) +
                                               "': every segment is 1 to 200 of letters, digits, '.', '_' and '-'");
    }
    if (end == rest.size()) {
      return {};
    }
    rest.remove_prefix(end + 1);
  }
}

}  // namespace tessera::blob
