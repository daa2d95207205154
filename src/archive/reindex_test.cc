#include "archive/reindex.h"

#include "catalog/indexing.h"
#include "dicom/tags.h"
#include "support/archive_fixture.h"

namespace tessera::archive {

namespace tags = dicom::tags;
using test::Part10;

class ReindexTest : public test::ArchiveTest {
 protected:
  // As an older program left it: no rows of the index, no generation.
  void forget_index() {
    ASSERT_TRUE(database
                    ->write([](catalog::Connection& connection) {
                      return connection.execute(
                          "UPDATE instances SET index_generation = 0, header = ''; DELETE FROM instance_keys; "
                          "DELETE FROM series_keys; DELETE FROM study_keys;");
                    })
                    .ok());
  }

  Result<std::size_t> reindex() {
    return reindex_batch(*blobs, *database, [this](const std::string& key, const Status& why) {
      problems.push_back(key + ": " + std::string(why.message()));
    });
  }

  Result<std::vector<catalog::SearchRow>> find(dicom::Tag tag, const std::string& value) {
    catalog::SearchQuery query;
    query.level = catalog::Level::Instance;
    query.matches.push_back({*catalog::find_key(tag), value, false});
    return instances.search(query, everything);
  }

  std::vector<std::string> problems;
};

TEST_F(ReindexTest, what_was_stored_before_is_found_by_new_keys_once_it_is_indexed_and_not_wrongly_before) {
  ASSERT_TRUE(store(Part10{}.bytes()).status.ok());
  const std::string header = find(tags::kRows, "8")->front().instance_header;
  forget_index();
  EXPECT_EQ(find(tags::kRows, "8").status().code(), Code::Unavailable);
  EXPECT_EQ(*reindex(), 1u);
  EXPECT_EQ(*reindex(), 0u);
  EXPECT_EQ(find(tags::kRows, "8")->size(), 1u);
  EXPECT_EQ(find(tags::kRows, "8")->front().instance_header, header);
  EXPECT_EQ(find(tags::kModality, "SM")->size(), 1u);
  EXPECT_EQ(find(tags::kPatientID, "p1")->size(), 1u);
  EXPECT_TRUE(problems.empty());
}

TEST_F(ReindexTest, a_study_is_found_by_what_its_newest_instance_says_as_after_storing) {
  Part10 older;
  older.patient_id = "before";
  Part10 newer;
  newer.sop = "1.2.3.4.6";
  newer.patient_id = "after";
  ASSERT_TRUE(store(older.bytes()).status.ok() && store(newer.bytes()).status.ok());
  forget_index();
  EXPECT_EQ(*reindex(), 2u);
  EXPECT_EQ(find(tags::kPatientID, "after")->size(), 2u);
  EXPECT_TRUE(find(tags::kPatientID, "before")->empty());
}

TEST_F(ReindexTest, a_file_that_cannot_be_read_is_told_of_and_does_not_hold_up_the_others) {
  ASSERT_TRUE(store(Part10{}.bytes()).status.ok());
  Part10 other;
  other.sop = "1.2.3.4.6";
  ASSERT_TRUE(store(other.bytes()).status.ok());
  const auto row = instances.find({1, "1.2.3", "1.2.3.4", "1.2.3.4.5"}, everything);
  ASSERT_TRUE(blobs->remove(row->blob_key).ok());
  auto writer = blobs->put();
  ASSERT_TRUE((*writer)->write(as_bytes(std::string(200, 'x'))).ok());
  ASSERT_TRUE((*writer)->commit(row->blob_key, blob::Durability::Truth).ok());
  forget_index();
  EXPECT_EQ(*reindex(), 2u);
  EXPECT_EQ(*catalog::Indexing(*database).count_unindexed(), 0u);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_TRUE(problems.front().starts_with(row->blob_key)) << problems.front();
  EXPECT_EQ(find(tags::kRows, "8")->size(), 1u);
}

TEST_F(ReindexTest, the_header_alone_is_read) {
  Part10 file;
  file.frames = {std::string(1'000'000, 'p')};
  ASSERT_TRUE(store(file.bytes().substr(0)).status.ok());
  const auto row = instances.find(scope_of(file), everything);
  // Cut within the first frame: whoever reads on would find that out.
  ASSERT_TRUE(blobs->remove(row->blob_key).ok());
  auto writer = blobs->put();
  ASSERT_TRUE((*writer)->write(as_bytes(file.bytes()).first(100'000)).ok());
  ASSERT_TRUE((*writer)->commit(row->blob_key, blob::Durability::Truth).ok());
  forget_index();
  EXPECT_EQ(*reindex(), 1u);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(find(tags::kColumns, "8")->size(), 1u);
}

}  // namespace tessera::archive
