#include "archive/locator.h"

#include "archive/frames.h"
#include "archive/sidecars.h"
#include "support/archive_fixture.h"

namespace tessera::archive {

using test::Part10;

class LocatorTest : public test::ArchiveTest {
 protected:
  Part10 stored(std::size_t frames) {
    Part10 file;
    file.frames.clear();
    for (std::size_t i = 0; i < frames; ++i) {
      file.frames.push_back("frame " + std::to_string(100000 + i));
    }
    EXPECT_TRUE(store(file.bytes()).status.ok());
    return file;
  }
};

TEST_F(LocatorTest, a_located_instance_is_answered_from_memory_until_the_catalog_moves) {
  const Part10 file = stored(3);
  EXPECT_EQ(locator.cached(scope_of(file), everything), nullptr);
  ASSERT_TRUE(locator.poll_epoch().ok());
  ASSERT_TRUE(locator.locate(scope_of(file), everything).ok());
  EXPECT_NE(locator.cached(scope_of(file), everything), nullptr);
  Part10 another = file;
  another.sop = "1.2.3.4.6";
  ASSERT_TRUE(store(another.bytes()).status.ok());
  ASSERT_TRUE(locator.poll_epoch().ok());
  EXPECT_EQ(locator.cached(scope_of(file), everything), nullptr) << "uncertain after a commit";
  EXPECT_TRUE(locator.locate(scope_of(file), everything).ok());
  EXPECT_NE(locator.cached(scope_of(file), everything), nullptr) << "certain again after one row of SQL";
}

TEST_F(LocatorTest, a_deleted_instance_is_gone_at_once_in_this_process) {
  const Part10 file = stored(3);
  ASSERT_TRUE(locator.locate(scope_of(file), everything).ok());
  ASSERT_TRUE(instances.remove(scope_of(file), everything).ok());
  locator.forget(scope_of(file));
  EXPECT_EQ(locator.cached(scope_of(file), everything), nullptr);
  EXPECT_EQ(locator.locate(scope_of(file), everything).status().code(), Code::NotFound);
}

TEST_F(LocatorTest, a_label_is_not_located_for_who_may_not_see_labels) {
  Part10 file;
  file.image_type = "ORIGINAL\\PRIMARY\\LABEL\\NONE";
  ASSERT_TRUE(store(file.bytes()).status.ok());
  ASSERT_TRUE(locator.locate(scope_of(file), everything).ok());
  const catalog::Visibility no_labels{catalog::kOrdinaryFlavors, {}};
  EXPECT_EQ(locator.cached(scope_of(file), no_labels), nullptr);
  EXPECT_EQ(locator.locate(scope_of(file), no_labels).status().code(), Code::NotFound);
}

TEST_F(LocatorTest, every_frame_of_several_blocks_is_found) {
  const Part10 file = stored(1300);
  const auto located = *locator.locate(scope_of(file), everything);
  for (const std::uint32_t number : {1u, 2u, 512u, 513u, 1024u, 1025u, 1299u, 1300u}) {
    const auto frame = read_frame(locator, *located, dicom::FrameNumber{number});
    ASSERT_TRUE(frame.ok()) << number;
    EXPECT_EQ(*flatten(*frame), file.frames[number - 1]);
  }
  EXPECT_FALSE(check_frame(*located, dicom::FrameNumber{1301}).ok());
  EXPECT_FALSE(check_frame(*located, dicom::FrameNumber{0}).ok());
  EXPECT_TRUE(cached_frame(locator, *located, dicom::FrameNumber{700}).has_value()) << "its block was read above";
}

TEST_F(LocatorTest, lost_and_damaged_sidecars_are_made_again_from_the_blob) {
  const Part10 file = stored(5);
  const auto row = *instances.find(scope_of(file), everything);
  ASSERT_TRUE(blobs->remove(frames_key(row.blob_key)).ok());
  auto torn = *blobs->put();
  ASSERT_TRUE(torn->write(as_bytes("TSMD and nothing else that makes sense")).ok());
  ASSERT_TRUE(torn->commit(meta_key(row.blob_key), blob::Durability::Derived).ok());

  const auto located = locator.locate(scope_of(file), everything);
  ASSERT_TRUE(located.ok()) << located.status().message();
  EXPECT_EQ(*flatten(*read_frame(locator, **located, dicom::FrameNumber{5})), file.frames[4]);
  const auto metadata = open_metadata(*blobs, row);
  ASSERT_TRUE(metadata.ok());
  EXPECT_NE(metadata->json("", "", 1 << 20)->find("Doe^Jane"), std::string::npos);
}

}  // namespace tessera::archive
