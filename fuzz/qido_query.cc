// A search's query string, at a level, in a profile and below a path that the first byte chooses. What is taken is run
// on an empty catalog: SQL and its values fit, whatever was asked.
#include <cstdlib>

#include "base/clock.h"
#include "catalog/database.h"
#include "dicomweb/search_query.h"

namespace {

using namespace tessera;

struct Catalog {
  SystemClock clock;
  std::unique_ptr<catalog::Database> database = std::move(*catalog::open_sqlite(":memory:"));
  catalog::Instances instances{*database, clock};
};

void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Catalog held;
  if (size == 0) {
    return 0;
  }
  const auto level = static_cast<catalog::Level>(data[0] % 3);
  const auto profile = static_cast<dicomweb::Profile>(data[0] / 3 % 3);
  catalog::Scope scope;
  if (level != catalog::Level::Study) {
    scope.study = (data[0] & 0x40) != 0 ? "1.2.3" : "";
    scope.series = (data[0] & 0x80) != 0 && !scope.study.empty() && level == catalog::Level::Instance ? "1.2.3.4" : "";
  }
  const auto search = dicomweb::parse_search(as_text({data + 1, size - 1}), level, scope, profile);
  if (!search.ok()) {
    require(search.status().code() == Code::InvalidArgument && !search.status().message().empty());
    return 0;
  }
  require(search->query.limit >= 1);
  require(profile == dicomweb::Profile::Standard || search->query.limit <= 200);
  const auto rows = held.instances.search(search->query, catalog::Visibility::everything());
  require(rows.ok() ? rows->empty() : rows.status().code() == Code::InvalidArgument);
  const auto total = held.instances.count(search->query, catalog::Visibility::everything());
  require(total.ok() ? *total == 0 : total.status().code() == Code::InvalidArgument);
  return 0;
}
