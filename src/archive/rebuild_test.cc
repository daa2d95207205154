#include "archive/rebuild.h"

#include "archive/removal.h"
#include "catalog/partitions.h"
#include "support/archive_fixture.h"

namespace tessera::archive {

using test::Part10;

class RebuildTest : public test::ArchiveTest {
 protected:
  // A second catalog, made from the blobs alone.
  RebuildReport rebuild() {
    again = std::move(*catalog::open_sqlite(":memory:"));
    RebuildOptions options;
    options.on_problem = [this](const std::string& key, const Status& why) {
      problems.push_back(key + ": " + std::string(why.message()));
    };
    const auto report = rebuild_catalog(*blobs, *again, clock, options);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return *report;
  }
  void put(const std::string& key, std::string_view bytes) {
    auto writer = blobs->put();
    ASSERT_TRUE((*writer)->write(as_bytes(bytes)).ok());
    ASSERT_TRUE((*writer)->commit(key, blob::Durability::Truth).ok());
  }

  std::unique_ptr<catalog::Database> again;
  std::vector<std::string> problems;
};

TEST_F(RebuildTest, rows_come_back_under_their_watermarks_with_the_same_facts) {
  const Part10 file;
  ASSERT_TRUE(store(file.bytes()).status.ok());
  const auto before = instances.find(scope_of(file), everything);
  EXPECT_EQ(rebuild().instances, 1u);
  catalog::Instances restored(*again, clock);
  const auto after = restored.find(scope_of(file), everything);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->watermark, before->watermark);
  EXPECT_EQ(after->blob_key, before->blob_key);
  EXPECT_EQ(after->blob.xxh3, before->blob.xxh3);
  EXPECT_EQ(after->frames, before->frames);
  EXPECT_EQ(after->transfer_syntax, before->transfer_syntax);
  EXPECT_GT(after->study_revision, before->study_revision);
}

TEST_F(RebuildTest, a_deleted_instance_whose_blob_is_left_stays_deleted) {
  const Part10 file;
  ASSERT_TRUE(store(file.bytes()).status.ok());
  ASSERT_TRUE(remove_instances(*blobs, instances, scope_of(file), everything).ok());
  const RebuildReport report = rebuild();
  EXPECT_EQ(report.instances, 0u);
  EXPECT_EQ(report.garbage, 1u);
  catalog::Instances restored(*again, clock);
  EXPECT_EQ(restored.find(scope_of(file), everything).status().code(), Code::NotFound);
  ASSERT_TRUE(sweep(*blobs, restored).ok());
  EXPECT_EQ(blob_count(), 0u);
}

TEST_F(RebuildTest, partitions_have_the_names_of_their_records) {
  const Part10 file;
  const std::string at = file.study + "/" + file.series + "/" + file.sop;
  put("5/" + at + "_9.dcm", file.bytes());
  put("6/" + at + "_8.dcm", file.bytes());
  put("5/partition.txt", "north\n");
  EXPECT_EQ(rebuild().partitions, 2u);
  catalog::Instances restored(*again, clock);
  catalog::Partitions names(*again, clock);
  EXPECT_EQ(*names.find("north"), 5);
  EXPECT_EQ(*names.find("restored-6"), 6) << "its record is missing";
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("6/partition.txt"), std::string::npos);
  EXPECT_TRUE(restored.find({5, file.study, file.series, file.sop}, everything).ok());
}

TEST_F(RebuildTest, the_order_in_which_uploads_ended_does_not_matter) {
  Part10 first, second;
  second.sop += ".2";
  second.modality = "XC";
  auto early = ingest.begin({});
  (*early)->feed(as_bytes(first.bytes()));  // reserves watermark 1 and ends last
  ASSERT_TRUE(store(second.bytes()).status.ok());
  ASSERT_TRUE((*early)->finish().status.ok());
  rebuild();
  catalog::Instances restored(*again, clock);
  catalog::SearchQuery query;
  query.level = catalog::Level::Series;
  const auto before = instances.search(query, everything);
  const auto after = restored.search(query, everything);
  ASSERT_TRUE(before.ok() && after.ok());
  ASSERT_EQ(before->size(), after->size());
  EXPECT_EQ((*before)[0].series_header, (*after)[0].series_header);
  EXPECT_NE((*after)[0].series_header.find("XC"), std::string::npos) << "the newest watermark's";
}

TEST_F(RebuildTest, damaged_files_are_named_and_two_of_one_number_are_told_apart) {
  const Part10 file;
  const std::string at = "1/" + file.study + "/" + file.series + "/" + file.sop;
  put(at + "_1.dcm", file.bytes());
  put("1/" + file.study + "/" + file.series + "/1.9_1.dcm", file.bytes());
  put(at + "_2.dcm", "no DICOM");
  put("gone/3-3.gone", "damaged");
  const RebuildReport report = rebuild();
  EXPECT_EQ(report.instances, 1u);
  EXPECT_EQ(report.problems, 3u);
  EXPECT_EQ(problems.size(), 3u);
}

}  // namespace tessera::archive
