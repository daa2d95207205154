#include "archive/metadata.h"

#include <zlib.h>

#include "archive/sidecars.h"
#include "support/archive_fixture.h"

namespace tessera::archive {

using test::Part10;

class MetadataTest : public test::ArchiveTest {
 protected:
  static std::string pull_all(Stream& stream, std::size_t piece) {
    std::string all;
    ByteBuffer buffer(piece);
    while (true) {
      std::size_t got = 0;
      std::mutex mutex;
      std::condition_variable arrived;
      bool done = false;
      stream.pull(buffer, [&](Result<std::size_t> result) {
        std::lock_guard lock(mutex);
        EXPECT_TRUE(result.ok());
        got = result.ok() ? *result : 0;
        done = true;
        arrived.notify_one();
      });
      std::unique_lock lock(mutex);
      arrived.wait(lock, [&] { return done; });
      if (got == 0) {
        return all;
      }
      all.append(reinterpret_cast<const char*>(buffer.data()), got);
    }
  }

  Pool pool{"test", 1};
};

TEST_F(MetadataTest, a_bulk_value_is_an_absolute_uri_in_the_json_and_a_range_of_the_blob) {
  Part10 file;
  file.icc_profile = std::string(3000, 'i');
  ASSERT_TRUE(store(file.bytes()).status.ok());
  const auto row = *instances.find(scope_of(file), everything);
  auto stream = stream_metadata({row}, "https://host/dicom-web", {}, *blobs, pool);
  const std::string json = pull_all(*stream, 100);
  const std::string uri =
      "https://host/dicom-web/studies/1.2.3/series/1.2.3.4/instances/1.2.3.4.5/bulkdata/"
      "00480105/0/00282000?v=" +
      std::to_string(row.watermark);
  EXPECT_NE(json.find("\"BulkDataURI\":\"" + uri + "\""), std::string::npos) << json;
  EXPECT_EQ(json.front(), '[');
  EXPECT_EQ(json.back(), ']');

  const auto located = *locator.locate(scope_of(file), everything);
  const auto value = bulk_value(*blobs, row, "00480105/0/00282000", located->content);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*flatten(*value), file.icc_profile);
  EXPECT_EQ(bulk_value(*blobs, row, "00282000", located->content).status().code(), Code::NotFound);
}

TEST_F(MetadataTest, the_gzip_answer_is_the_identity_answer_compressed) {
  std::vector<catalog::InstanceRow> rows;
  for (const char* sop : {"1.2.3.4.5", "1.2.3.4.6", "1.2.3.4.7"}) {
    Part10 file;
    file.sop = sop;
    file.icc_profile = std::string(2000, 'p');
    ASSERT_TRUE(store(file.bytes()).status.ok());
    rows.push_back(*instances.find(scope_of(file), everything));
  }
  const std::string plain = pull_all(*stream_metadata(rows, "http://h", {}, *blobs, pool), 1 << 16);
  const std::string packed = pull_all(*stream_metadata(rows, "http://h", {MetadataCoding::Gzip}, *blobs, pool), 77);
  // One gzip stream, as a reader that knows of no second member sees it: CRC and size included.
  z_stream reader{};
  inflateInit2(&reader, 15 + 16);
  std::string unpacked(plain.size() + 1, '\0');
  reader.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  reader.avail_in = static_cast<uInt>(packed.size());
  reader.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  reader.avail_out = static_cast<uInt>(unpacked.size());
  EXPECT_EQ(inflate(&reader, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(reader.avail_in, 0u);
  unpacked.resize(reader.total_out);
  inflateEnd(&reader);
  EXPECT_EQ(unpacked, plain);
}

TEST_F(MetadataTest, no_instance_is_an_empty_array) {
  EXPECT_EQ(pull_all(*stream_metadata({}, "http://h", {}, *blobs, pool), 10), "[]");
}

TEST_F(MetadataTest, a_flipped_bit_anywhere_in_the_sidecar_is_noticed) {
  ASSERT_TRUE(store(Part10().bytes()).status.ok());
  const auto row = *instances.find(scope_of(Part10()), everything);
  const auto source = *blobs->open(meta_key(row.blob_key));
  std::string bytes(source->size(), '\0');
  ASSERT_TRUE(read_fully(*source, 0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}).ok());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string spoiled = bytes;
    spoiled[at] = static_cast<char>(spoiled[at] ^ 0x10);
    const auto file = MetadataFile::open(memory_source(spoiled), row.blob.size, row.blob.xxh3);
    const bool noticed = !file.ok() || !file->json("", "", 1 << 20).ok();
    ASSERT_TRUE(noticed) << "byte " << at;
  }
}

}  // namespace tessera::archive
