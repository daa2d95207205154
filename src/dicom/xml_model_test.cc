#include "dicom/xml_model.h"

#include <gtest/gtest.h>

namespace tessera::dicom {
namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";

Result<std::string> write(std::string_view json, std::size_t piece = 1 << 20) {
  XmlModel model;
  std::string out;
  for (std::size_t at = 0; at < json.size(); at += piece) {
    RETURN_IF_ERROR(model.feed(json.substr(at, piece), out));
  }
  if (!model.is_done()) {
    return Status(Code::Corrupt, "not done");
  }
  EXPECT_EQ(out.substr(0, kHead.size()), kHead);
  const std::string_view end = "</NativeDicomModel>";
  EXPECT_TRUE(out.ends_with(end));
  return out.substr(kHead.size(), out.size() - kHead.size() - end.size());
}

TEST(XmlModel, every_kind_of_value_is_an_element_of_its_own_whatever_pieces_it_comes_in) {
  const struct {
    std::string_view json, xml;
  } cases[] = {
      {"{}", ""},
      {R"({"00100020":{"vr":"LO"}})",
       R"(<DicomAttribute tag="00100020" vr="LO" keyword="PatientID"></DicomAttribute>)"},
      {R"({"00080061":{"vr":"CS","Value":["SM",null,"A\u0026<\\"]}})",
       R"(<DicomAttribute tag="00080061" vr="CS" keyword="ModalitiesInStudy"><Value number="1">SM</Value>)"
       R"(<Value number="3">A&amp;&lt;\</Value></DicomAttribute>)"},
      {R"({"00280010":{"vr":"US","Value":[256,1.5]}})",
       R"(<DicomAttribute tag="00280010" vr="US" keyword="Rows"><Value number="1">256</Value>)"
       R"(<Value number="2">1.5</Value></DicomAttribute>)"},
      {R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^Jane^^Dr","Phonetic":"d"}]}})",
       R"(<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic>)"
       R"(<FamilyName>Doe</FamilyName><GivenName>Jane</GivenName><NamePrefix>Dr</NamePrefix></Alphabetic>)"
       R"(<Phonetic><FamilyName>d</FamilyName></Phonetic></PersonName></DicomAttribute>)"},
      {R"({"00480105":{"vr":"SQ","Value":[{"00282000":{"vr":"OB","BulkDataURI":"http://h/?a&b"}},{}]}})",
       R"(<DicomAttribute tag="00480105" vr="SQ" keyword="OpticalPathSequence"><Item number="1">)"
       R"(<DicomAttribute tag="00282000" vr="OB" keyword="ICCProfile"><BulkData uri="http://h/?a&amp;b"/>)"
       R"(</DicomAttribute></Item><Item number="2"></Item></DicomAttribute>)"},
      {R"({"00090010":{"vr":"LO","Value":["ACME"]},"00091001":{"vr":"OB","InlineBinary":"AAE="}})",
       R"(<DicomAttribute tag="00090010" vr="LO"><Value number="1">ACME</Value></DicomAttribute>)"
       R"(<DicomAttribute tag="00090001" vr="OB" privateCreator="ACME"><InlineBinary>AAE=</InlineBinary>)"
       R"(</DicomAttribute>)"},
      {R"({"00104000":{"vr":"LT","Value":["a\u001bb\r\n"]}})",
       "<DicomAttribute tag=\"00104000\" vr=\"LT\" keyword=\"PatientComments\"><Value number=\"1\">a\xEF\xBF\xBD"
       "b&#13;\n</Value></DicomAttribute>"},
  };
  for (const auto& [json, xml] : cases) {
    for (const std::size_t piece : {1u, 7u, 1u << 20}) {
      const auto written = write(json, piece);
      ASSERT_TRUE(written.ok()) << json << ": " << written.status().message();
      EXPECT_EQ(*written, xml) << json;
    }
  }
}

TEST(XmlModel, what_no_json_writer_writes_is_refused) {
  for (const char* bad : {"[", "}", "1,", "{}{}", "{\"x\":{}}", "{\"00100020\":[]}", "{\"00100020\":{\"Value\":1}}",
                          "{\"00100020\":{}}", "{\"00100020\":{\"vr\":\"LO\",\"Value\":[[]]}}",
                          "{\"00100020\":{\"vr\":\"LO\"]", "{\"00100020\":{\"vr\":\"\\x\"}}", "\"a\"", "{\"a\"}"}) {
    XmlModel model;
    std::string out;
    const Status status = model.feed(bad, out);
    EXPECT_TRUE(status.code() == Code::Corrupt || !model.is_done() || status.code() == Code::InvalidArgument) << bad;
    EXPECT_FALSE(status.ok()) << bad;
  }
}

}  // namespace
}  // namespace tessera::dicom
