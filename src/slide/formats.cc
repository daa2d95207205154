#include "slide/formats.h"

#include <algorithm>
#include <array>

#include "slide/not_yet_read.h"

namespace tessera::slide {

namespace {

// Why the file cannot be opened as a TIFF; a slide of a known format is named instead. (A large NDPI does not
// even hold to TIFF's offsets.)
Status refusal(const FileSource& file, const Status& why) {
  std::array<std::uint8_t, 64> bytes{};
  const MutableBytes head(bytes.data(), std::min<std::uint64_t>(bytes.size(), file.size()));
  RETURN_IF_ERROR(file.read_now(0, head));
  const std::string_view format = unread_format(file.name(), head);
  return format.empty() ? why : Status(Code::Unsupported, file.name() + ": " + unread_sentence(format));
}

}  // namespace

Result<std::unique_ptr<SlideSource>> open_slide(const std::filesystem::path& path, const Decoders& decoders) {
  static constexpr const Format* kFormats[] = {&kAperio, &kPhilips, &kLeicaScn, &kOmeTiff, &kNotYetRead, &kGenericTiff};
  TRY_ASSIGN(const auto source, FileSource::open(path));
  const auto file = TiffFile::open(source, decoders);
  if (!file.ok()) {
    return refusal(*source, file.status());
  }
  const auto format =
      std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format* f) { return f->detect(*file); });
  TRY_ASSIGN(auto slide, (*format)->open(*file));  // the generic reader, at the end, takes everything
  // A slide whose label nobody could look at must not pass for one whose label is damaged.
  for (const Image& image : slide->images()) {
    if (image.damage.code() == Code::Unavailable || image.damage.code() == Code::Cancelled) {
      return image.damage;
    }
  }
  return slide;
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
