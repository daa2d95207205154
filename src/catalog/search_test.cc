// That each kind of key finds what it should, and that the rows of the index follow what is stored.
#include "catalog/sql.h"
#include "support/search_fixture.h"

namespace tessera::catalog {

namespace {

using test::SearchTest;

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
