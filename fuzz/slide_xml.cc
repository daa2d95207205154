// Any bytes as the XML of a slide's description: the parser's limits, and what is asked of the tree.
#include "slide/xml.h"

namespace {

// Deep enough to meet every element: the parser lets through 64.
std::size_t walk(const tessera::slide::XmlElement& element) {
  std::size_t seen = 1 + element.attribute("Name").size();
  (void)tessera::slide::number_in(element.text);
  (void)tessera::slide::whole_in(element.text);
  for (const auto& child : element.children) {
    seen += walk(child);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto root = tessera::slide::parse_xml({reinterpret_cast<const char*>(data), size});
  if (root.ok()) {
    (void)walk(*root);
  }
  return 0;
}
