// A request target's path and query: decoded as text or refused, and taken apart into views of itself.
#include "net/uri.h"

#include <cstdlib>

#include "base/bytes.h"
#include "dicomweb/path_match.h"
#include "dicomweb/routes.h"

namespace {

using namespace tessera;

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void require_inside(std::string_view view, std::string_view whole) {
  require(view.empty() || (view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size()));
}

void check_decoding(std::string_view text) {
  for (const bool plus_is_space : {false, true}) {
    const auto decoded = net::percent_decode(text, plus_is_space);
    if (!decoded.ok()) {
      continue;
    }
    require(decoded->size() <= text.size() && decoded->find('\0') == std::string::npos);
    const auto again = net::percent_decode(net::percent_encode(*decoded));
    require(again.ok() && *again == *decoded);
  }
  const auto parameters = net::parse_query(text);
  std::size_t total = 0;
  for (std::size_t i = 0; parameters.ok() && i < parameters->size(); ++i) {
    total += (*parameters)[i].first.size() + (*parameters)[i].second.size();
  }
  require(total <= text.size());
}

void check_path(std::string_view path) {
  const auto parts = dicomweb::split_service_path(path);
  if (!parts) {
    return;
  }
  require_inside(parts->prefix, path);
  require_inside(parts->rest, path);
  require(path.starts_with(parts->prefix) && (parts->rest.empty() || parts->rest.starts_with('/')));
  require(!parts->partition || parts->prefix.ends_with(*parts->partition));
  for (const dicomweb::Route& route : dicomweb::routes()) {
    dicomweb::Captures captures;
    if (!dicomweb::match_pattern(route.pattern, parts->rest, captures)) {
      continue;
    }
    for (const std::string_view view : {captures.study, captures.series, captures.instance}) {
      require_inside(view, path);
      require(view.find('/') == view.npos);
    }
    require_inside(captures.tail, path);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_decoding(text);
  check_path(text);
  return 0;
}
