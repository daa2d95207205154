#include "slide/formats.h"

namespace tessera::slide {

Result<std::unique_ptr<SlideSource>> open_slide(const std::filesystem::path& path) {
  static constexpr const Format* kFormats[] = {&kAperio, &kNotYetRead, &kGenericTiff};
  TRY_ASSIGN(const TiffFile file, TiffFile::open(path));
  for (const Format* format : kFormats) {
    if (format->detect(file)) {
      return format->open(file);
    }
  }
  return Status(Code::Unsupported,
                file.name() + ": no reader takes it; its first directory is " + file.directories().front().name);
}

bool looks_like_slide(ByteView first_bytes) {
  if (first_bytes.size() < 4) {
    return false;
  }
  const std::string_view head = as_text(first_bytes.first(4));
  using std::string_view_literals::operator""sv;
  return head == "II*\0"sv || head == "MM\0*"sv || head == "II+\0"sv || head == "MM\0+"sv;
}

}  // namespace tessera::slide
