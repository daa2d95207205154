// Leica SCN: a BigTIFF whose directory 0 describes the whole file in XML (scn/2010/03/10 and scn/2010/10/01):
//   scn > collection (sizeX, sizeY: the slide, nm) > barcode, image*
//   image > creationDate, device (model, version), pixels > dimension*, view (sizeX, sizeY, offsetX, offsetY: nm),
//           scanSettings > objectiveSettings > objective, illuminationSettings > illuminationSource
//   dimension := ifd (of the main chain), sizeX, sizeY, r (resolution), z (focal plane), c (channel)
// The image whose view is the whole collection is the overview; every other one is a scanned region, and its
// dimensions are the levels.
#include <algorithm>
#include <set>

#include "slide/associated.h"
#include "slide/base64.h"
#include "slide/datetime.h"
#include "slide/formats.h"
#include "slide/pyramid.h"
#include "slide/tiff_slide.h"
#include "slide/xml.h"

namespace tessera::slide {

namespace {

constexpr std::string_view kNamespace = "http://www.leica-microsystems.com/scn/";

struct Collection {
  XmlElement root;
  const XmlElement* whole = nullptr;  // the collection element, within root
  const XmlElement* overview = nullptr;
  std::vector<const XmlElement*> regions;
};

Status wrong(const TiffFile& file, Code code, const std::string& why) {
  return Status(code, file.place(file.directories().front(), tiff::kImageDescription) + ": " + why);
}

std::string_view view_value(const XmlElement& image, std::string_view name) {
  const XmlElement* view = image.child("view");
  return view == nullptr ? std::string_view() : view->attribute(name);
}

bool covers(const XmlElement& image, const XmlElement& whole) {
  const auto zero = [&](std::string_view name) { return whole_in(view_value(image, name)).value_or(1) == 0; };
  const auto same = [&](std::string_view name) {
    const auto size = whole_in(whole.attribute(name));
    return size.has_value() && whole_in(view_value(image, name)) == size;
  };
  return zero("offsetX") && zero("offsetY") && same("sizeX") && same("sizeY");
}

Status read_collection(const TiffFile& file, Collection& collection) {
  const TiffDirectory& first = file.directories().front();
  TRY_ASSIGN(const std::string text, file.text(first, tiff::kImageDescription, kMaxXml));
  auto root = parse_xml(text);
  if (!root.ok()) {
    return root.status().while_doing(file.place(first, tiff::kImageDescription));
  }
  collection.root = std::move(*root);
  collection.whole = collection.root.child("collection");
  if (collection.whole == nullptr) {
    return wrong(file, Code::Corrupt, "has no collection");
  }
  for (const XmlElement& image : collection.whole->children) {
    if (image.name == "image") {
      if (covers(image, *collection.whole) && collection.overview == nullptr) {
        collection.overview = &image;
      } else {
        collection.regions.push_back(&image);
      }
    }
  }
  return {};
}

// How many different values an attribute of the dimensions has: focal planes by "z", channels by "c".
std::size_t count_of(const XmlElement& image, std::string_view attribute) {
  std::set<std::string_view> values;
  const XmlElement* pixels = image.child("pixels");
  for (std::size_t i = 0; pixels != nullptr && i < pixels->children.size(); ++i) {
    const std::string_view value = pixels->children[i].attribute(attribute);
    values.insert(value.empty() ? "0" : value);
  }
  return values.size();
}

// One region, in one focal plane and in colour, is what a pyramid can hold; anything else says how many there are.
Status check_convertible(const TiffFile& file, const Collection& collection) {
  if (collection.regions.size() != 1) {
    return wrong(file, Code::Unsupported,
                 "holds " + std::to_string(collection.regions.size()) +
                     " scanned regions; only a slide of one region can be converted");
  }
  const XmlElement& region = *collection.regions.front();
  if (const std::size_t planes = count_of(region, "z"); planes > 1) {
    return wrong(file, Code::Unsupported,
                 "the scanned region has " + std::to_string(planes) + " focal planes; only one can be converted");
  }
  const std::string_view light = region.text_at({"scanSettings", "illuminationSettings", "illuminationSource"});
  if (const std::size_t channels = count_of(region, "c"); channels > 1 || light == "fluorescence") {
    return wrong(file, Code::Unsupported,
                 "the scanned region is fluorescence of " + std::to_string(channels) +
                     (channels == 1 ? " channel" : " channels") + "; only brightfield can be converted");
  }
  return {};
}

// The directories of an image, largest first.
Result<std::vector<LevelDirectory>> directories_of(const TiffFile& file, const XmlElement& image) {
  std::vector<LevelDirectory> levels;
  const XmlElement* pixels = image.child("pixels");
  for (std::size_t i = 0; pixels != nullptr && i < pixels->children.size(); ++i) {
    const XmlElement& dimension = pixels->children[i];
    if (dimension.name != "dimension") {
      continue;
    }
    const auto ordinal = whole_in(dimension.attribute("ifd"));
    const TiffDirectory* directory = ordinal ? file.main_directory(*ordinal) : nullptr;
    if (directory == nullptr) {
      return wrong(file, Code::Corrupt,
                   "refers to directory '" + std::string(dimension.attribute("ifd")) + "', which the file has not");
    }
    levels.push_back({directory});
  }
  std::stable_sort(levels.begin(), levels.end(), [&](const LevelDirectory& a, const LevelDirectory& b) {
    return size_of(file, *a.directory).width > size_of(file, *b.directory).width;
  });
  if (levels.empty()) {
    return wrong(file, Code::Corrupt, "the image '" + std::string(image.attribute("name")) + "' has no dimensions");
  }
  return levels;
}

// mm per pixel along one side: the view's size in nanometres over the pixels of the largest level.
std::optional<double> spacing_of(const TiffFile& file, const XmlElement& image, const TiffDirectory& base,
                                 std::string_view side, std::uint16_t tag) {
  const auto nanometres = number_in(view_value(image, side));
  const auto pixels = file.number(base, tag);
  return nanometres && *nanometres > 0 && pixels.ok() && *pixels > 0
             ? std::optional(*nanometres / 1e6 / static_cast<double>(*pixels))
             : std::nullopt;
}

Result<SlideFacts> read_facts(const TiffFile& file, const Collection& collection, const TiffDirectory& base) {
  TRY_ASSIGN(SlideFacts facts, tiff_facts(file, base));
  const XmlElement& region = *collection.regions.front();
  facts.format = "Leica SCN";
  facts.description.clear();  // the XML, where the first directory is the base
  facts.manufacturer = facts.manufacturer.empty() ? "Leica Microsystems" : facts.manufacturer;
  if (const XmlElement* device = region.child("device")) {
    facts.model = device->attribute("model");
    facts.software = device->attribute("version");
  }
  if (const std::string at = datetime_from_iso(region.text_at({"creationDate"})); !at.empty()) {
    facts.acquired = at;
  }
  facts.objective_power = number_in(region.text_at({"scanSettings", "objectiveSettings", "objective"}));
  const XmlElement* barcode = collection.whole->child("barcode");
  facts.barcode = barcode != nullptr ? base64_text(barcode->text) : collection.whole->attribute("barcode");
  take_spacing(spacing_of(file, region, base, "sizeX", tiff::kImageWidth),
               spacing_of(file, region, base, "sizeY", tiff::kImageLength), facts);
  const auto note = [&](const std::string& key, std::string_view value) {
    if (!value.empty()) {
      facts.properties.emplace_back(key, value);
    }
  };
  for (const std::string name : {"offsetX", "offsetY", "sizeX", "sizeY"}) {
    note("view " + name + " (nm)", view_value(region, name));
  }
  note("numerical aperture", region.text_at({"scanSettings", "illuminationSettings", "numericalAperture"}));
  return facts;
}

// The overview shows the whole slide, so its spacing is known: its largest directory.
std::vector<AssociatedImage> read_overview(const TiffFile& file, const Collection& collection) {
  if (collection.overview == nullptr) {
    return {};
  }
  const auto directories = directories_of(file, *collection.overview);
  std::vector<AssociatedImage> images;
  if (!directories.ok()) {
    images.push_back(damaged_image(ImageFlavor::Overview, directories.status()));
    return images;
  }
  const TiffDirectory& largest = *directories->front().directory;
  images.push_back(associated_from_tiff(file, largest, ImageFlavor::Overview));
  Image& overview = images.back().image;
  overview.mm_per_pixel_x = spacing_of(file, *collection.overview, largest, "sizeX", tiff::kImageWidth);
  overview.mm_per_pixel_y = spacing_of(file, *collection.overview, largest, "sizeY", tiff::kImageLength);
  return images;
}

bool detect(const TiffFile& file) {
  const auto description = file.text(file.directories().front(), tiff::kImageDescription);
  return description.ok() && description->find(kNamespace) != std::string::npos;
}

Result<std::unique_ptr<SlideSource>> open(const TiffFile& file) {
  Collection collection;
  RETURN_IF_ERROR(read_collection(file, collection));
  RETURN_IF_ERROR(check_convertible(file, collection));
  TRY_ASSIGN(const auto levels, directories_of(file, *collection.regions.front()));
  TRY_ASSIGN(SlideFacts facts, read_facts(file, collection, *levels.front().directory));
  return TiffSlide::open(file, std::move(facts), levels, read_overview(file, collection));
}

}  // namespace

const Format kLeicaScn{"Leica SCN", detect, open};

}  // namespace tessera::slide
