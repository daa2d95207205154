#include "archive/render.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "codec/area_scaler.h"

namespace tessera::archive {

namespace {

using codec::Picture;

constexpr std::size_t kMaxCandidates = 256;  // instances of a series that are looked at as levels
constexpr std::size_t kTables = 16;          // of half a megabyte each
constexpr std::array<std::uint8_t, 3> kGlass = {255, 255, 255};
constexpr std::array<std::uint8_t, 3> kDark = {0, 0, 0};

// A part of a source and the picture that it becomes.
struct Placement {
  double column = 0, row = 0, width = 0, height = 0;
  bool mirrored = false, upside_down = false;
  std::uint32_t picture_width = 0, picture_height = 0;
};

// One axis of the region: clipped to the source, a negative length turned round.
Status clip(double& begin, std::optional<double> asked, double source, const char* what, double& length, bool& turned) {
  length = asked.value_or(source - begin);
  turned = length < 0;
  length = std::abs(length);
  if (begin < 0) {
    length += begin;
    begin = 0;
  }
  length = std::min(length, source - begin);
  if (!(length > 0)) {
    return Status(Code::InvalidArgument, std::string("viewport: the region lies outside the image, which has ") +
                                             std::to_string(static_cast<std::uint64_t>(source)) + " " + what);
  }
  return {};
}

std::uint32_t side(double length) {
  return static_cast<std::uint32_t>(std::clamp(std::round(length), 1.0, double{kMaxSide}));
}

Result<Placement> place(double columns, double rows, const Rendering& asked, std::uint32_t ordinary) {
  Placement at;
  at.column = asked.region.column;
  at.row = asked.region.row;
  RETURN_IF_ERROR(clip(at.column, asked.region.width, columns, "columns", at.width, at.mirrored));
  RETURN_IF_ERROR(clip(at.row, asked.region.height, rows, "rows", at.height, at.upside_down));
  double scale = std::min(1.0, ordinary / std::max(at.width, at.height));
  if (asked.width || asked.height) {
    const double wide = asked.width ? *asked.width / at.width : INFINITY;
    const double high = asked.height ? *asked.height / at.height : INFINITY;
    scale = std::min(wide, high);
  }
  at.picture_width = side(at.width * scale);
  at.picture_height = side(at.height * scale);
  return at;
}

// The pixels of a level that has `scale` of them for each of the instance's.
PixelRegion pixels_of(const Placement& at, double scale_x, double scale_y, std::uint32_t columns, std::uint32_t rows) {
  const auto begin = [](double from, std::uint32_t last) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(from)), 0, std::int64_t{last} - 1);
  };
  const auto length = [](std::int64_t first, double to, std::uint32_t end) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(to)) - first, 1, end - first));
  };
  PixelRegion region;
  region.column = begin(at.column * scale_x + 1e-6, columns);
  region.row = begin(at.row * scale_y + 1e-6, rows);
  region.width = length(region.column, (at.column + at.width) * scale_x - 1e-6, columns);
  region.height = length(region.row, (at.row + at.height) * scale_y - 1e-6, rows);
  return region;
}

Picture cut(const Picture& picture, std::uint32_t width, std::uint32_t height) {
  Picture part{std::min(width, picture.width), std::min(height, picture.height), picture.channels, {}};
  const std::size_t line = std::size_t{part.width} * part.channels;
  part.bytes.reserve(line * part.height);
  for (std::uint32_t y = 0; y < part.height; ++y) {
    const auto from =
        picture.bytes.begin() + static_cast<std::ptrdiff_t>(std::size_t{y} * picture.width * picture.channels);
    part.bytes.insert(part.bytes.end(), from, from + static_cast<std::ptrdiff_t>(line));
  }
  return part;
}

void turn(Picture& picture, const Placement& at) {
  const std::size_t line = std::size_t{picture.width} * picture.channels;
  for (std::uint32_t y = 0; at.mirrored && y < picture.height; ++y) {
    std::uint8_t* row = picture.bytes.data() + y * line;
    for (std::uint32_t left = 0, right = picture.width - 1; left < right; ++left, --right) {
      std::swap_ranges(row + std::size_t{left} * picture.channels, row + std::size_t{left + 1} * picture.channels,
                       row + std::size_t{right} * picture.channels);
    }
  }
  for (std::uint32_t top = 0, bottom = picture.height - 1; at.upside_down && top < bottom; ++top, --bottom) {
    std::swap_ranges(picture.bytes.begin() + static_cast<std::ptrdiff_t>(top * line),
                     picture.bytes.begin() + static_cast<std::ptrdiff_t>((top + 1) * line),
                     picture.bytes.begin() + static_cast<std::ptrdiff_t>(bottom * line));
  }
}

codec::AreaScaler scaler_for(const PixelRegion& region, const Placement& at, std::uint16_t channels) {
  return codec::AreaScaler(region.width, region.height, std::min(region.width, at.picture_width),
                           std::min(region.height, at.picture_height), channels, channels == 1 ? kDark : kGlass);
}

Picture finish_scaling(codec::AreaScaler& scaler, const Placement& at) {
  Picture picture = scaler.finish();
  if (picture.width < at.picture_width || picture.height < at.picture_height) {
    picture = codec::enlarge(picture, at.picture_width, at.picture_height);
  }
  turn(picture, at);
  return picture;
}

Status no_pixels(const Shown& shown) {
  return Status(Code::NotFound, "instance " + shown.located->row.key.sop + " has no pixels to be shown");
}

}  // namespace

Renderer::Renderer(Locator& locator, catalog::Instances& instances, Transcoder& transcoder)
    : locator_(locator), instances_(instances), transcoder_(transcoder), facts_(kFactsBytes), tables_(kTables) {}

Result<Shown> Renderer::look_at(std::shared_ptr<const Located> located) {
  const std::int64_t watermark = located->row.watermark;
  if (auto held = facts_.get(watermark)) {
    return Shown{std::move(located), std::move(*held)};
  }
  TRY_ASSIGN(DisplayFacts read, read_display_facts(*located));
  auto facts = std::make_shared<const DisplayFacts>(std::move(read));
  facts_.put(watermark, facts, facts->weight());
  return Shown{std::move(located), std::move(facts)};
}

Result<std::vector<Level>> Renderer::levels_of(const Shown& shown, const catalog::Visibility& visibility) {
  std::vector<Level> levels;
  levels.emplace_back(shown);
  const catalog::InstanceRow& own = shown.located->row;
  if (own.flavor != catalog::ImageFlavor::Volume) {
    return levels;
  }
  const catalog::Scope series{own.key.partition, own.key.study, own.key.series, {}};
  TRY_ASSIGN(const std::vector<catalog::InstanceRow> rows, instances_.list(series, visibility));
  std::size_t looked_at = 0;
  for (const catalog::InstanceRow& row : rows) {
    if (row.watermark == own.watermark || row.flavor != own.flavor || row.sop_class != own.sop_class ||
        row.frames == 0 || ++looked_at > kMaxCandidates) {
      continue;
    }
    auto located = locator_.locate({row.key.partition, row.key.study, row.key.series, row.key.sop}, visibility);
    if (!located.ok()) {
      continue;  // deleted meanwhile
    }
    Result<Shown> other = look_at(std::move(*located));
    if (!other.ok() || !same_slide(*shown.facts, *other->facts)) {
      continue;
    }
    const auto level =
        std::find_if(levels.begin(), levels.end(), [&](const Level& have) { return have.takes(*other); });
    if (level != levels.end()) {
      level->add(std::move(*other));
    } else if (other->facts->matrix.columns != shown.facts->matrix.columns) {  // another plane or path of the same size
      levels.emplace_back(std::move(*other));
    }
  }
  return levels;
}

Result<Picture> Renderer::decode(const Shown& shown, dicom::FrameNumber number, const Rendering& asked) {
  TRY_ASSIGN(const codec::Pixels pixels, transcoder_.decode(*shown.located, number));
  codec::DisplayRules rules = shown.facts->rules;
  if (asked.window) {
    rules.window = asked.window;
  }
  return codec::to_picture(pixels, rules);
}

Result<std::shared_ptr<const ByteBuffer>> Renderer::color_table(ByteView icc, codec::ColorSpace to) {
  const std::uint64_t key = xxh3_of(icc) ^ (static_cast<std::uint64_t>(to) + 1);
  if (auto held = tables_.get(key)) {
    return std::move(*held);
  }
  TRY_ASSIGN(ByteBuffer made, transcoder_.sample_profile(icc, to));
  auto table = std::make_shared<const ByteBuffer>(std::move(made));
  tables_.put(key, table, 1);
  return table;
}

// Without a word about colours, a picture is what a browser takes it for: sRGB. A profile that cannot be read leaves
// the colours as they are.
Result<ByteBuffer> Renderer::finish(Picture picture, const DisplayFacts& facts, const Rendering& asked) {
  const ByteView own = !facts.icc.empty() ? ByteView(facts.icc) : ByteView(codec::profile_of(ColorSpace::Srgb));
  if (asked.profile == Rendering::Profile::Own) {
    return codec::encode_picture(picture, asked.format, asked.quality, own);
  }
  const bool is_named = asked.profile == Rendering::Profile::Named;
  const ColorSpace to = is_named ? asked.space : ColorSpace::Srgb;
  if (picture.channels == 3 && (!facts.icc.empty() || to != ColorSpace::Srgb)) {
    const auto table = color_table(own, to);
    if (table.ok()) {
      (void)codec::apply_color_table(picture, **table);
    } else if (table.status().code() != Code::Corrupt && table.status().code() != Code::Unsupported) {
      return table.status();
    }
  }
  return codec::encode_picture(picture, asked.format, asked.quality,
                               is_named ? ByteView(codec::profile_of(to)) : ByteView());
}

Result<ByteBuffer> Renderer::frame(const Shown& shown, dicom::FrameNumber number, const Rendering& asked) {
  TRY_ASSIGN(const Picture whole, decode(shown, number, asked));
  TRY_ASSIGN(const Placement at, place(whole.width, whole.height, asked, kMaxSide));
  const PixelRegion region = pixels_of(at, 1, 1, whole.width, whole.height);
  codec::AreaScaler scaler = scaler_for(region, at, whole.channels);
  scaler.add(whole, -region.column, -region.row);
  return finish(finish_scaling(scaler, at), *shown.facts, asked);
}

// Into the scaler. A tile that is damaged stays blank, unless all are.
Status Renderer::draw(const Level& level, const PixelRegion& region, const Rendering& asked,
                      codec::AreaScaler& scaler) {
  std::size_t drawn = 0;
  Status damage;
  const auto draw_tile = [&](const PlacedTile& tile) -> Status {
    const Result<Picture> block = decode(*tile.part, tile.number, asked);
    if (!block.ok()) {
      const bool is_the_tiles = block.status().code() == Code::Corrupt || block.status().code() == Code::Unsupported ||
                                block.status().code() == Code::TooLarge;
      damage = block.status();
      return is_the_tiles ? Status() : block.status();
    }
    ++drawn;
    const bool overlaps = block->width > tile.width || block->height > tile.height;
    scaler.add(overlaps ? cut(*block, tile.width, tile.height) : *block, tile.column - region.column,
               tile.row - region.row);
    return {};
  };
  RETURN_IF_ERROR(level.each_band(region, [&](const std::vector<PlacedTile>& band) -> Status {
    std::int64_t bottom = region.row;
    for (const PlacedTile& tile : band) {
      bottom = tile.row + tile.height;
      RETURN_IF_ERROR(draw_tile(tile));
    }
    scaler.end_band(static_cast<std::uint32_t>(std::clamp<std::int64_t>(bottom - region.row, 0, region.height)));
    return {};
  }));
  return drawn == 0 ? damage : Status();
}

Result<ByteBuffer> Renderer::instance(const Shown& shown, const catalog::Visibility& visibility,
                                      const Rendering& asked) {
  const DisplayFacts& facts = *shown.facts;
  if (shown.located->row.frames == 0) {
    return no_pixels(shown);
  }
  const bool is_tiled = facts.matrix.is_there() && facts.tile_columns != 0 && facts.tile_rows != 0 &&
                        (facts.matrix.full || !facts.matrix.positions.empty());
  if (!is_tiled) {
    return frame(shown, dicom::FrameNumber{1}, asked);
  }
  TRY_ASSIGN(const Placement at, place(facts.matrix.columns, facts.matrix.rows, asked, kOrdinarySide));
  TRY_ASSIGN(const std::vector<Level> levels, levels_of(shown, visibility));
  const Level& level = best_level(levels, facts.matrix.columns * (at.picture_width / at.width));
  TRY_ASSIGN(const auto header, transcoder_.pixels(*level.front().located));
  const auto channels =
      static_cast<std::uint16_t>(header->layout.samples == 3 || level.front().facts->rules.palette != nullptr ? 3 : 1);
  const PixelRegion region =
      pixels_of(at, static_cast<double>(level.columns()) / facts.matrix.columns,
                static_cast<double>(level.rows()) / facts.matrix.rows, level.columns(), level.rows());
  codec::AreaScaler scaler = scaler_for(region, at, channels);
  RETURN_IF_ERROR(draw(level, region, asked, scaler));
  return finish(finish_scaling(scaler, at), *level.front().facts, asked);
}

}  // namespace tessera::archive
