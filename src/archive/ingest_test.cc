#include "archive/ingest.h"

#include "archive/frames.h"
#include "support/archive_fixture.h"

namespace tessera::archive {

using test::Part10;

class IngestTest : public test::ArchiveTest {
 protected:
  static IngestOptions by(Strictness strictness) {
    IngestOptions options;
    options.strictness = strictness;
    return options;
  }
  static IngestOptions from_study(std::string study) {
    IngestOptions options;
    options.expected_study = std::move(study);
    return options;
  }
};

TEST_F(IngestTest, a_stored_instance_comes_back_byte_for_byte) {
  const Part10 file;
  const StoreOutcome outcome = store(file.bytes());
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.message();
  EXPECT_EQ(outcome.sop, file.sop);
  const auto located = locator.locate(scope_of(file), everything);
  ASSERT_TRUE(located.ok());
  Rope rope;
  rope.append((*located)->blob, {0, (*located)->blob->size()});
  EXPECT_EQ(*flatten(rope), file.bytes());
}

// The store has them already: what is fed is read for hash, sidecars and checks, as an upload is.
TEST_F(IngestTest, adopted_bytes_are_parsed_and_hashed_but_not_written_again) {
  const Part10 file;
  auto whole = blobs->put();
  ASSERT_TRUE((*whole)->write(as_bytes(file.bytes())).ok());
  auto session = ingest.begin({});
  (*session)->adopt(std::move(*whole));
  (*session)->feed(as_bytes(file.bytes()));
  ASSERT_TRUE((*session)->finish().status.ok());
  const auto located = locator.locate(scope_of(file), everything);
  ASSERT_TRUE(located.ok());
  EXPECT_EQ((*located)->blob->size(), file.bytes().size());
  EXPECT_EQ(*flatten(*read_frame(locator, **located, dicom::FrameNumber{2})), file.frames[1]);
  EXPECT_TRUE(store(file.bytes()).identical);
}

TEST_F(IngestTest, an_adopted_blob_that_is_not_what_was_read_is_refused) {
  const Part10 file;
  auto other = blobs->put();
  ASSERT_TRUE((*other)->write(as_bytes(file.bytes() + "more")).ok());
  auto session = ingest.begin({});
  (*session)->adopt(std::move(*other));
  (*session)->feed(as_bytes(file.bytes()));
  EXPECT_EQ((*session)->finish().status.code(), Code::Internal);
  EXPECT_EQ(blob_count(), 0u);
}

TEST_F(IngestTest, bytes_may_arrive_one_at_a_time) {
  const Part10 file;
  EXPECT_TRUE(store(file.bytes(), {}, 1).status.ok());
  const auto located = locator.locate(scope_of(file), everything);
  ASSERT_TRUE(located.ok());
  EXPECT_EQ(*flatten(*read_frame(locator, **located, dicom::FrameNumber{2})), file.frames[1]);
}

// A cut between two elements before PixelData is a file without pixels, which nothing tells from a whole one.
TEST_F(IngestTest, every_cut_inside_the_pixel_data_is_refused_and_leaves_nothing) {
  const std::string bytes = Part10().bytes();
  const std::size_t pixels = bytes.find(std::string("\xe0\x7f\x10\0OB", 6));
  ASSERT_NE(pixels, bytes.npos);
  for (std::size_t length = pixels + 1; length < bytes.size(); ++length) {
    const StoreOutcome outcome = store(std::string_view(bytes).substr(0, length));
    ASSERT_FALSE(outcome.status.ok()) << "a prefix of " << length << " bytes was taken";
    ASSERT_EQ(blob_count(), 0u) << "after a prefix of " << length << " bytes";
  }
  EXPECT_EQ(instances.find(scope_of(Part10()), everything).status().code(), Code::NotFound);
}

TEST_F(IngestTest, the_same_bytes_again_are_told_from_other_bytes_of_the_same_uids) {
  Part10 file;
  ASSERT_TRUE(store(file.bytes()).status.ok());
  const StoreOutcome again = store(file.bytes());
  EXPECT_EQ(again.reason, StoreReason::AlreadyExists);
  EXPECT_TRUE(again.identical);
  file.frames[0] = "other pixels";
  const StoreOutcome other = store(file.bytes());
  EXPECT_EQ(other.reason, StoreReason::AlreadyExists);
  EXPECT_FALSE(other.identical);
  EXPECT_EQ(blob_count(), 3u) << "one blob and its two sidecars";
}

TEST_F(IngestTest, two_uploads_of_one_instance_at_once_do_not_both_win) {
  const std::string bytes = Part10().bytes();
  auto first = ingest.begin({});
  auto second = ingest.begin({});
  (*first)->feed(as_bytes(bytes));
  (*second)->feed(as_bytes(bytes));
  EXPECT_TRUE((*first)->finish().status.ok());
  EXPECT_EQ((*second)->finish().reason, StoreReason::BeingCreated);
}

TEST_F(IngestTest, an_abandoned_upload_leaves_no_blob_and_no_claim) {
  const std::string bytes = Part10().bytes();
  {
    auto session = ingest.begin({});
    (*session)->feed(as_bytes(std::string_view(bytes).substr(0, bytes.size() - 10)));
  }
  EXPECT_EQ(blob_count(), 0u);
  EXPECT_TRUE(store(bytes).status.ok());
}

TEST_F(IngestTest, a_foreign_study_is_refused_by_its_own_reason) {
  EXPECT_EQ(store(Part10().bytes(), from_study("9.9")).reason, StoreReason::StudyMismatch);
}

TEST_F(IngestTest, missing_and_malformed_uids_are_refused) {
  for (const char* bad : {"", "1.2.x", "1.2."}) {
    Part10 file;
    file.series = bad;
    EXPECT_EQ(store(file.bytes()).reason, StoreReason::ValidationFailed) << "SeriesInstanceUID '" << bad << "'";
  }
}

TEST_F(IngestTest, an_empty_patient_id_passes_v2_and_standard_but_not_v1) {
  Part10 file;
  file.patient_id = "";
  EXPECT_EQ(store(file.bytes(), by(Strictness::V1)).reason, StoreReason::ValidationFailed);
  EXPECT_TRUE(store(file.bytes(), by(Strictness::V2)).status.ok());
}

TEST_F(IngestTest, a_bad_searchable_value_fails_v1_and_warns_in_v2) {
  Part10 file;
  file.modality = "LONGER THAN SIXTEEN";
  EXPECT_EQ(store(file.bytes(), by(Strictness::V1)).reason, StoreReason::ValidationFailed);
  const StoreOutcome outcome = store(file.bytes(), by(Strictness::V2));
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.reason, StoreReason::DataSetWarnings);
  ASSERT_EQ(outcome.attribute_errors.size(), 1u);
  EXPECT_EQ(outcome.attribute_errors[0].tag, dicom::tags::kModality);
}

TEST_F(IngestTest, a_lease_that_ran_out_cannot_publish_what_the_sweep_reclaimed) {
  const std::string bytes = Part10().bytes();
  auto session = ingest.begin({});
  (*session)->feed(as_bytes(bytes));
  clock.advance(ingest.options().lease + Millis(1));
  ASSERT_TRUE(sweep(*blobs, instances).ok());
  EXPECT_FALSE((*session)->finish().status.ok());
  EXPECT_EQ(blob_count(), 0u);
  EXPECT_TRUE(store(bytes).status.ok());
}

}  // namespace tessera::archive
