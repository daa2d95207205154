#include "dicomweb/rendered_query.h"

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "net/field_text.h"
#include "net/media_type.h"
#include "net/uri.h"

namespace tessera::dicomweb {

namespace {

using archive::kMaxSide;
using archive::Rendering;

Status wrong(std::string_view name, std::string_view value, const std::string& rule) {
  return Status(Code::InvalidArgument,
                std::string(name) + ": '" + std::string(value.substr(0, 80)) + "' is not taken; " + rule);
}

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(','), text.size());
    parts.push_back(net::without_blanks(text.substr(0, end)));
    if (end == text.size()) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// A side of the picture; empty leaves it to the other one.
bool read_side(std::string_view text, std::optional<std::uint32_t>& side) {
  if (text.empty()) {
    return true;
  }
  const std::optional<double> value = number(text);
  if (!value || *value < 1 || *value > kMaxSide) {
    return false;
  }
  side = static_cast<std::uint32_t>(std::floor(*value));
  return true;
}

bool read_length(std::string_view text, std::optional<double>& length) {
  if (!text.empty()) {
    length = number(text);
    return length && *length != 0;
  }
  return true;
}

bool read_begin(std::string_view text, double& begin) {
  const std::optional<double> value = text.empty() ? 0.0 : number(text);
  begin = value.value_or(0);
  return value.has_value();
}

Status read_viewport(std::string_view value, bool thumbnail, Rendering& rendering) {
  const std::string rule = thumbnail
                               ? "a thumbnail has viewport=WIDTH,HEIGHT, each 1 to 4096"
                               : "it is WIDTH,HEIGHT (each 1 to 4096) or WIDTH,HEIGHT,X,Y,SOURCEWIDTH,SOURCEHEIGHT";
  const std::vector<std::string_view> parts = split_at_commas(value);
  if (parts.size() != 2 && (thumbnail || parts.size() != 6)) {
    return wrong("viewport", value, rule);
  }
  bool good = read_side(parts[0], rendering.width) && read_side(parts[1], rendering.height) &&
              (rendering.width || rendering.height || parts.size() == 6);
  if (good && parts.size() == 6) {
    Rendering::Region& region = rendering.region;
    good = read_begin(parts[2], region.column) && read_begin(parts[3], region.row) &&
           read_length(parts[4], region.width) && read_length(parts[5], region.height);
  }
  return good ? Status() : wrong("viewport", value, rule);
}

Status read_window(std::string_view value, Rendering& rendering) {
  const std::string rule = "it is CENTER,WIDTH,FUNCTION with a WIDTH of 1 or more, and linear, linear-exact or sigmoid";
  const std::vector<std::string_view> parts = split_at_commas(value);
  archive::Window window;
  const std::optional<double> center = number(parts[0]);
  const std::optional<double> width = parts.size() > 1 ? number(parts[1]) : std::nullopt;
  if (parts.size() > 3 || !center || !width || *width <= 0) {
    return wrong("window", value, rule);
  }
  window.center = *center;
  window.width = *width;
  if (parts.size() == 3) {
    if (net::same_word(parts[2], "linear-exact")) {
      window.function = archive::WindowFunction::LinearExact;
    } else if (net::same_word(parts[2], "sigmoid")) {
      window.function = archive::WindowFunction::Sigmoid;
    } else if (!net::same_word(parts[2], "linear")) {
      return wrong("window", value, rule);
    }
  }
  if (window.function == archive::WindowFunction::Linear && window.width < 1) {
    return wrong("window", value, rule);
  }
  rendering.window = window;
  return {};
}

Status read_profile(std::string_view value, Rendering& rendering) {
  if (net::same_word(value, "no") || net::same_word(value, "yes")) {
    rendering.profile = net::same_word(value, "yes") ? Rendering::Profile::Own : Rendering::Profile::None;
    return {};
  }
  const auto space = archive::color_space_of(value);
  if (!space) {
    return wrong("iccprofile", value, "it is no, yes, srgb, adobergb, rommrgb or displayp3");
  }
  rendering.profile = Rendering::Profile::Named;
  rendering.space = *space;
  return {};
}

Status read_quality(std::string_view value, int& quality) {
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), quality);
  const bool good =
      parsed.ec == std::errc() && parsed.ptr == value.data() + value.size() && quality >= 1 && quality <= 100;
  return good ? Status() : wrong("quality", value, "it is a whole number from 1 to 100");
}

}  // namespace

Result<Rendering> parse_rendered_query(std::string_view query, bool thumbnail, int quality) {
  Rendering asked;
  asked.quality = quality;
  TRY_ASSIGN(const auto parameters, net::parse_query(query));
  std::vector<std::string_view> seen;
  for (const auto& [name, value] : parameters) {
    if (std::find(seen.begin(), seen.end(), name) != seen.end() && name != "accept") {
      return Status(Code::InvalidArgument, name + ": given twice");
    }
    seen.push_back(name);
    if (name == "viewport") {
      RETURN_IF_ERROR(read_viewport(value, thumbnail, asked));
    } else if (name == "quality") {
      RETURN_IF_ERROR(read_quality(value, asked.quality));
    } else if (name == "window" && !thumbnail) {
      RETURN_IF_ERROR(read_window(value, asked));
    } else if (name == "iccprofile" && !thumbnail) {
      RETURN_IF_ERROR(read_profile(value, asked));
    }
  }
  return asked;
}

Result<archive::PictureFormat> negotiate_picture(std::string_view accept) {
  using archive::PictureFormat;
  TRY_ASSIGN(const auto alternatives, net::parse_accept(accept));
  for (const net::MediaType& asked : alternatives) {
    for (const PictureFormat format : {PictureFormat::Jpeg, PictureFormat::Png, PictureFormat::Webp}) {
      if (asked.covers(archive::media_type(format))) {
        return format;
      }
    }
  }
  return Status(Code::NotAcceptable, "pictures come as image/jpeg, image/png or image/webp");
}

}  // namespace tessera::dicomweb
