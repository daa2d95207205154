#include <cstdio>

#include "app/commands.h"
#include "convert/folder_sink.h"
#include "slide/fingerprint.h"

namespace tessera::app {

namespace {

Result<convert::Summary> convert_to_folder(const ConvertArguments& arguments) {
  TRY_ASSIGN(const auto source, slide::open_slide(arguments.slide));
  TRY_ASSIGN(const std::string fingerprint, slide::fingerprint(arguments.slide));
  convert::FolderSink sink(arguments.output);
  return convert::convert_slide(*source, fingerprint, arguments.convert, sink);
}

}  // namespace

int run_convert(const ConvertArguments& arguments) {
  const Result<convert::Summary> summary = convert_to_folder(arguments);
  if (!summary.ok()) {
    std::fprintf(stderr, "tessera: %s\n", std::string(summary.status().message()).c_str());
    return 1;
  }
  std::printf("%s: %u instances written (%.1f MB), %u there already: %s\n", arguments.slide.c_str(), summary->written,
              static_cast<double>(summary->bytes) / 1e6, summary->declined, summary->contents().c_str());
  return 0;
}

}  // namespace tessera::app
