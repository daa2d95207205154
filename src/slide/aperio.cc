// Aperio SVS: a TIFF whose descriptions begin with "Aperio". Directory 0 and every other tiled directory that is a
// smaller picture of it are levels; directory 1 (strips) is a thumbnail, and the striped ones at the end are label and
// macro (the whole slide: an overview). The description of directory 0 is lines of text, then "|Key = value" pairs:
//   Aperio Image Library v11.2.1\r\n46000x32914 [0,100 …] (240x240) JPEG/RGB Q=30|AppMag = 20|MPP =
//   0.4990|Date = 12/29/09|…
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "slide/datetime.h"
#include "slide/formats.h"
#include "slide/pyramid.h"
#include "slide/tiff_slide.h"

namespace tessera::slide {

namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

std::string trimmed(std::string_view text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

Properties parse_properties(std::string_view description) {
  Properties properties;
  std::size_t bar = description.find('|');
  while (bar != std::string_view::npos) {
    const std::size_t next = description.find('|', bar + 1);
    const std::string_view pair = description.substr(bar + 1, next == bar ? 0 : next - bar - 1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos) {
      properties.emplace_back(trimmed(pair.substr(0, equals)), trimmed(pair.substr(equals + 1)));
    }
    bar = next;
  }
  return properties;
}

std::string value_of(const Properties& properties, std::string_view key) {
  const auto at = std::find_if(properties.begin(), properties.end(), [&](const auto& p) { return p.first == key; });
  return at == properties.end() ? std::string() : at->second;
}

// "0.4990" or "0,4990" (scanners set to a comma locale); nothing for what is no positive number.
std::optional<double> number_of(std::string text) {
  std::replace(text.begin(), text.end(), ',', '.');
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  (void)end;
  return error == std::errc() && value > 0 && value < 1e6 ? std::optional(value) : std::nullopt;
}

// "GMT-05:00", "GMT-0500" to "-0500"; empty for anything else.
std::string zone_of(const std::string& text) {
  std::string zone = text.starts_with("GMT") ? text.substr(3) : std::string();
  zone.erase(std::remove(zone.begin(), zone.end(), ':'), zone.end());
  const bool sound = zone.size() == 5 && (zone[0] == '+' || zone[0] == '-') &&
                     zone < (zone[0] == '+' ? "+1401" : "-1201") && zone[3] <= '5' &&
                     std::all_of(zone.begin() + 1, zone.end(), [](unsigned char c) { return std::isdigit(c); });
  return sound ? zone : std::string();
}

// Date "12/29/09" or "12/29/2009", time "09:59:15", zone "GMT-05:00"; empty without a valid date.
std::string acquired_at(const Properties& properties) {
  int month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(value_of(properties, "Date").c_str(), "%2d/%2d/%4d", &month, &day, &year) != 3 ||
      std::min({month, day, year}) < 0) {
    return {};
  }
  year += year < 100 ? 2000 : 0;
  char text[80];
  const int date = std::snprintf(text, sizeof text, "%04d%02d%02d", year, month, day);
  if (std::sscanf(value_of(properties, "Time").c_str(), "%2d:%2d:%2d", &hour, &minute, &second) == 3 &&
      std::min({hour, minute, second}) >= 0) {
    std::snprintf(text + date, sizeof text - static_cast<std::size_t>(date), "%02d%02d%02d", hour, minute, second);
  }
  return datetime_from_dicom(text + zone_of(value_of(properties, "Time Zone")));
}

// First line: "Aperio Image Library v11.2.1", or "Aperio Leica Biosystems GT450 v1.0.1".
void read_maker(const std::string& first_line, const Properties& properties, SlideFacts& facts) {
  facts.software = first_line;
  facts.manufacturer = "Aperio";
  facts.model = value_of(properties, "ScannerType");
  static constexpr std::string_view kLeica = "Aperio Leica Biosystems ";
  if (first_line.starts_with(kLeica)) {
    facts.manufacturer = "Leica Biosystems";
    const std::string rest = first_line.substr(kLeica.size());
    facts.model = rest.substr(0, rest.find(' '));
  }
  facts.serial = value_of(properties, "ScanScope ID");
}

bool detect(const TiffFile& file) {
  const TiffDirectory& first = file.directories().front();
  const auto description = file.text(first, tiff::kImageDescription);
  return description.ok() && description->starts_with("Aperio") && is_tiled(first);
}

// What a directory shows: "label" and "macro" begin the second line of its description; where there is no such
// line (GT450) the subfile type of a striped one tells.
ImageFlavor flavor_of(const TiffFile& file, const TiffDirectory& directory) {
  const auto description = file.text(directory, tiff::kImageDescription);
  const std::string text = description.ok() ? *description : std::string();
  const std::size_t line = text.find('\n');
  const std::string_view second =
      line == std::string::npos ? std::string_view() : std::string_view(text).substr(line + 1);
  const auto subfile = file.number(directory, tiff::kNewSubfileType, 0);
  const bool striped = !is_tiled(directory);
  if (second.starts_with("label") || (striped && second.empty() && subfile.ok() && *subfile == 1)) {
    return ImageFlavor::Label;
  }
  if (second.starts_with("macro") || (striped && subfile.ok() && *subfile == 9)) {
    return ImageFlavor::Overview;
  }
  return striped ? ImageFlavor::Thumbnail : ImageFlavor::Volume;
}

Result<SlideFacts> read_facts(const TiffFile& file, const TiffDirectory& base) {
  TRY_ASSIGN(SlideFacts facts, tiff_facts(file, base));
  facts.format = "Aperio SVS";
  facts.rotation = 180;  // the scanner's stage is turned against the slide (wsi-dicom 1d)
  Properties properties = parse_properties(facts.description);
  read_maker(trimmed(facts.description.substr(0, facts.description.find_first_of("\r\n|;"))), properties, facts);
  if (const auto microns = number_of(value_of(properties, "MPP"))) {
    take_spacing(*microns / 1000, *microns / 1000, facts);
  }
  facts.objective_power = number_of(value_of(properties, "AppMag"));
  facts.barcode = value_of(properties, "Barcode");
  if (const std::string at = acquired_at(properties); !at.empty()) {
    facts.acquired = at;
  }
  facts.properties.insert(facts.properties.end(), properties.begin(), properties.end());
  return facts;
}

Result<std::unique_ptr<SlideSource>> open(const TiffFile& file) {
  TRY_ASSIGN(SlideFacts facts, read_facts(file, file.directories().front()));
  std::vector<const TiffDirectory*> tiled;
  std::vector<AssociatedImage> associated;
  PixelSize whole;
  for (const TiffDirectory& directory : file.directories()) {
    const ImageFlavor flavor = flavor_of(file, directory);
    if (flavor != ImageFlavor::Volume) {
      associated.push_back(associated_from_tiff(file, directory, flavor));
      continue;
    }
    tiled.push_back(&directory);
    whole = std::max(whole, size_of(file, directory), [](const PixelSize& a, const PixelSize& b) {
      return static_cast<double>(a.width) * static_cast<double>(a.height) <
             static_cast<double>(b.width) * static_cast<double>(b.height);
    });
  }
  std::vector<LevelDirectory> levels;
  for (const TiffDirectory* directory : tiled) {
    // A directory whose size is damaged stays: opening it says so.
    if (size_of(file, *directory).width == 0 || is_reduced(whole, size_of(file, *directory))) {
      levels.push_back({directory});
    } else {
      facts.properties.emplace_back("left out", directory_summary(file, *directory));
    }
  }
  return TiffSlide::open(file, std::move(facts), levels, std::move(associated));
}

}  // namespace

const Format kAperio{"Aperio SVS", detect, open};

}  // namespace tessera::slide
