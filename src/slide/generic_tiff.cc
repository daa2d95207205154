// Generic pyramidal TIFF: the largest tiled directory is the slide, and every other tiled one that is a
// smaller picture of the same shape is a level of it, whether in the main chain or in SubIFDs. Directories of
// another shape are named in the facts and left out.
#include <algorithm>
#include <cmath>

#include "slide/formats.h"
#include "slide/tiff_slide.h"

namespace tessera::slide {

namespace {

struct Size {
  std::uint64_t width = 0, height = 0;
};

// 0 x 0 where the tags are damaged: such a directory is no level.
Size size_of(const TiffFile& file, const TiffDirectory& directory) {
  const auto width = file.number(directory, tiff::kImageWidth, 0);
  const auto height = file.number(directory, tiff::kImageLength, 0);
  return width.ok() && height.ok() ? Size{*width, *height} : Size{};
}

// Whether `small` is `base` made smaller: both sides by the same factor, give or take the rounding of
// repeated halving (below one pixel per step, two in all).
bool is_reduced(Size base, Size small) {
  if (small.width == 0 || small.height == 0 || small.width > base.width || small.height > base.height) {
    return false;
  }
  const double factor = std::max(static_cast<double>(base.width) / static_cast<double>(small.width),
                                 static_cast<double>(base.height) / static_cast<double>(small.height));
  const auto near = [&](std::uint64_t whole, std::uint64_t part) {
    return std::abs(static_cast<double>(whole) / factor - static_cast<double>(part)) <= 2.0;
  };
  return near(base.width, small.width) && near(base.height, small.height);
}

bool detect(const TiffFile&) {
  return true;
}

// A mask (bit 2) is no picture.
bool is_picture(const TiffFile& file, const TiffDirectory& directory) {
  const auto kind = file.number(directory, tiff::kNewSubfileType, 0);
  return kind.ok() && (*kind & 4) == 0;
}

const TiffDirectory& largest(const TiffFile& file) {
  const TiffDirectory* best = &file.directories().front();
  const auto area = [&](const TiffDirectory& d) {
    const Size size = size_of(file, d);
    return is_tiled(d) && is_picture(file, d) ? static_cast<double>(size.width) * static_cast<double>(size.height)
                                              : -1.0;
  };
  for (const TiffDirectory& directory : file.directories()) {
    if (area(directory) > area(*best)) {
      best = &directory;
    }
  }
  return *best;
}

Result<std::unique_ptr<SlideSource>> open(const TiffFile& file) {
  const TiffDirectory& base = largest(file);
  TRY_ASSIGN(SlideFacts facts, tiff_facts(file, base));
  facts.format = "pyramidal TIFF";
  const Size whole = size_of(file, base);
  std::vector<const TiffDirectory*> levels{&base};
  for (const TiffDirectory& directory : file.directories()) {
    if (&directory == &base) {
      continue;
    }
    if (is_tiled(directory) && is_picture(file, directory) && is_reduced(whole, size_of(file, directory))) {
      levels.push_back(&directory);
    } else {
      facts.properties.emplace_back("left out", directory_summary(file, directory));
    }
  }
  return TiffSlide::open(file, std::move(facts), levels);
}

// Vendors whose layout needs a reader of its own, told by what one tag of any directory holds.
struct Vendor {
  const char* name;
  std::uint16_t tag;
  const char* needle;  // within the tag's text; nullptr: the tag's presence is enough
};

constexpr Vendor kVendors[] = {
    {"Hamamatsu NDPI", tiff::kNdpiFlag, nullptr},
    {"Philips TIFF", tiff::kImageDescription, "DPUfsImport"},
    {"Leica SCN", tiff::kImageDescription, "leica-microsystems.com/scn"},
    {"Ventana BIF", tiff::kXmp, "iScan"},
    {"Trestle", tiff::kSoftware, "MedScan"},
    {"PerkinElmer QPTIFF", tiff::kImageDescription, "PerkinElmer-QPI"},
};

const Vendor* vendor_of(const TiffFile& file) {
  for (const TiffDirectory& directory : file.directories()) {
    for (const Vendor& vendor : kVendors) {
      const auto text =
          directory.has(vendor.tag) ? file.text(directory, vendor.tag) : Result<std::string>(std::string());
      if (directory.has(vendor.tag) &&
          (vendor.needle == nullptr || (text.ok() && text->find(vendor.needle) != std::string::npos))) {
        return &vendor;
      }
    }
  }
  return nullptr;
}

bool detect_other(const TiffFile& file) {
  return vendor_of(file) != nullptr;
}

Result<std::unique_ptr<SlideSource>> open_other(const TiffFile& file) {
  return Status(Code::Unsupported, file.name() + ", " + directory_summary(file, file.directories().front()) + ": " +
                                       vendor_of(file)->name + " files cannot be converted yet");
}

}  // namespace

const Format kNotYetRead{"vendors not read yet", detect_other, open_other};
const Format kGenericTiff{"pyramidal TIFF", detect, open};

}  // namespace tessera::slide
