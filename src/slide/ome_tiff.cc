// OME-TIFF: the description of directory 0 is OME-XML (Schemas/OME/*):
//   OME (Creator, UUID) > Instrument*, Image*
//   Image (ID, Name) > AcquisitionDate, InstrumentRef, ObjectiveSettings, Pixels
//   Pixels (SizeX, SizeY, SizeZ, SizeC, SizeT, PhysicalSizeX, PhysicalSizeXUnit, …) > Channel*, TiffData*
//   TiffData (IFD: a directory of the main chain) > UUID (FileName) where the planes may lie in other files
// The largest Image is the slide. Its levels are the SubIFDs of its directory (OME-TIFF 6.0); older writers put
// them into the main chain, as Images of their own or without a word. Images named label, macro, overview or
// thumbnail are pictures beside the slide.
#include <algorithm>
#include <cctype>
#include <set>

#include "slide/associated.h"
#include "slide/datetime.h"
#include "slide/formats.h"
#include "slide/pyramid.h"
#include "slide/tiff_slide.h"
#include "slide/xml.h"

namespace tessera::slide {

namespace {

constexpr std::string_view kNamespace = "openmicroscopy.org/Schemas/OME";

struct OmeImage {
  const XmlElement* element = nullptr;
  const XmlElement* pixels = nullptr;
  const TiffDirectory* directory = nullptr;  // of its first plane
  std::optional<ImageFlavor> beside;         // what a picture beside the slide shows

  std::string name() const {
    const std::string id(element->attribute("ID")), given(element->attribute("Name"));
    return given.empty() ? id : id + " '" + given + "'";
  }
};

Status wrong(const TiffFile& file, Code code, const std::string& why) {
  return Status(code, file.place(file.directories().front(), tiff::kImageDescription) + ": " + why);
}

// The last word of a name says what the picture is: "label image", "CMU-1 - macro"; nothing for a slide's.
std::optional<ImageFlavor> beside_of(std::string_view name) {
  std::vector<std::string> words{""};
  for (const char c : name) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  while (words.size() > 1 && (words.back().empty() || words.back() == "image")) {
    words.pop_back();
  }
  const std::string& last = words.back();
  return last == "label"                         ? std::optional(ImageFlavor::Label)
         : last == "macro" || last == "overview" ? std::optional(ImageFlavor::Overview)
         : last == "thumbnail"                   ? std::optional(ImageFlavor::Thumbnail)
                                                 : std::nullopt;
}

std::uint64_t size_attribute(const XmlElement& pixels, std::string_view name) {
  return whole_in(pixels.attribute(name)).value_or(1);
}

// Channels that are not the samples of one colour image.
std::uint64_t channels_of(const TiffFile& file, const OmeImage& image) {
  const auto stored =
      image.directory == nullptr ? Result<std::uint64_t>(1) : file.number(*image.directory, tiff::kSamplesPerPixel, 1);
  std::uint64_t samples = stored.ok() ? *stored : 1;
  std::uint64_t listed = 0;
  bool says_samples = false;
  for (const XmlElement& child : image.pixels->children) {
    if (child.name == "Channel") {
      const auto said = whole_in(child.attribute("SamplesPerPixel"));
      samples = listed == 0 ? said.value_or(samples) : samples;
      says_samples = says_samples || said.has_value();
      ++listed;
    }
  }
  const std::uint64_t size = size_attribute(*image.pixels, "SizeC");
  if (!says_samples && listed == size && samples == size) {
    return 1;  // red, green and blue, each listed as a channel, in one colour plane
  }
  return listed > 1 ? listed : std::max<std::uint64_t>(1, size / std::max<std::uint64_t>(1, samples));
}

std::uint64_t planes_of(const TiffFile& file, const OmeImage& image) {
  std::uint64_t planes = channels_of(file, image);
  for (const std::string_view name : {"SizeZ", "SizeT"}) {
    const std::uint64_t size = size_attribute(*image.pixels, name);
    planes = size == 0 || planes > 1'000'000 / size ? 1'000'000 : planes * size;
  }
  return planes;
}

// Directories are counted on where no TiffData says one: the Images' planes follow one another.
Result<std::vector<OmeImage>> read_images(const TiffFile& file, const XmlElement& root) {
  std::vector<OmeImage> images;
  std::uint64_t next = 0;
  for (const XmlElement& element : root.children) {
    if (element.name != "Image") {
      continue;
    }
    OmeImage image{&element, element.child("Pixels"), nullptr, beside_of(element.attribute("Name"))};
    if (image.pixels == nullptr) {
      return wrong(file, Code::Corrupt, image.name() + " has no Pixels");
    }
    const XmlElement* data = image.pixels->child("TiffData");
    const auto stated = data == nullptr ? std::nullopt : whole_in(data->attribute("IFD"));
    const std::uint64_t ordinal = stated.value_or(next);
    image.directory = file.main_directory(ordinal);
    if (image.directory == nullptr) {
      return wrong(file, Code::Corrupt,
                   image.name() + " refers to directory " + std::to_string(ordinal) + ", which the file has not");
    }
    next = ordinal + planes_of(file, image);
    images.push_back(std::move(image));
  }
  if (images.empty()) {
    const bool elsewhere = root.child("BinaryOnly") != nullptr;
    return wrong(file, Code::Unsupported,
                 elsewhere ? "refers to '" + std::string(root.child("BinaryOnly")->attribute("MetadataFile")) +
                                 "' for its OME-XML; only files that hold their own can be converted"
                           : "has no Image");
  }
  return images;
}

std::uint64_t area_of(const TiffFile& file, const OmeImage& image) {
  const PixelSize size = size_of(file, *image.directory);
  return size.width >> 32 != 0 || size.height >> 32 != 0 ? 0 : size.width * size.height;
}

// The largest Image that is no picture beside the slide; of a file of only such ones, the largest.
const OmeImage& slide_of(const TiffFile& file, const std::vector<OmeImage>& images) {
  return *std::max_element(images.begin(), images.end(), [&](const OmeImage& a, const OmeImage& b) {
    return std::pair(!a.beside, area_of(file, a)) < std::pair(!b.beside, area_of(file, b));
  });
}

std::string counted(std::uint64_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

// One plane is what a pyramid can hold; anything else says how many there are.
Status check_one_plane(const TiffFile& file, const XmlElement& root, const OmeImage& image) {
  const std::uint64_t channels = channels_of(file, image);
  const std::uint64_t depth = size_attribute(*image.pixels, "SizeZ"), times = size_attribute(*image.pixels, "SizeT");
  if (channels != 1 || depth != 1 || times != 1) {
    return wrong(file, Code::Unsupported,
                 image.name() + " has " + counted(channels, "channel") + ", " + counted(depth, "focal plane") +
                     " and " + counted(times, "time point") + "; only one plane in colour or gray can be converted (" +
                     directory_summary(file, *image.directory) + ")");
  }
  const XmlElement* uuid = image.pixels->at({"TiffData", "UUID"});
  const std::string_view own = root.attribute("UUID");
  if (uuid != nullptr && !own.empty() && uuid->text != own) {
    return wrong(file, Code::Unsupported,
                 image.name() + " lies in another file, '" + std::string(uuid->attribute("FileName")) + "'");
  }
  return {};
}

// Sorts the other Images: levels of the slide, pictures beside it, and what is left out.
struct Sorted {
  std::vector<LevelDirectory> levels;
  std::vector<AssociatedImage> associated;
};

Status sort_images(const TiffFile& file, const std::vector<OmeImage>& images, const OmeImage& slide, Sorted& sorted,
                   SlideFacts& facts) {
  const PixelSize whole = size_of(file, *slide.directory);
  for (const OmeImage& image : images) {
    if (&image == &slide) {
      continue;
    }
    if (image.beside) {
      sorted.associated.push_back(associated_from_tiff(file, *image.directory, *image.beside));
    } else if (is_level_of(whole, file, *image.directory)) {
      sorted.levels.push_back({image.directory});
    } else if (!is_tiled(*image.directory)) {
      facts.properties.emplace_back("left out: " + image.name(), directory_summary(file, *image.directory));
    } else {
      return wrong(file, Code::Unsupported,
                   "holds " + std::to_string(images.size()) + " Images; " + image.name() + " is neither a level of " +
                       slide.name() + " nor its label or macro, and only one slide can be converted");
    }
  }
  return {};
}

// Levels that no Image names: the slide's SubIFDs, and directories of the main chain that are nobody's plane.
void add_unnamed_levels(const TiffFile& file, const std::vector<OmeImage>& images, const OmeImage& slide,
                        Sorted& sorted, SlideFacts& facts) {
  const PixelSize whole = size_of(file, *slide.directory);
  std::set<std::size_t> named;
  for (const OmeImage& image : images) {
    named.insert(image.directory->ordinal);
  }
  for (const TiffDirectory& directory : file.directories()) {
    const bool own = directory.sub && directory.ordinal == slide.directory->ordinal;
    const bool nobodys = !directory.sub && !named.contains(directory.ordinal);
    if ((own || nobodys) && is_level_of(whole, file, directory)) {
      sorted.levels.push_back({&directory});
    } else if (own || nobodys) {
      facts.properties.emplace_back("left out", directory_summary(file, directory));
    }
  }
}

// Millimetres in one of an OME UnitsLength; nothing for those that are no length ("pixel").
std::optional<double> millimetres_in(std::string_view unit) {
  struct Row {
    std::string_view unit;
    double mm;
  };
  static constexpr Row kUnits[] = {{"", 1e-3},          {"\xC2\xB5m", 1e-3},  // U+00B5, the micro sign
                                   {"\xCE\xBCm", 1e-3},                       // U+03BC, the Greek letter
                                   {"um", 1e-3},        {"nm", 1e-6},        {"mm", 1},
                                   {"cm", 10},          {"dm", 100},         {"m", 1000},
                                   {"pm", 1e-9},        {"\xC3\x85", 1e-7},  // angstrom
                                   {"in", 25.4},        {"thou", 0.0254}};
  const auto row = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Row& r) { return r.unit == unit; });
  return row == std::end(kUnits) ? std::nullopt : std::optional(row->mm);
}

std::optional<double> spacing_of(const XmlElement& pixels, const std::string& attribute) {
  const auto size = number_in(pixels.attribute(attribute));
  const auto unit = millimetres_in(trimmed(pixels.attribute(attribute + "Unit")));
  return size && unit && *size > 0 ? std::optional(*size * *unit) : std::nullopt;
}

// The child of that name and ID; nullptr when there is none.
const XmlElement* with_id(const XmlElement& parent, std::string_view name, std::string_view id) {
  const auto at = std::find_if(parent.children.begin(), parent.children.end(), [&](const XmlElement& child) {
    return child.name == name && !id.empty() && child.attribute("ID") == id;
  });
  return at == parent.children.end() ? nullptr : &*at;
}

std::string_view reference(const XmlElement& image, std::string_view name) {
  const XmlElement* found = image.child(name);
  return found == nullptr ? std::string_view() : found->attribute("ID");
}

void read_instrument(const XmlElement& root, const XmlElement& image, SlideFacts& facts) {
  const XmlElement* instrument = with_id(root, "Instrument", reference(image, "InstrumentRef"));
  if (instrument == nullptr) {
    return;
  }
  if (const XmlElement* microscope = instrument->child("Microscope")) {
    for (const auto& [name, into] : {std::pair{"Manufacturer", &facts.manufacturer}, std::pair{"Model", &facts.model},
                                     std::pair{"SerialNumber", &facts.serial}}) {
      if (const std::string_view value = microscope->attribute(name); !value.empty()) {
        *into = value;
      }
    }
  }
  if (const XmlElement* objective = with_id(*instrument, "Objective", reference(image, "ObjectiveSettings"))) {
    facts.objective_power = number_in(objective->attribute("NominalMagnification"));
  }
}

Result<SlideFacts> read_facts(const TiffFile& file, const XmlElement& root, const OmeImage& slide) {
  TRY_ASSIGN(SlideFacts facts, tiff_facts(file, *slide.directory));
  facts.format = "OME-TIFF";
  facts.description.clear();  // the XML
  if (const std::string_view creator = root.attribute("Creator"); !creator.empty()) {
    facts.software = creator;
  }
  if (const std::string at = datetime_from_iso(slide.element->text_at({"AcquisitionDate"})); !at.empty()) {
    facts.acquired = at;
  }
  take_spacing(spacing_of(*slide.pixels, "PhysicalSizeX"), spacing_of(*slide.pixels, "PhysicalSizeY"), facts);
  read_instrument(root, *slide.element, facts);
  if (const std::string_view name = slide.element->attribute("Name"); !name.empty()) {
    facts.properties.emplace_back("Image name", name);
  }
  return facts;
}

bool detect(const TiffFile& file) {
  const auto description = file.text(file.directories().front(), tiff::kImageDescription);
  return description.ok() && description->find("<OME") != std::string::npos &&
         description->find(kNamespace) != std::string::npos;
}

Result<std::unique_ptr<SlideSource>> open(const TiffFile& file) {
  const TiffDirectory& first = file.directories().front();
  TRY_ASSIGN(const std::string text, file.text(first, tiff::kImageDescription, kMaxXml));
  const auto root = parse_xml(text);
  if (!root.ok()) {
    return root.status().while_doing(file.place(first, tiff::kImageDescription));
  }
  TRY_ASSIGN(const std::vector<OmeImage> images, read_images(file, *root));
  const OmeImage& slide = slide_of(file, images);
  RETURN_IF_ERROR(check_one_plane(file, *root, slide));
  TRY_ASSIGN(SlideFacts facts, read_facts(file, *root, slide));
  Sorted sorted{{{slide.directory}}, {}};
  RETURN_IF_ERROR(sort_images(file, images, slide, sorted, facts));
  add_unnamed_levels(file, images, slide, sorted, facts);
  return TiffSlide::open(file, std::move(facts), sorted.levels, std::move(sorted.associated));
}

}  // namespace

const Format kOmeTiff{"OME-TIFF", detect, open};

}  // namespace tessera::slide
