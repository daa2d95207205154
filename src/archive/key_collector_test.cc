// That the collector picks what the table of searchable attributes names, wherever it stands, and stays bounded.
#include "archive/key_collector.h"

#include <gtest/gtest.h>

#include "dicom/parser.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"
#include "dicom/writer.h"

namespace tessera::archive {

namespace tags = dicom::tags;
using catalog::Level;
using dicom::DataSet;
using dicom::Vr;

class KeyCollectorTest : public ::testing::Test {
 protected:
  void collect(const DataSet& set) {
    ByteBuffer file = dicom::encode_file_meta("1.2", "1.2.3", dicom::kExplicitLittleEndian);
    const ByteBuffer body = set.encode();
    file.insert(file.end(), body.begin(), body.end());
    dicom::Parser parser(collector);
    const Status fed = parser.feed(file);
    ASSERT_TRUE(fed.ok()) << fed.message();
    const Status finished = parser.finish();
    ASSERT_TRUE(finished.ok()) << finished.message();
  }

  // "00400560.00400551=S1@1"
  std::vector<std::string> taken(Level level) {
    std::vector<std::string> out;
    for (const catalog::KeyValue& value : collector.take(level)) {
      out.push_back(value.key->path.text() + "=" + value.text + "@" + std::to_string(value.position));
    }
    return out;
  }

  using Lines = std::vector<std::string>;
  KeyCollector collector;
};

TEST_F(KeyCollectorTest, values_are_picked_at_every_level_and_in_every_item) {
  DataSet set;
  set.text(tags::kImageType, Vr::CS, "ORIGINAL\\PRIMARY");
  set.text(tags::kPatientID, Vr::LO, "P1 ");
  set.text(tags::kModality, Vr::CS, "SM");
  DataSet first;
  first.text(tags::kSpecimenIdentifier, Vr::LO, "S1");
  DataSet second;
  second.text(tags::kSpecimenIdentifier, Vr::LO, "S2");
  set.sequence(tags::kSpecimenDescriptionSequence, {first, second});
  collect(set);
  EXPECT_EQ(taken(Level::Study), Lines{"00100020=P1@1"});
  EXPECT_EQ(taken(Level::Series), Lines{"00080060=SM@1"});
  EXPECT_EQ(taken(Level::Instance),
            (Lines{"00080008=ORIGINAL@1", "00080008=PRIMARY@2", "00400560.00400551=S1@1", "00400560.00400551=S2@1"}));
}

TEST_F(KeyCollectorTest, binary_numbers_are_read_as_numbers) {
  DataSet set;
  set.u16(tags::kRows, 65535);
  collect(set);
  EXPECT_EQ(taken(Level::Instance), Lines{"00280010=65535@1"});
}

TEST_F(KeyCollectorTest, a_sequence_that_leads_to_no_key_is_passed_over_whatever_it_holds) {
  DataSet inner;
  inner.text(tags::kPatientID, Vr::LO, "not the patient");
  DataSet outer;
  outer.sequence(tags::kSpecimenDescriptionSequence, {inner});
  outer.text(tags::kContainerIdentifier, Vr::LO, "not the container");
  DataSet set;
  set.sequence(tags::kReferencedStudySequence, {outer});
  set.text(tags::kPatientID, Vr::LO, "P1");
  collect(set);
  EXPECT_EQ(taken(Level::Study), Lines{"00100020=P1@1"});
  EXPECT_TRUE(taken(Level::Instance).empty());
}

TEST_F(KeyCollectorTest, an_item_may_have_a_character_set_of_its_own) {
  DataSet item;
  item.text(tags::kSpecificCharacterSet, Vr::CS, "ISO_IR 100");
  item.text(tags::kSpecimenShortDescription, Vr::LO, "M\xFCller");
  DataSet after;
  after.text(tags::kSpecimenShortDescription, Vr::LO, "Müller");
  DataSet set;
  set.text(tags::kSpecificCharacterSet, Vr::CS, "ISO_IR 192");
  set.sequence(tags::kSpecimenDescriptionSequence, {item, after});
  set.text(tags::kLabelText, Vr::UT, "Grüße");
  collect(set);
  EXPECT_EQ(taken(Level::Instance),
            (Lines{"00400560.00400600=Müller@1", "00400560.00400600=Müller@1", "22000002=Grüße@1"}));
}

TEST_F(KeyCollectorTest, what_is_beyond_the_bounds_is_left_out_and_the_rest_is_there) {
  std::vector<DataSet> specimens(1000);
  for (std::size_t i = 0; i < specimens.size(); ++i) {
    specimens[i].text(tags::kSpecimenIdentifier, Vr::LO, "S" + std::to_string(i));
  }
  DataSet set;
  set.sequence(tags::kSpecimenDescriptionSequence, specimens);
  set.text(tags::kLabelText, Vr::UT, std::string(60'000, 'x'));
  set.text(tags::kBarcodeValue, Vr::LT, "B");
  collect(set);
  const std::vector<std::string> lines = taken(Level::Instance);
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("00400560"); }),
            64);
  EXPECT_EQ(lines.back(), "22000005=B@1");
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 5000u);
  }
}

}  // namespace tessera::archive
