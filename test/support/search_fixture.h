// A catalog in memory whose instances are found by what a test says of them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catalog/instances.h"
#include "support/fake_clock.h"

namespace tessera::test {

using catalog::Level;
using catalog::TagPath;
using catalog::Visibility;

// "PatientID=1" as a key and its value; `path` in hex.
struct Given {
  TagPath path;
  std::string text;
  std::size_t position = 1;
};

class SearchTest : public ::testing::Test {
 protected:
  // One instance; UIDs are made of `number`. Returns the study's.
  std::string publish(int number, const std::vector<Given>& values, int study_number = 0, bool replace = false) {
    catalog::Publication p;
    const std::string study = "1.2." + std::to_string(study_number != 0 ? study_number : number);
    p.key = {1, study, study + ".1", study + ".1." + std::to_string(number)};
    p.replace = replace;
    p.instance.transfer_syntax = "1.2.840.10008.1.2.1";
    p.instance.sop_class = "1.2.840.10008.5.1.4.1.1.77.1.6";
    p.study.header = p.series.header = p.instance.header = "{}";
    for (const Given& given : values) {
      const catalog::SearchKey* key = catalog::find_key(given.path.tags());
      auto& keys = key->level == Level::Study    ? p.study.keys
                   : key->level == Level::Series ? p.series.keys
                                                 : p.instance.keys;
      keys.push_back({key, given.text, given.position});
    }
    const auto reservation = instances.reserve(p.key, "test", Millis(60'000), replace);
    EXPECT_TRUE(reservation.ok());
    p.reservation = *reservation;
    const auto published = instances.publish(p);
    EXPECT_TRUE(published.ok()) << published.status().message();
    return study;
  }

  catalog::SearchQuery standard(Level level, const TagPath& path, const std::string& value, bool fuzzy = false) {
    catalog::SearchQuery query;
    query.level = level;
    query.lists = query.wildcards = true;
    query.matches.push_back({*catalog::find_key(path.tags()), value, fuzzy});
    return query;
  }

  std::set<std::string> studies(const TagPath& path, const std::string& value, bool fuzzy = false) {
    const auto rows = instances.search(standard(Level::Instance, path, value, fuzzy), Visibility::everything());
    EXPECT_TRUE(rows.ok()) << rows.status().message();
    std::set<std::string> found;
    for (const catalog::SearchRow& row : rows.ok() ? *rows : std::vector<catalog::SearchRow>()) {
      found.insert(row.key.study);
    }
    return found;
  }

  using Found = std::set<std::string>;
  FakeClock clock;
  std::unique_ptr<catalog::Database> database = std::move(*catalog::open_sqlite(":memory:"));
  catalog::Instances instances{*database, clock};
};

}  // namespace tessera::test
