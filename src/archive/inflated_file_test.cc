#include "archive/inflated_file.h"

#include "archive/frames.h"
#include "archive/metadata.h"
#include "archive/sidecars.h"
#include "support/archive_fixture.h"
#include "support/deflated.h"

namespace tessera::archive {

// An instance with two native frames and a profile of bulk size, deflated.
class InflatedFileTest : public test::ArchiveTest {
 protected:
  InflatedFileTest() {
    namespace tags = dicom::tags;
    file.icc_profile = std::string(3000, 'p');
    file.frames = {std::string(192, 'a'), std::string(192, 'b')};
    dicom::DataSet set = file.header();
    const std::string pixels = file.frames[0] + file.frames[1];
    set.bytes(tags::kPixelData, dicom::Vr::OB, as_bytes(pixels));
    const ByteBuffer start = dicom::encode_file_meta(file.sop_class, file.sop, dicom::kDeflatedExplicitLittleEndian);
    bytes = std::string(as_text(start)) + test::deflated(as_text(set.encode()));
  }

  std::shared_ptr<const Located> located() {
    locator.forget(scope_of(file));
    auto found = locator.locate(scope_of(file), everything);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? *found : nullptr;
  }
  std::string frame(std::uint32_t number) {
    const auto at = located();
    const auto rope = read_frame(locator, *at, dicom::FrameNumber{number});
    return rope.ok() ? *flatten(*rope) : std::string(rope.status().message());
  }
  std::string sidecar() { return inflated_key(located()->row.blob_key); }
  void put(std::string_view key, std::string_view content) {
    auto writer = *blobs->put();
    EXPECT_TRUE(writer->write(as_bytes(content)).ok());
    EXPECT_TRUE(writer->commit(key, blob::Durability::Derived).ok());
  }

  test::Part10 file;
  std::string bytes;
};

TEST_F(InflatedFileTest, a_deflated_instance_is_kept_as_it_came_and_served_from_its_inflated_form) {
  ASSERT_TRUE(store(bytes).status.ok());
  EXPECT_EQ(blob_count(), 4u) << "the blob, .frames, .meta and .inflated";
  Rope whole;
  whole.append(located()->blob, {0, located()->blob->size()});
  EXPECT_TRUE(*flatten(whole) == bytes);
  EXPECT_EQ(frame(1), file.frames[0]);
  EXPECT_EQ(frame(2), file.frames[1]);
  const auto profile = bulk_value(*blobs, located()->row, "00480105/0/00282000", located()->content);
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  EXPECT_EQ(*flatten(*profile), file.icc_profile);
}

TEST_F(InflatedFileTest, an_absent_torn_or_damaged_sidecar_is_made_again) {
  ASSERT_TRUE(store(bytes).status.ok());
  const std::string key = sidecar();
  Rope rope;
  const auto source = *blobs->open(key);
  rope.append(source, {0, source->size()});
  const std::string good = *flatten(rope);
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  for (const std::string& bad : {std::string(), std::string("short"), good.substr(0, good.size() - 1), flipped,
                                 std::string(good.size(), '\0')}) {
    put(key, bad);
    EXPECT_EQ(frame(2), file.frames[1]);
  }
  ASSERT_TRUE(blobs->remove(key).ok());
  EXPECT_EQ(frame(2), file.frames[1]);
}

TEST_F(InflatedFileTest, it_goes_with_its_blob) {
  ASSERT_TRUE(store(bytes).status.ok());
  ASSERT_TRUE(remove_with_sidecars(*blobs, located()->row.blob_key).ok());
  EXPECT_EQ(blob_count(), 0u);
}

TEST_F(InflatedFileTest, a_deflated_upload_cut_anywhere_leaves_nothing) {
  for (std::size_t length = 400; length < bytes.size(); length += 7) {
    ASSERT_FALSE(store(std::string_view(bytes).substr(0, length)).status.ok()) << length;
    ASSERT_EQ(blob_count(), 0u) << length;
  }
}

TEST_F(InflatedFileTest, other_syntaxes_have_none) {
  ASSERT_TRUE(store(test::Part10().bytes()).status.ok());
  EXPECT_EQ(blob_count(), 3u);
  EXPECT_EQ(located()->content, located()->blob);
}

}  // namespace tessera::archive
