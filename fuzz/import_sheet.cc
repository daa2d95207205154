// Sheet::parse on arbitrary text: it stays inside it, and what it takes can be asked for any name.
#include <cstdint>
#include <cstdlib>

#include "app/sheet.h"
#include "convert/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tessera;
  const std::string text(as_text({data, size}));
  auto sheet = app::Sheet::parse(text, {});
  if (!sheet.ok()) {
    return 0;
  }
  for (const std::string& name : {text.substr(0, 40), std::string("a.svs"), std::string("/x/y/a.svs")}) {
    convert::Options options;
    if (sheet->apply(name, text.substr(0, 8), options) && !convert::check_options(options).ok()) {
      std::abort();  // a row that was taken makes labels DICOM allows
    }
  }
  return 0;
}
