// That no search reads more than it has to: the plan of every searchable attribute at every level.
#include "catalog/search_sql.h"
#include "support/search_fixture.h"

namespace tessera::catalog {

namespace {

using test::SearchTest;

const TagPath kPatient{0x00100020};
const TagPath kSpecimen{0x00400560, 0x00400551};

}  // namespace

// Where each condition has many rows the page is walked, and where one has few it leads: the same rows come.
TEST_F(SearchTest, led_and_walked_searches_find_the_same) {
  for (int i = 1; i <= 40; ++i) {
    publish(i, {{kPatient, "P" + std::to_string(i % 3)}, {kSpecimen, "S" + std::to_string(i % 5)}}, 1 + i % 8);
  }
  for (const Level level : {Level::Study, Level::Series, Level::Instance}) {
    SearchQuery query = standard(level, kPatient, "P1");
    if (level == Level::Instance) {
      query.matches.push_back({*find_key(kSpecimen.tags()), "S2"});
    }
    const SearchPlan plan = *SearchPlan::make(query, Visibility::everything());
    const auto run = [&](std::optional<std::size_t> leader) {
      std::vector<std::string> uids;
      const SearchSql sql = plan.page(leader);
      EXPECT_TRUE(database
                      ->read([&](Connection& connection) -> Status {
                        TRY_ASSIGN(Statement * rows, connection.prepare(sql.text));
                        for (std::size_t i = 0; i < sql.values.size(); ++i) {
                          rows->bind(static_cast<int>(i) + 1, sql.values[i]);
                        }
                        while (*rows->step()) {
                          uids.emplace_back(std::string(rows->text(0)) + std::string(rows->text(2)));
                        }
                        return {};
                      })
                      .ok());
      return uids;
    };
    const std::vector<std::string> walked = run(std::nullopt);
    EXPECT_FALSE(walked.empty());
    for (std::size_t leader = 0; leader < plan.conditions(); ++leader) {
      EXPECT_EQ(run(leader), walked);
    }
  }
}

// A value of each kind for which the index serves.
std::vector<std::string> values_for(MatchKind kind) {
  switch (kind) {
    case MatchKind::Uid:
      return {"1.2.3", "1.2.3,1.2.4"};
    case MatchKind::Text:
    case MatchKind::Positions:
      return {"abc", "ab*c", "ab?"};
    case MatchKind::Name:
      return {"doe^jane", "doe*"};
    case MatchKind::Date:
      return {"20230615", "20230101-20231231", "20230101-", "-20231231"};
    case MatchKind::Time:
      return {"1200", "1200-1300"};
    case MatchKind::DateTime:
      return {"20230615", "2023-2024"};
    case MatchKind::Number:
      return {"5", "5-7", "5-", "-7"};
    case MatchKind::Modalities:
      return {"SM", "SM,CT", "S*"};
  }
  return {};
}

class PlanTest : public SearchTest {
 protected:
  // Every table is searched by a key. What is made on the way (f, the page) is scanned: it is no longer than the
  // answer.
  void check(const SearchSql& sql, const std::string& what) {
    const Status status = database->read([&](Connection& connection) -> Status {
      TRY_ASSIGN(Statement * plan, connection.prepare("EXPLAIN QUERY PLAN " + sql.text));
      while (true) {
        TRY_ASSIGN(const bool more, plan->step());
        if (!more) {
          return {};
        }
        const std::string line(plan->text(3));
        const bool made = line == "SCAN f" || line.starts_with("SCAN (subquery") || line.starts_with("SCAN CONSTANT");
        EXPECT_TRUE(!line.starts_with("SCAN") || made) << what << ": " << line << "\n" << sql.text;
        for (const char* weak : {"studies_newest", "series_newest", "instances_newest", "AUTOMATIC"}) {
          EXPECT_EQ(line.find(weak), std::string::npos) << what << ": " << line << "\n" << sql.text;
        }
      }
    });
    EXPECT_TRUE(status.ok()) << what << ": " << status.message();
  }
};

TEST_F(PlanTest, every_searchable_attribute_is_found_through_an_index_at_every_level) {
  const Visibility some{kOrdinaryFlavors, {{kAllFlavors, {"1.2.3"}, {"1.2."}}}};
  for (const SearchKey& key : search_keys()) {
    for (const Level level : {Level::Study, Level::Series, Level::Instance}) {
      for (const std::string& value : level < key.level ? std::vector<std::string>() : values_for(key.kind)) {
        for (const bool fuzzy : {false, true}) {
          const SearchQuery query = standard(level, key.path, value, fuzzy);
          const std::string what = key.path.text() + "=" + value;
          for (const Visibility& visibility : {Visibility::everything(), some}) {
            const auto plan = SearchPlan::make(query, visibility);
            ASSERT_TRUE(plan.ok()) << plan.status().message();
            ASSERT_GE(plan->conditions(), 1u) << what;
            EXPECT_FALSE(plan->compares()) << what;
            check(plan->probe(0), what);
            check(plan->page(0), what);
            check(plan->count(0), what);
          }
        }
      }
    }
  }
}

TEST_F(PlanTest, a_search_inside_a_study_reads_that_study_alone) {
  for (const SearchKey& key : search_keys()) {
    for (const Level level : {Level::Series, Level::Instance}) {
      if (key.level > level) {
        continue;
      }
      SearchQuery query = standard(level, key.path, values_for(key.kind).front());
      query.study = "1.2.3";
      const auto plan = SearchPlan::make(query, Visibility::everything());
      ASSERT_TRUE(plan.ok());
      check(plan->page(std::nullopt), key.path.text());
    }
  }
}

TEST_F(PlanTest, a_walk_takes_the_newest_first_from_the_index_without_sorting) {
  const char* indexes[] = {"studies_newest", "series_newest", "instances_newest"};
  for (const Level level : {Level::Study, Level::Series, Level::Instance}) {
    const SearchQuery query = standard(level, kPatient, "A");
    const SearchSql sql = SearchPlan::make(query, Visibility::everything())->page(std::nullopt);
    std::string lines;
    ASSERT_TRUE(database
                    ->read([&](Connection& connection) -> Status {
                      TRY_ASSIGN(Statement * plan, connection.prepare("EXPLAIN QUERY PLAN " + sql.text));
                      while (*plan->step()) {
                        lines += std::string(plan->text(3)) + "\n";
                      }
                      return {};
                    })
                    .ok());
    EXPECT_NE(lines.find(indexes[static_cast<int>(level)]), std::string::npos) << lines;
    EXPECT_EQ(lines.find("AUTOMATIC"), std::string::npos) << lines;
  }
}

}  // namespace tessera::catalog
