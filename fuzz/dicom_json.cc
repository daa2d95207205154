// DICOM JSON from outside: read_dicom_json on arbitrary text keeps its bounds, and what it makes of it can be written;
// XmlModel takes any pieces of any text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "dicom/json_reader.h"
#include "dicom/xml_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tessera;
  const std::string_view text = as_text({data, size});
  const dicom::BulkBytes nested = [](std::string_view uri) -> Result<ByteView> { return as_bytes(uri); };
  const auto instances = dicom::read_dicom_json(text, nested);
  if (instances.ok()) {
    for (const dicom::JsonInstance& instance : *instances) {
      const ByteBuffer all = instance.data_set.encode();
      const dicom::Tag middle(0x00280000);
      const std::size_t parts = instance.data_set.encode_between(dicom::Tag(0), middle).size() +
                                instance.data_set.encode_between(middle, dicom::Tag(0xFFFFFFFF)).size();
      if (parts != all.size()) {
        std::abort();
      }
    }
  }
  dicom::XmlModel model;
  std::string xml;
  const std::size_t cut = size == 0 ? 0 : data[0] % size;
  if (model.feed(text.substr(0, cut), xml).ok()) {
    (void)model.feed(text.substr(cut), xml);
  }
  return 0;
}
