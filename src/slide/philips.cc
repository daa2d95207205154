// Philips TIFF: every tiled directory is a level, largest first; what else is known stands in the XML of
// directory 0's description:
//   DataObject[DPUfsImport] := Attribute[Name]*
//   Attribute               := text | Array of DataObject
//   PIM_DP_SCANNED_IMAGES   := DPScannedImage of PIM_DP_IMAGE_TYPE WSI, LABELIMAGE, MACROIMAGE
//   WSI                     := …, PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE: one per level, DICOM_PIXEL_SPACING each
// Lists are quoted: "0.000226891" "0.000226907" is the spacing of rows, then of columns, in mm. Tags 256 and
// 257 of the lower levels are rounded up to whole tiles; how much smaller a level really is, its spacing tells.
// Tiles outside the scanned regions have offset and byte count 0. Label and macro are JPEGs in base64 in the XML,
// or striped directories whose descriptions begin so.
#include <algorithm>
#include <cmath>

#include "slide/associated.h"
#include "slide/base64.h"
#include "slide/datetime.h"
#include "slide/formats.h"
#include "slide/tiff_slide.h"
#include "slide/xml.h"

namespace tessera::slide {

namespace {

constexpr std::string_view kRootType = "DPUfsImport";
constexpr std::size_t kMaxPropertyText = 1024;

struct Spacing {
  double x = 0, y = 0;  // mm per pixel
};

const XmlElement* attribute(const XmlElement& object, std::string_view name) {
  const auto at = std::find_if(object.children.begin(), object.children.end(), [&](const XmlElement& child) {
    return child.name == "Attribute" && child.attribute("Name") == name;
  });
  return at == object.children.end() ? nullptr : &*at;
}

std::string_view value(const XmlElement& object, std::string_view name) {
  const XmlElement* found = attribute(object, name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

// The DataObjects in the Array of an attribute.
std::vector<const XmlElement*> objects_in(const XmlElement& object, std::string_view name) {
  std::vector<const XmlElement*> objects;
  const XmlElement* found = attribute(object, name);
  const XmlElement* array = found == nullptr ? nullptr : found->child("Array");
  for (std::size_t i = 0; array != nullptr && i < array->children.size(); ++i) {
    if (array->children[i].name == "DataObject") {
      objects.push_back(&array->children[i]);
    }
  }
  return objects;
}

// "a" "b" to {a, b}; a value without quotes is the only one.
std::vector<std::string> unquoted(std::string_view text) {
  std::vector<std::string> values;
  std::size_t open = text.find('"');
  if (open == std::string_view::npos && !text.empty()) {
    values.emplace_back(text);
  }
  while (open != std::string_view::npos) {
    const std::size_t close = text.find('"', open + 1);
    if (close == std::string_view::npos) {
      break;
    }
    values.emplace_back(text.substr(open + 1, close - open - 1));
    open = text.find('"', close + 1);
  }
  return values;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& one : values) {
    text += (text.empty() ? "" : " ") + one;
  }
  return text;
}

std::optional<Spacing> spacing_in(std::string_view text) {
  const std::vector<std::string> values = unquoted(text);
  if (values.size() != 2) {
    return std::nullopt;
  }
  const auto rows = number_in(values[0]), columns = number_in(values[1]);
  return rows && columns && *rows > 0 && *columns > 0 ? std::optional(Spacing{*columns, *rows}) : std::nullopt;
}

// DICOM_DERIVATION_DESCRIPTION "tiff-useBigTIFF=1-useRgb=0-levels=40,10002,…": the first number, where it can
// be a magnification (newer files write 10003 and the like there).
std::optional<double> power_in(std::string_view derivation) {
  static constexpr std::string_view kLevels = "-levels=";
  const std::size_t at = derivation.find(kLevels);
  if (at == std::string_view::npos || at > derivation.find("-sourceFilename=")) {
    return std::nullopt;
  }
  const std::string_view list = derivation.substr(at + kLevels.size());
  const auto power = number_in(list.substr(0, list.find_first_of(",-")));
  return power && *power > 0 && *power <= 200 ? power : std::nullopt;
}

struct Description {
  XmlElement root;
  const XmlElement* slide = nullptr;  // the DPScannedImage of type WSI, within root

  // An attribute of the slide, else of the whole.
  std::string_view value_of(std::string_view name) const {
    const std::string_view own = value(*slide, name);
    return own.empty() ? value(root, name) : own;
  }
};

Status wrong(const TiffFile& file, Code code, const std::string& why) {
  return Status(code, file.place(file.directories().front(), tiff::kImageDescription) + ": " + why);
}

Status read_description(const TiffFile& file, Description& description) {
  const TiffDirectory& first = file.directories().front();
  TRY_ASSIGN(const std::string text, file.text(first, tiff::kImageDescription, kMaxXml));
  auto root = parse_xml(text);
  if (!root.ok()) {
    return root.status().while_doing(file.place(first, tiff::kImageDescription));
  }
  description.root = std::move(*root);
  std::size_t slides = 0;
  for (const XmlElement* image : objects_in(description.root, "PIM_DP_SCANNED_IMAGES")) {
    if (value(*image, "PIM_DP_IMAGE_TYPE") == "WSI") {
      description.slide = image;
      ++slides;
    }
  }
  return slides == 1
             ? Status()
             : wrong(file, Code::Unsupported,
                     "has " + std::to_string(slides) + " scanned images of type WSI; only one can be converted");
}

void add_properties(const XmlElement& object, SlideFacts& facts) {
  for (const XmlElement& child : object.children) {
    const std::string_view name = child.attribute("Name");
    if (child.children.empty() && !name.empty() && name != "PIM_DP_IMAGE_DATA" && !child.text.empty() &&
        child.text.size() <= kMaxPropertyText) {
      facts.properties.emplace_back(name, child.text);
    }
  }
}

Result<SlideFacts> read_facts(const TiffFile& file, const Description& description) {
  TRY_ASSIGN(SlideFacts facts, tiff_facts(file, file.directories().front()));
  facts.format = "Philips TIFF";
  facts.rotation = 180;       // the scanner's stage is turned against the slide (wsi-dicom 1d)
  facts.description.clear();  // the XML: images and all
  const auto read = [&](std::string_view name, std::string& into) {
    if (const std::string text = joined(unquoted(description.value_of(name))); !text.empty()) {
      into = text;
    }
  };
  read("DICOM_MANUFACTURER", facts.manufacturer);
  read("DICOM_MANUFACTURERS_MODEL_NAME", facts.model);
  read("DICOM_DEVICE_SERIAL_NUMBER", facts.serial);
  read("DICOM_SOFTWARE_VERSIONS", facts.software);
  const auto moments = unquoted(description.value_of("DICOM_ACQUISITION_DATETIME"));
  if (const std::string at = moments.empty() ? "" : datetime_from_dicom(moments.front()); !at.empty()) {
    facts.acquired = at;
  }
  facts.barcode = base64_text(description.value_of("PIM_DP_UFS_BARCODE"));
  facts.objective_power = power_in(description.value_of("DICOM_DERIVATION_DESCRIPTION"));
  if (const auto spacing = spacing_in(description.value_of("DICOM_PIXEL_SPACING"))) {
    take_spacing(spacing->x, spacing->y, facts);
  }
  add_properties(description.root, facts);
  add_properties(*description.slide, facts);
  return facts;
}

// The spacing of each level, in the order of PIIM_PIXEL_DATA_REPRESENTATION_NUMBER where all have one, else in
// that of the document.
Result<std::vector<Spacing>> level_spacings(const TiffFile& file, const Description& description) {
  auto levels = objects_in(*description.slide, "PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE");
  const auto number = [](const XmlElement* level) {
    return whole_in(value(*level, "PIIM_PIXEL_DATA_REPRESENTATION_NUMBER"));
  };
  if (std::all_of(levels.begin(), levels.end(), [&](const XmlElement* level) { return number(level).has_value(); })) {
    std::stable_sort(levels.begin(), levels.end(), [&](const auto* a, const auto* b) { return number(a) < number(b); });
  }
  std::vector<Spacing> spacings;
  for (const XmlElement* level : levels) {
    const auto spacing = spacing_in(value(*level, "DICOM_PIXEL_SPACING"));
    if (!spacing) {
      return wrong(file, Code::Corrupt, "level " + std::to_string(spacings.size()) + " has no DICOM_PIXEL_SPACING");
    }
    spacings.push_back(*spacing);
  }
  return spacings;
}

// True sizes: directory 0's divided by the whole factor between its spacing and the level's.
Result<std::vector<LevelDirectory>> read_levels(const TiffFile& file, const Description& description) {
  std::vector<LevelDirectory> levels;
  for (const TiffDirectory& directory : file.directories()) {
    if (is_tiled(directory)) {
      levels.push_back({&directory});
    }
  }
  TRY_ASSIGN(const std::vector<Spacing> spacings, level_spacings(file, description));
  if (spacings.size() != levels.size()) {
    return wrong(file, Code::Corrupt,
                 "states the spacing of " + std::to_string(spacings.size()) + " levels, the file has " +
                     std::to_string(levels.size()) + ": their sizes cannot be known");
  }
  TRY_ASSIGN(const std::uint64_t width, file.number(*levels.front().directory, tiff::kImageWidth));
  TRY_ASSIGN(const std::uint64_t height, file.number(*levels.front().directory, tiff::kImageLength));
  for (std::size_t i = 1; i < levels.size(); ++i) {
    const double factor = std::round((spacings[i].x / spacings[0].x + spacings[i].y / spacings[0].y) / 2);
    if (!(factor >= 1) || factor > static_cast<double>(std::min(width, height))) {
      return wrong(file, Code::Corrupt, "the spacing of level " + std::to_string(i) + " is no multiple of level 0's");
    }
    levels[i].width = static_cast<std::uint32_t>(width / static_cast<std::uint64_t>(factor));
    levels[i].height = static_cast<std::uint32_t>(height / static_cast<std::uint64_t>(factor));
  }
  return levels;
}

// Of the striped directories, what each shows stands at the beginning of its description.
std::optional<ImageFlavor> flavor_of(const TiffFile& file, const TiffDirectory& directory) {
  const auto description = file.text(directory, tiff::kImageDescription);
  if (!description.ok() || is_tiled(directory)) {
    return std::nullopt;
  }
  return description->starts_with("Label")   ? std::optional(ImageFlavor::Label)
         : description->starts_with("Macro") ? std::optional(ImageFlavor::Overview)
                                             : std::nullopt;
}

AssociatedImage image_in_xml(const TiffFile& file, std::string_view base64, ImageFlavor flavor) {
  const std::string place =
      file.place(file.directories().front(), tiff::kImageDescription) + ", attribute PIM_DP_IMAGE_DATA";
  auto jpeg = base64_decoded(base64);
  return jpeg ? associated_from_jpeg(std::move(*jpeg), place, flavor)
              : damaged_image(flavor, Status(Code::Corrupt, place + ": is not base64"));
}

// Label and macro, from directories of their own where there are such, else from the XML.
std::vector<AssociatedImage> read_associated(const TiffFile& file, const Description& description, SlideFacts& facts) {
  std::vector<AssociatedImage> images;
  const auto has = [&](ImageFlavor flavor) {
    return std::any_of(images.begin(), images.end(), [&](const auto& made) { return made.image.flavor == flavor; });
  };
  for (const TiffDirectory& directory : file.directories()) {
    const auto flavor = flavor_of(file, directory);
    if (flavor && !has(*flavor)) {
      images.push_back(associated_from_tiff(file, directory, *flavor));
    } else if (!is_tiled(directory)) {
      facts.properties.emplace_back("left out", directory_summary(file, directory));
    }
  }
  for (const XmlElement* image : objects_in(description.root, "PIM_DP_SCANNED_IMAGES")) {
    const std::string_view type = value(*image, "PIM_DP_IMAGE_TYPE");
    const std::string_view data = value(*image, "PIM_DP_IMAGE_DATA");
    const bool label = type == "LABELIMAGE";
    const ImageFlavor flavor = label ? ImageFlavor::Label : ImageFlavor::Overview;
    if ((label || type == "MACROIMAGE") && !data.empty() && !has(flavor)) {
      images.push_back(image_in_xml(file, data, flavor));
    }
  }
  return images;
}

bool detect(const TiffFile& file) {
  const auto description = file.text(file.directories().front(), tiff::kImageDescription);
  return description.ok() && description->find(kRootType) != std::string::npos && is_tiled(file.directories().front());
}

Result<std::unique_ptr<SlideSource>> open(const TiffFile& file) {
  Description description;
  RETURN_IF_ERROR(read_description(file, description));
  TRY_ASSIGN(SlideFacts facts, read_facts(file, description));
  TRY_ASSIGN(const auto levels, read_levels(file, description));
  auto associated = read_associated(file, description, facts);
  return TiffSlide::open(file, std::move(facts), levels, std::move(associated));
}

}  // namespace

const Format kPhilips{"Philips TIFF", detect, open};

}  // namespace tessera::slide
