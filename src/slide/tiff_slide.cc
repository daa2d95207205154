#include "slide/tiff_slide.h"

#include <algorithm>
#include <cstdio>

#include "slide/datetime.h"
#include "slide/icc.h"

namespace tessera::slide {

namespace {

constexpr double kLargestBelievedSpacing = 0.1;       // mm per pixel
constexpr double kSmallestBelievedSpacing = 0.00001;  // 10 nm per pixel: no light microscope is finer
// A pyramid of 2^31 pixels halved down to one has 32 levels.
constexpr std::size_t kMaxLevels = 32;
constexpr std::uint64_t kMaxIccProfile = 16 << 20;

std::string size_text(const Image& level) {
  return std::to_string(level.width) + " x " + std::to_string(level.height);
}

// mm per pixel along one axis from a resolution tag; nothing where the unit is none or the tag is absent.
std::optional<double> spacing_of(const TiffFile& file, const TiffDirectory& base, std::uint16_t tag,
                                 std::uint64_t unit) {
  const std::optional<double> per_unit = file.real(base, tag);
  if (!per_unit || *per_unit <= 0 || (unit != 2 && unit != 3)) {
    return std::nullopt;
  }
  return (unit == 2 ? 25.4 : 10.0) / *per_unit;
}

void read_spacing(const TiffFile& file, const TiffDirectory& base, SlideFacts& facts) {
  const auto unit = file.number(base, tiff::kResolutionUnit, 2);  // absent means inch (TIFF 6.0)
  if (!unit.ok()) {
    return;
  }
  take_spacing(spacing_of(file, base, tiff::kXResolution, *unit), spacing_of(file, base, tiff::kYResolution, *unit),
               facts);
}

}  // namespace

void take_spacing(std::optional<double> x, std::optional<double> y, SlideFacts& facts) {
  if (!x || !y) {
    return;
  }
  const auto believed = [](double mm) { return mm <= kLargestBelievedSpacing && mm >= kSmallestBelievedSpacing; };
  if (believed(*x) && believed(*y)) {
    facts.mm_per_pixel_x = x;
    facts.mm_per_pixel_y = y;
    return;
  }
  char text[96];
  std::snprintf(text, sizeof text, "%.6g x %.6g mm per pixel is no microscope's", *x, *y);
  facts.properties.emplace_back("spacing not believed", text);
}

std::string directory_summary(const TiffFile& file, const TiffDirectory& directory) {
  const auto number = [&](std::uint16_t tag) {
    const auto value = file.number(directory, tag, 0);
    return value.ok() ? *value : 0;
  };
  return directory.name + ": " + std::to_string(number(tiff::kImageWidth)) + " x " +
         std::to_string(number(tiff::kImageLength)) + ", " + tiff::compression_text(number(tiff::kCompression)) + ", " +
         (is_tiled(directory) ? "tiles" : "strips");
}

Result<SlideFacts> tiff_facts(const TiffFile& file, const TiffDirectory& base) {
  SlideFacts facts;
  facts.file_name = file.name();
  TRY_ASSIGN(facts.manufacturer, file.text(base, tiff::kMake));
  TRY_ASSIGN(facts.model, file.text(base, tiff::kModel));
  TRY_ASSIGN(facts.software, file.text(base, tiff::kSoftware));
  TRY_ASSIGN(facts.description, file.text(base, tiff::kImageDescription));
  TRY_ASSIGN(const std::string written, file.text(base, tiff::kDateTime));
  facts.acquired = datetime_from_tiff(written);
  TRY_ASSIGN(const ByteBuffer profile, file.bytes(base, tiff::kICCProfile, kMaxIccProfile));
  if (is_icc_profile(profile)) {
    facts.icc_profile = as_text(profile);
  } else if (!profile.empty()) {
    facts.properties.emplace_back("ICC profile not used", file.place(base, tiff::kICCProfile) + " is no ICC profile");
  }
  read_spacing(file, base, facts);
  return facts;
}

TiffSlide::TiffSlide(SlideFacts facts, std::vector<TiledLevel> tiled, std::vector<AssociatedImage> associated)
    : facts_(std::move(facts)), tiled_(std::move(tiled)), associated_(std::move(associated)) {
  for (const TiledLevel& level : tiled_) {
    images_.push_back(level.level());
  }
  for (const AssociatedImage& beside : associated_) {
    images_.push_back(beside.image);
  }
}

Result<std::unique_ptr<SlideSource>> TiffSlide::open(const TiffFile& file, SlideFacts facts,
                                                     const std::vector<LevelDirectory>& directories,
                                                     std::vector<AssociatedImage> associated) {
  if (directories.size() > kMaxLevels) {
    return Status(Code::Unsupported, file.name() + ": " + std::to_string(directories.size()) +
                                         " tiled directories; focal planes and channels cannot be converted yet");
  }
  std::vector<TiledLevel> tiled;
  for (const LevelDirectory& directory : directories) {
    TRY_ASSIGN(TiledLevel level, TiledLevel::open(file, directory));
    tiled.push_back(std::move(level));
  }
  const auto area = [](const TiledLevel& t) { return std::uint64_t{t.level().width} * t.level().height; };
  std::stable_sort(tiled.begin(), tiled.end(), [&](const auto& a, const auto& b) { return area(a) > area(b); });
  RETURN_IF_ERROR(check_alike(file, tiled));
  for (const TiledLevel& level : tiled) {
    if (level.missing_tiles() > 0) {
      facts.properties.emplace_back("missing tiles", level.directory() + ": " + std::to_string(level.missing_tiles()) +
                                                         " tiles left out by the scanner, white here");
    }
  }
  leave_out_doubles(tiled, associated, facts);
  return std::unique_ptr<SlideSource>(new TiffSlide(std::move(facts), std::move(tiled), std::move(associated)));
}

void TiffSlide::leave_out_doubles(const std::vector<TiledLevel>& tiled, std::vector<AssociatedImage>& associated,
                                  SlideFacts& facts) {
  std::erase_if(associated, [&](const AssociatedImage& beside) {
    const auto level = std::find_if(tiled.begin(), tiled.end(), [&](const TiledLevel& t) {
      return t.level().width == beside.image.width && t.level().height == beside.image.height;
    });
    const bool twice = beside.image.flavor == ImageFlavor::Thumbnail && level != tiled.end();
    if (twice) {
      facts.properties.emplace_back("left out: thumbnail",
                                    "it has the size of " + level->directory() + " (" + size_text(beside.image) + ")");
    }
    return twice;
  });
}

Status TiffSlide::check_alike(const TiffFile& file, const std::vector<TiledLevel>& tiled) {
  for (std::size_t i = 1; i < tiled.size(); ++i) {
    const Image& above = tiled[i - 1].level();
    const Image& level = tiled[i].level();
    const std::string place = file.name() + ", " + tiled[i].directory();
    if (level.width == above.width && level.height == above.height) {
      return Status(Code::Unsupported, place + ": has the size of " + tiled[i - 1].directory() + " (" +
                                           size_text(level) + "); focal planes and channels cannot be converted yet");
    }
    if (level.coding.photometric != above.coding.photometric) {
      return Status(Code::Unsupported, place + ": its colours (" + level.coding.photometric + ") are not those of " +
                                           tiled[i - 1].directory() + " (" + above.coding.photometric + ")");
    }
  }
  return {};
}

Result<std::uint64_t> TiffSlide::index_of(std::size_t image, std::uint32_t column, std::uint32_t row) const {
  if (image >= images_.size() || column >= images_[image].columns() || row >= images_[image].rows()) {
    return Status(Code::InvalidArgument, facts_.file_name + ": there is no tile in image " + std::to_string(image) +
                                             ", column " + std::to_string(column) + ", row " + std::to_string(row));
  }
  return std::uint64_t{row} * images_[image].columns() + column;
}

Result<Rope> TiffSlide::tile(std::size_t image, std::uint32_t column, std::uint32_t row) const {
  TRY_ASSIGN(const std::uint64_t index, index_of(image, column, row));
  return image < tiled_.size() ? tiled_[image].tile(index) : Result<Rope>(associated_[image - tiled_.size()].frame);
}

Result<std::uint64_t> TiffSlide::tile_bytes(std::size_t image, std::uint32_t column, std::uint32_t row) const {
  TRY_ASSIGN(const std::uint64_t index, index_of(image, column, row));
  return image < tiled_.size() ? tiled_[image].tile_bytes(index) : associated_[image - tiled_.size()].frame.size();
}

}  // namespace tessera::slide
