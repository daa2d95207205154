// That each kind of key finds what it should, that the rows of the index follow what is stored, and that no search
// reads more than it has to: its plan, and its time.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>

#include "catalog/instances.h"
#include "catalog/search_sql.h"
#include "catalog/sql.h"
#include "dicom/tags.h"
#include "support/fake_clock.h"

namespace tessera::catalog {

namespace {

namespace tags = dicom::tags;

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
    Publication p;
    const std::string study = "1.2." + std::to_string(study_number != 0 ? study_number : number);
    p.key = {1, study, study + ".1", study + ".1." + std::to_string(number)};
    p.replace = replace;
    p.instance.transfer_syntax = "1.2.840.10008.1.2.1";
    p.instance.sop_class = "1.2.840.10008.5.1.4.1.1.77.1.6";
    p.study.header = p.series.header = p.instance.header = "{}";
    for (const Given& given : values) {
      const SearchKey* key = find_key(given.path.tags());
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

  SearchQuery standard(Level level, const TagPath& path, const std::string& value, bool fuzzy = false) {
    SearchQuery query;
    query.level = level;
    query.lists = query.wildcards = true;
    query.matches.push_back({*find_key(path.tags()), value, fuzzy});
    return query;
  }

  std::set<std::string> studies(const TagPath& path, const std::string& value, bool fuzzy = false) {
    const auto rows = instances.search(standard(Level::Instance, path, value, fuzzy), Visibility::everything());
    EXPECT_TRUE(rows.ok()) << rows.status().message();
    std::set<std::string> found;
    for (const SearchRow& row : rows.ok() ? *rows : std::vector<SearchRow>()) {
      found.insert(row.key.study);
    }
    return found;
  }

  using Found = std::set<std::string>;
  test::FakeClock clock;
  std::unique_ptr<Database> database = std::move(*open_sqlite(":memory:"));
  Instances instances{*database, clock};
};

const TagPath kStudyTime{0x00080030};
const TagPath kStudyDate{0x00080020};
const TagPath kAcquisition{0x0008002A};
const TagPath kColumns{0x00480006};
const TagPath kSpacing{0x00280030};
const TagPath kImageType{0x00080008};
const TagPath kName{0x00100010};
const TagPath kSpecimen{0x00400560, 0x00400551};
const TagPath kPatient{0x00100020};

}  // namespace

TEST_F(SearchTest, times_are_compared_as_times_whatever_digits_they_leave_out) {
  const std::string noon = publish(1, {{kStudyTime, "12"}});
  const std::string later = publish(2, {{kStudyTime, "12:00:30.5"}});
  EXPECT_EQ(studies(kStudyTime, "120000"), Found{noon});
  EXPECT_EQ(studies(kStudyTime, "1200-"), (Found{noon, later}));
  EXPECT_EQ(studies(kStudyTime, "120000-120029"), Found{noon});
  EXPECT_EQ(studies(kStudyTime, "-120030"), (Found{noon, later}));
  EXPECT_EQ(studies(kStudyTime, "-115959.9"), Found{});
  EXPECT_EQ(studies(kStudyTime, "-12"), (Found{noon, later}));
}

TEST_F(SearchTest, dates_and_times_are_ranges_without_their_offset) {
  const std::string one = publish(1, {{kAcquisition, "20230615112233.5+0100"}});
  const std::string year = publish(2, {{kAcquisition, "2023"}});
  publish(3, {{kAcquisition, "circa 1970"}});
  EXPECT_EQ(studies(kAcquisition, "202306"), Found{});
  EXPECT_EQ(studies(kAcquisition, "20230615-20230615"), Found{one});
  EXPECT_EQ(studies(kAcquisition, "20230615112233-"), Found{one});
  EXPECT_EQ(studies(kAcquisition, "-202301"), Found{year});
  EXPECT_EQ(studies(kAcquisition, "1900-2100"), (Found{one, year}));
}

TEST_F(SearchTest, numbers_match_as_numbers_and_in_ranges) {
  const std::string large = publish(1, {{kColumns, "46000"}, {kSpacing, "0.00025"}, {kSpacing, "2.6e-4", 2}});
  const std::string smaller = publish(2, {{kColumns, " 800"}});
  publish(3, {{kColumns, "many"}});
  EXPECT_EQ(studies(kColumns, "46000.0"), Found{large});
  EXPECT_EQ(studies(kColumns, "900-"), Found{large});
  EXPECT_EQ(studies(kColumns, "-900"), Found{smaller});
  EXPECT_EQ(studies(kColumns, "800-46000"), (Found{large, smaller}));
  EXPECT_EQ(studies(kSpacing, "0.00026"), Found{large});
  EXPECT_EQ(studies(kSpacing, "2.4e-4-2.55e-4"), Found{large});
  EXPECT_EQ(studies(kColumns, "801-899"), Found{});
}

TEST_F(SearchTest, negative_numbers_are_ends_of_ranges) {
  const auto exactly = [](std::string_view text) { return parse_range(MatchKind::Number, text); };
  EXPECT_FALSE(exactly("-5")->exact);
  EXPECT_EQ(std::get<std::int64_t>(exactly("-5")->to), 5);
  EXPECT_EQ(std::get<std::int64_t>(exactly("--5")->to), -5);
  EXPECT_EQ(std::get<std::int64_t>(exactly("-5-")->from), -5);
  EXPECT_EQ(std::get<std::int64_t>(exactly("-5--3")->to), -3);
  for (const char* wrong : {"", "-", "--", "5-x", "x", "1e999", "nan", "inf", "1-2-3"}) {
    EXPECT_EQ(exactly(wrong).status().code(), Code::InvalidArgument) << wrong;
  }
}

TEST_F(SearchTest, any_value_of_several_matches_and_a_place_can_be_named) {
  const std::string volume =
      publish(1, {{kImageType, "ORIGINAL"}, {kImageType, "PRIMARY", 2}, {kImageType, "VOLUME", 3}});
  const std::string other = publish(2, {{kImageType, "VOLUME"}, {kImageType, "VOLUMETRIC", 2}});
  EXPECT_EQ(studies(kImageType, "volume"), (Found{volume, other}));
  EXPECT_EQ(studies(kImageType, "VOLUMETRIC"), Found{other});
  EXPECT_EQ(studies(kImageType, "VOL*"), (Found{volume, other}));
  EXPECT_EQ(studies(kImageType, "\\\\VOLUME"), Found{volume});
  EXPECT_EQ(studies(kImageType, "ORIGINAL\\*\\VOL*"), Found{volume});
  EXPECT_EQ(studies(kImageType, "PRIMARY\\ORIGINAL"), Found{});
}

TEST_F(SearchTest, patterns_are_compared_within_what_they_begin_with) {
  const std::string one = publish(1, {{kSpecimen, "S26-1001 A_1"}});
  const std::string two = publish(2, {{kSpecimen, "s26-1001 B%1"}});
  EXPECT_EQ(studies(kSpecimen, "S26-*"), (Found{one, two}));
  EXPECT_EQ(studies(kSpecimen, "s26-1001 ?_1"), Found{one});
  EXPECT_EQ(studies(kSpecimen, "*%1"), Found{two});
  EXPECT_EQ(studies(kSpecimen, "S26-100? *"), (Found{one, two}));
  EXPECT_EQ(studies(kSpecimen, "**"), (Found{one, two}));
  EXPECT_EQ(studies(kSpecimen, std::string(20'000, 'a') + "*"), Found{});
  EXPECT_EQ(studies(kSpecimen, std::string(20'000, '*') + "1"), (Found{one, two}));
}

TEST_F(SearchTest, values_longer_than_the_index_holds_are_found_by_what_it_holds) {
  const std::string one = publish(1, {{kSpecimen, std::string(2000, 'x')}});
  EXPECT_EQ(studies(kSpecimen, std::string(2000, 'X')), Found{one});
  EXPECT_EQ(studies(kSpecimen, "xxx*"), Found{one});
}

TEST_F(SearchTest, names_are_found_by_component_groups_and_words) {
  const std::string one = publish(1, {{kName, "Yamada^Tarou=山田^太郎=やまだ^たろう"}});
  for (const char* name : {"yamada^tarou", "山田^太郎", "==やまだ^たろう", "Yamada^Tarou=山田^太郎", "*=山田^太郎"}) {
    EXPECT_EQ(studies(kName, name), Found{one}) << name;
  }
  EXPECT_EQ(studies(kName, "Yamada^Tarou=やまだ^たろう"), Found{});
  EXPECT_EQ(studies(kName, "tar YAM", true), Found{one});
  EXPECT_EQ(studies(kName, "arou", true), Found{});
  publish(2, {{kName, std::string(1000, '=') + "a"}});
  EXPECT_EQ(studies(kName, "a").size(), 1u);
}

TEST_F(SearchTest, what_is_replaced_or_deleted_is_found_no_more) {
  const std::string study = publish(1, {{kPatient, "A"}, {kSpecimen, "old"}});
  publish(1, {{kPatient, "B"}, {kSpecimen, "new"}}, 0, true);
  EXPECT_EQ(studies(kPatient, "A"), Found{});
  EXPECT_EQ(studies(kSpecimen, "old"), Found{});
  EXPECT_EQ(studies(kSpecimen, "new"), Found{study});
  ASSERT_TRUE(instances.remove({1, study, "", ""}, Visibility::everything()).ok());
  const Status left = database->read([&](Connection& connection) -> Status {
    for (const char* table : {"study_keys", "series_keys", "instance_keys"}) {
      TRY_ASSIGN(Statement * rows, query(connection, "SELECT count(*) FROM " + std::string(table), {}));
      TRY_ASSIGN([[maybe_unused]] const bool row, rows->step());
      EXPECT_EQ(rows->integer(0), 0) << table;
    }
    return {};
  });
  EXPECT_TRUE(left.ok());
}

TEST_F(SearchTest, a_partition_finds_nothing_of_another) {
  publish(1, {{kPatient, "A"}});
  SearchQuery query = standard(Level::Study, kPatient, "A");
  EXPECT_EQ(instances.search(query, Visibility::everything())->size(), 1u);
  query.partition = 2;
  for (const Level level : {Level::Study, Level::Series, Level::Instance}) {
    query.level = level;
    EXPECT_EQ(*instances.count(query, Visibility::everything()), 0u);
    SearchQuery all = query;
    all.matches.clear();
    EXPECT_TRUE(instances.search(all, Visibility::everything())->empty());
  }
}

TEST_F(SearchTest, the_count_is_that_of_all_pages) {
  for (int i = 1; i <= 7; ++i) {
    publish(i, {{kPatient, i % 2 == 0 ? "even" : "odd"}});
  }
  SearchQuery query = standard(Level::Study, kPatient, "odd");
  query.limit = 2;
  EXPECT_EQ(instances.search(query, Visibility::everything())->size(), 2u);
  EXPECT_EQ(*instances.count(query, Visibility::everything()), 4u);
  EXPECT_EQ(*instances.count(query, {}), 0u);
}

TEST_F(SearchTest, a_search_that_runs_too_long_is_stopped_and_says_what_to_do) {
  const Status filled = database->write([](Connection& connection) {
    return connection.execute(
        "INSERT INTO studies(id, partition_id, study_uid, revision, watermark, header) "
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 30000) "
        "SELECT x, 1, '9.' || x, 1, x, '{}' FROM n;"
        "INSERT INTO study_keys SELECT id, 3, 'patient number ' || id, 1 FROM studies");
  });
  ASSERT_TRUE(filled.ok()) << filled.message();
  SearchQuery query = standard(Level::Study, kPatient, "*nobody");
  EXPECT_TRUE(instances.search(query, Visibility::everything())->empty());
  query.time_limit = Millis(0);
  const Status stopped = instances.search(query, Visibility::everything()).status();
  EXPECT_EQ(stopped.code(), Code::InvalidArgument);
  EXPECT_NE(stopped.message().find("begins with '*'"), std::string_view::npos) << stopped.message();
  query = standard(Level::Study, kPatient, "patient*x");
  query.time_limit = Millis(0);
  EXPECT_EQ(instances.search(query, Visibility::everything()).status().code(), Code::Unavailable);
  query.time_limit = Millis(10'000);
  EXPECT_TRUE(instances.search(query, Visibility::everything()).ok()) << "the next search has its own time";
}

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

TEST(SearchKeys, no_number_is_given_twice_and_every_path_leads_to_its_key) {
  std::set<KeyId> numbers;
  for (const SearchKey& key : search_keys()) {
    EXPECT_EQ(find_key(key.path.tags()), &key);
    EXPECT_TRUE(leads_to_key(key.path.tags().first(1)));
    if (key.kind != MatchKind::Modalities) {  // it has Modality's rows
      EXPECT_TRUE(numbers.insert(key.id).second) << key.id;
    }
    if (key.words != 0) {
      EXPECT_TRUE(numbers.insert(key.words).second) << key.words;
    }
    EXPECT_LT(key.id, 1000);
  }
}

}  // namespace tessera::catalog
