#include "archive/partitions.h"

#include <thread>

#include "base/rope.h"
#include "support/archive_fixture.h"

namespace tessera::archive {
namespace {

class PartitionsTest : public test::ArchiveTest {
 protected:
  Result<std::int64_t> ensure(std::string_view name) { return ensure_partition(partitions, *blobs, name); }

  std::string record(std::int64_t key) {
    const auto source = blobs->open(partition_record_key(key));
    if (!source.ok()) {
      return "";
    }
    Rope rope;
    rope.append(*source, ByteRange{0, (*source)->size()});
    return *flatten(rope);
  }
};

TEST_F(PartitionsTest, a_new_partition_has_a_record_that_names_it) {
  const auto key = ensure("lab-a");
  ASSERT_TRUE(key.ok()) << key.status().message();
  EXPECT_EQ(record(*key), "lab-a\n");
  EXPECT_EQ(*partitions.find("lab-a"), *key);
}

TEST_F(PartitionsTest, the_same_name_gives_the_same_key_and_another_name_another) {
  const auto first = ensure("lab-a");
  EXPECT_EQ(*ensure("lab-a"), *first);
  EXPECT_NE(*ensure("lab-b"), *first);
  EXPECT_NE(*ensure("LAB-A"), *first);
}

TEST_F(PartitionsTest, a_record_that_a_crash_kept_from_being_written_is_written_by_the_next_store) {
  const auto key = partitions.find_or_create("lab-a");  // the catalog committed, then the process died
  ASSERT_EQ(record(*key), "");
  EXPECT_EQ(*ensure("lab-a"), *key);
  EXPECT_EQ(record(*key), "lab-a\n");
}

TEST_F(PartitionsTest, a_record_that_names_another_partition_is_an_error) {
  const auto key = partitions.find_or_create("lab-a");
  auto writer = std::move(*blobs->put());
  ASSERT_TRUE(writer->write(as_bytes("lab-b\n")).ok());
  ASSERT_TRUE(writer->commit(partition_record_key(*key), blob::Durability::Truth).ok());
  EXPECT_EQ(ensure("lab-a").status().code(), Code::Corrupt);
}

TEST_F(PartitionsTest, the_default_partition_is_there_from_the_start_and_has_no_record) {
  EXPECT_EQ(*ensure("Microsoft.Default"), catalog::kDefaultPartition);
  EXPECT_EQ(blob_count(), 0u);
}

TEST_F(PartitionsTest, a_bad_name_is_refused_and_makes_nothing) {
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a/b"),
                                  std::string("ä"), std::string("a\0b", 3)}) {
    EXPECT_EQ(ensure(name).status().code(), Code::InvalidArgument) << name;
  }
  EXPECT_TRUE(ensure(std::string(64, 'a')).ok());
  EXPECT_TRUE(ensure("A-z_0.9").ok());
  EXPECT_EQ(partitions.list()->size(), 2u);
}

TEST_F(PartitionsTest, many_at_once_agree_on_one_key) {
  std::vector<std::int64_t> keys(8);
  {
    std::vector<std::jthread> threads;
    for (std::int64_t& key : keys) {
      threads.emplace_back([this, &key] { key = ensure("lab-a").ok() ? *ensure("lab-a") : 0; });
    }
  }
  EXPECT_EQ(keys, std::vector<std::int64_t>(8, *partitions.find("lab-a")));
  EXPECT_EQ(blob_count(), 1u);
}

TEST_F(PartitionsTest, the_list_holds_the_default_one_only_once_it_holds_something) {
  ASSERT_TRUE(ensure("lab-a").ok());
  EXPECT_EQ(partitions.list()->size(), 1u);
  ASSERT_TRUE(store(test::Part10().bytes()).status.ok());
  const auto rows = partitions.list();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->front().name, "Microsoft.Default");
  EXPECT_GT(rows->back().created_millis, 0);
}

TEST_F(PartitionsTest, the_same_uids_live_in_two_partitions_apart) {
  const test::Part10 file;
  IngestOptions a;
  a.partition = *ensure("lab-a");
  IngestOptions b;
  b.partition = *ensure("lab-b");
  ASSERT_TRUE(store(file.bytes(), a).status.ok());
  ASSERT_TRUE(store(file.bytes(), b).status.ok());
  EXPECT_EQ(store(file.bytes(), a).status.code(), Code::AlreadyExists);
  const auto in_a = locator.locate({a.partition, file.study, file.series, file.sop}, everything);
  const auto in_b = locator.locate({b.partition, file.study, file.series, file.sop}, everything);
  EXPECT_NE((*in_a)->row.watermark, (*in_b)->row.watermark);
  ASSERT_TRUE(instances.remove({a.partition, file.study, "", ""}, everything).ok());
  EXPECT_TRUE(instances.find({b.partition, file.study, file.series, file.sop}, everything).ok());
  EXPECT_EQ(instances.find({a.partition, file.study, file.series, file.sop}, everything).status().code(),
            Code::NotFound);
}

TEST_F(PartitionsTest, the_first_beside_the_default_one_is_told) {
  EXPECT_FALSE(partitions.first_beside_default()->has_value());
  ASSERT_TRUE(ensure("lab-a").ok());
  EXPECT_EQ((*partitions.first_beside_default())->name, "lab-a");
}

}  // namespace
}  // namespace tessera::archive
