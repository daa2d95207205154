#include "archive/removal.h"

#include "archive/blob_name.h"
#include "support/archive_fixture.h"

namespace tessera::archive {

using test::Part10;

class RemovalTest : public test::ArchiveTest {
 protected:
  std::vector<std::string> records() {
    std::vector<std::string> keys;
    EXPECT_TRUE(blobs
                    ->list(kDeletionPrefix,
                           [&](const blob::BlobInfo& info) {
                             keys.push_back(info.key);
                             return true;
                           })
                    .ok());
    return keys;
  }
};

TEST_F(RemovalTest, a_delete_leaves_one_record_until_its_last_blob_has_gone) {
  Part10 file;
  ASSERT_TRUE(store(file.bytes()).status.ok());
  file.sop += ".2";
  ASSERT_TRUE(store(file.bytes()).status.ok());
  EXPECT_EQ(*remove_instances(*blobs, instances, {1, file.study, "", ""}, everything), 2u);
  EXPECT_EQ(records(), std::vector<std::string>{"gone/1-2.gone"});
  EXPECT_EQ(*read_small_blob(*blobs, "gone/1-2.gone", 1000), "tessera deletion 1\n1\n2\n");
  EXPECT_EQ(*retire_deletions(*blobs, instances), 0u) << "its blobs are still there";
  const auto swept = sweep(*blobs, instances);
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->blobs, 2u);
  EXPECT_EQ(swept->deletions, 1u);
  EXPECT_EQ(blob_count(), 0u);
}

TEST_F(RemovalTest, a_delete_records_older_generations_too_so_that_no_rebuild_brings_them_back) {
  Part10 file;
  ASSERT_TRUE(store(file.bytes()).status.ok());
  IngestOptions again;
  again.replace = true;
  EXPECT_TRUE(store(file.bytes(), again).replaced);
  EXPECT_EQ(*remove_instances(*blobs, instances, {1, file.study, "", ""}, everything), 1u);
  EXPECT_EQ(records(), std::vector<std::string>{"gone/1-2.gone"});
  EXPECT_EQ(*read_small_blob(*blobs, "gone/1-2.gone", 1000), "tessera deletion 1\n1\n2\n");
}

TEST_F(RemovalTest, a_delete_of_nothing_leaves_no_record) {
  EXPECT_EQ(remove_instances(*blobs, instances, {1, "1.2.3", "", ""}, everything).status().code(), Code::NotFound);
  EXPECT_TRUE(records().empty());
}

TEST(DeletionRecord, what_is_written_is_read) {
  const std::vector<std::int64_t> watermarks{1, 17, kMaxWatermark};
  EXPECT_EQ(*parse_deletion_record(deletion_record(watermarks)), watermarks);
}

TEST(DeletionRecord, every_damage_is_an_error_that_names_its_line) {
  for (const char* bad : {"", "tessera deletion 2\n1\n", "tessera deletion 1\n1", "tessera deletion 1\n\n",
                          "tessera deletion 1\n-1\n", "tessera deletion 1\n0\n", "tessera deletion 1\n2\n1\n",
                          "tessera deletion 1\n1 \n", "tessera deletion 1\n9007199254740993\n"}) {
    const auto parsed = parse_deletion_record(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.status().code(), Code::Corrupt);
    EXPECT_NE(parsed.status().message().find("line "), std::string_view::npos) << bad;
  }
}

TEST(BlobName, the_names_of_instances_and_their_sidecars_are_read_back) {
  const auto name = parse_blob_name("7/1.2/1.3/1.4_15.frames");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->key.partition, 7);
  EXPECT_EQ(name->key.study + "|" + name->key.series + "|" + name->key.sop, "1.2|1.3|1.4");
  EXPECT_EQ(name->watermark, 15);
  EXPECT_EQ(name->suffix, ".frames");
}

TEST(BlobName, other_names_are_not_ours) {
  for (const char* other :
       {"", "x", "1/partition.txt", "gone/1-2.gone", "1/1.2/1.3/1.4.dcm", "1/1.2/1.3/1.4_.dcm", "1/1.2/1.3/1.4_0.dcm",
        "1/1.2/1.3/1.4_01.dcm", "1/1.2/1.3/1.4_1x.dcm", "1/1.2/1.3/1.4_9007199254740993.dcm", "0/1.2/1.3/1.4_1.dcm",
        "1/1.2/1.3/x_1.dcm", "1/1.2/1.3/4/1.4_1.dcm", "1/1.2/1.3/1.4_1"}) {
    EXPECT_FALSE(parse_blob_name(other).has_value()) << other;
  }
}

}  // namespace tessera::archive
