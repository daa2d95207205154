// That what SQL selects is what sees() says, whatever the rights: every look-up compared with a plain loop.
#include "catalog/visibility.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

#include "catalog/instances.h"
#include "catalog/visibility_sql.h"
#include "dicom/tags.h"
#include "support/fake_clock.h"

namespace tessera::catalog {

namespace {

struct Stored {
  InstanceKey key;
  ImageFlavor flavor;
  std::string modality;
};

class VisibilityTest : public ::testing::Test {
 protected:
  void publish(const InstanceKey& key, ImageFlavor flavor, const std::string& modality = "SM",
               const std::string& patient = "P") {
    const auto reservation = instances.reserve(key, "test", Millis(60'000), false);
    ASSERT_TRUE(reservation.ok());
    Publication publication;
    publication.key = key;
    publication.reservation = *reservation;
    publication.study.keys = {{find_key(dicom::tags::kPatientID), patient}};
    publication.study.header = publication.series.header = publication.instance.header = "{\"" + patient + "\":{}}";
    publication.series.modality = modality;
    publication.series.keys = {{find_key(dicom::tags::kModality), modality}};
    publication.instance.flavor = flavor;
    publication.instance.transfer_syntax = "1.2.840.10008.1.2.1";
    ASSERT_TRUE(instances.publish(publication).ok());
    stored.push_back({key, flavor, modality});
  }

  void fill(std::mt19937& random) {
    static constexpr const char* kStudies[] = {"1.2.3", "1.2.3.1", "1.2.3.2", "1.2.30", "2.5", "2.5.1.9", "9"};
    for (const char* study : kStudies) {
      for (int series = 1; series <= 2; ++series) {
        const std::string uid = std::string(study) + ".77." + std::to_string(series);
        const std::string modality = random() % 2 == 0 ? "SM" : "XC";
        for (unsigned i = 0, count = 1 + random() % 3; i < count; ++i) {
          publish({1, study, uid, uid + "." + std::to_string(i)}, static_cast<ImageFlavor>(random() % 5), modality);
        }
      }
    }
  }

  std::set<std::string> found(SearchQuery query, const Visibility& visibility) {
    query.limit = 1000;
    const auto rows = instances.search(query, visibility);
    EXPECT_TRUE(rows.ok()) << rows.status().message();
    std::set<std::string> uids;
    for (const SearchRow& row : rows.ok() ? *rows : std::vector<SearchRow>()) {
      uids.insert(query.level == Level::Study    ? row.key.study
                  : query.level == Level::Series ? row.key.series
                                                 : row.key.sop);
      check_counts(query.level, row, visibility);
    }
    return uids;
  }

  void check_counts(Level level, const SearchRow& row, const Visibility& visibility) {
    std::set<std::string> series;
    std::set<std::string> modalities;
    std::int64_t of_study = 0;
    std::int64_t of_series = 0;
    for (const Stored& one : stored) {
      if (one.key.study == row.key.study && visibility.sees(one.key.study, one.flavor)) {
        series.insert(one.key.series);
        modalities.insert(one.modality);
        ++of_study;
        of_series += one.key.series == row.key.series ? 1 : 0;
      }
    }
    std::string joined;
    for (const std::string& modality : modalities) {
      joined += (joined.empty() ? "" : "\\") + modality;
    }
    EXPECT_EQ(row.study_instances, of_study);
    EXPECT_EQ(row.study_series, static_cast<std::int64_t>(series.size()));
    EXPECT_EQ(row.modalities, joined);
    EXPECT_EQ(row.series_instances, level == Level::Study ? 0 : of_series);
  }

  template <typename Uid>
  std::set<std::string> expected(const Visibility& visibility, const SearchQuery& query, Uid uid) {
    std::set<std::string> uids;
    for (const Stored& one : stored) {
      if (visibility.sees(one.key.study, one.flavor) && (query.study.empty() || query.study == one.key.study)) {
        uids.insert(uid(one));
      }
    }
    return uids;
  }

  test::FakeClock clock;
  std::unique_ptr<Database> database = std::move(*open_sqlite(":memory:"));
  Instances instances{*database, clock};
  std::vector<Stored> stored;
};

Visibility random_visibility(std::mt19937& random) {
  static constexpr const char* kNames[] = {"1.2.3", "1.2.3.1", "1.2.30", "2.5", "7.7.7"};
  static constexpr const char* kPrefixes[] = {"1.2.3.", "1.2.", "2.5.", "9.", "1."};
  Visibility visibility;
  visibility.everywhere = random() % 3 == 0 ? kNoFlavors : static_cast<FlavorSet>(random() % 32);
  for (unsigned i = random() % 4; i > 0; --i) {
    StudyClause clause;
    clause.flavors = static_cast<FlavorSet>(1 + random() % 31);
    for (unsigned n = random() % 3; n > 0; --n) {
      clause.studies.emplace_back(kNames[random() % 5]);
    }
    for (unsigned n = random() % 2; n > 0; --n) {
      clause.prefixes.emplace_back(kPrefixes[random() % 5]);
    }
    visibility.clauses.push_back(std::move(clause));
  }
  return visibility;
}

}  // namespace

TEST_F(VisibilityTest, every_search_count_and_list_shows_what_sees_says_for_any_rights) {
  std::mt19937 random(20261125);  // NOLINT: the same cases each time
  fill(random);
  for (int round = 0; round < 100; ++round) {
    const Visibility visibility = random_visibility(random);
    for (const char* study : {"", "1.2.3", "1.2.3.1", "9"}) {
      SearchQuery query;
      query.study = study;
      query.level = Level::Study;
      EXPECT_EQ(found(query, visibility), expected(visibility, query, [](const Stored& s) { return s.key.study; }));
      query.level = Level::Series;
      EXPECT_EQ(found(query, visibility), expected(visibility, query, [](const Stored& s) { return s.key.series; }));
      query.level = Level::Instance;
      const auto sops = expected(visibility, query, [](const Stored& s) { return s.key.sop; });
      EXPECT_EQ(found(query, visibility), sops);
      if (query.study.empty()) {
        continue;
      }
      const auto rows = instances.list({1, study, "", ""}, visibility);
      EXPECT_EQ(rows.ok() ? rows->size() : 0, sops.size());
      EXPECT_EQ(rows.ok(), !sops.empty());
    }
  }
}

TEST_F(VisibilityTest, a_study_is_not_found_by_the_modality_of_a_series_that_is_not_seen) {
  publish({1, "1.2", "1.2.1", "1.2.1.1"}, ImageFlavor::Volume, "SM");
  publish({1, "1.2", "1.2.2", "1.2.2.1"}, ImageFlavor::Label, "XC");
  SearchQuery query;
  query.matches.push_back({*find_key(dicom::tags::kModalitiesInStudy), "XC"});
  EXPECT_EQ(found(query, Visibility::everything()).size(), 1u);
  EXPECT_TRUE(found(query, {kOrdinaryFlavors, {}}).empty());
}

TEST_F(VisibilityTest, attributes_and_order_come_from_images_that_show_no_label_whatever_came_last) {
  publish({1, "1.1", "1.1.1", "1.1.1.1"}, ImageFlavor::Volume, "SM", "A");
  publish({1, "2.2", "2.2.1", "2.2.1.1"}, ImageFlavor::Volume, "SM", "B");
  publish({1, "1.1", "1.1.1", "1.1.1.2"}, ImageFlavor::Label, "SM", "SECRET");
  publish({1, "3.3", "3.3.1", "3.3.1.1"}, ImageFlavor::Overview, "SM", "SECRET");
  publish({1, "3.3", "3.3.1", "3.3.1.2"}, ImageFlavor::Volume, "SM", "C");
  SearchQuery query;
  const auto rows = *instances.search(query, {kOrdinaryFlavors, {}});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].study_header, "{\"C\":{}}");
  EXPECT_EQ(rows[1].study_header, "{\"B\":{}}");
  EXPECT_EQ(rows[2].study_header, "{\"A\":{}}");
  query.matches.push_back({*find_key(dicom::tags::kPatientID), "SECRET"});
  EXPECT_TRUE(instances.search(query, Visibility::everything())->empty());
}

TEST_F(VisibilityTest, deleting_leaves_what_is_not_seen_and_its_study_in_the_order_of_before) {
  publish({1, "1.1", "1.1.1", "1.1.1.1"}, ImageFlavor::Volume, "SM", "A");
  publish({1, "1.1", "1.1.1", "1.1.1.2"}, ImageFlavor::Label, "SM", "L");
  const Visibility ordinary{kOrdinaryFlavors, {}};
  ASSERT_EQ(instances.remove({1, "1.1", "", ""}, ordinary)->instances.size(), 1u);
  EXPECT_EQ(instances.remove({1, "1.1", "", ""}, ordinary).status().code(), Code::NotFound);
  EXPECT_EQ(instances.list({1, "1.1", "", ""}, Visibility::everything())->size(), 1u);
  publish({1, "1.1", "1.1.1", "1.1.1.3"}, ImageFlavor::Label, "SM", "M");
  EXPECT_EQ(instances.search({}, Visibility::everything())->front().study_header, "{\"M\":{}}");
}

TEST_F(VisibilityTest, a_thousand_studies_and_a_hundred_prefixes_fit_into_a_statement) {
  publish({1, "1.1", "1.1.1", "1.1.1.1"}, ImageFlavor::Volume);
  Visibility visibility;
  for (unsigned i = 1; i <= 31; ++i) {
    StudyClause clause{.flavors = static_cast<FlavorSet>(i), .studies = {}, .prefixes = {}};
    for (int n = 0; n < 33; ++n) {
      clause.studies.push_back(std::string(55, '1') + "." + std::to_string(i * 100 + static_cast<unsigned>(n)));
    }
    for (int n = 0; n < 4; ++n) {
      clause.prefixes.push_back(std::string(55, '2') + "." + std::to_string(n) + ".");
    }
    visibility.clauses.push_back(std::move(clause));
  }
  EXPECT_TRUE(found({}, visibility).empty());
  visibility.clauses.back().studies.emplace_back("1.1");
  EXPECT_EQ(found({}, visibility).size(), 1u);
}

TEST(VisibilitySql, what_is_no_uid_never_enters_a_statement) {
  Visibility visibility;
  visibility.clauses.push_back({kAllFlavors, {"1.2' OR '1'='1", "", "1.2"}, {"1.2", "1'.", "3.4."}});
  EXPECT_EQ(studies_sql(visibility),
            " AND ((s.study_uid IN ('1.2') OR (s.study_uid >= '3.4.' AND s.study_uid < '3.4/')))");
  EXPECT_EQ(studies_sql({}), " AND 0");
  EXPECT_EQ(instances_sql(Visibility::everything(), "i"), "");
}

}  // namespace tessera::catalog
