#include "convert/demo_slide.h"

#include <array>
#include <cstdio>
#include <deque>
#include <future>
#include <memory>
#include <optional>

#include "base/pool.h"
#include "codec/jpeg_encoder.h"
#include "convert/tiff_pyramid_writer.h"
#include "convert/tissue.h"

namespace tessera::convert {

namespace {

using codec::JpegEncoder;

constexpr unsigned kMaxThreads = 256;
constexpr std::uint64_t kMaxSide = std::uint64_t{1} << 31;
constexpr std::uint32_t kMinTile = 64, kMaxTile = 2048;
constexpr double kMinSpacing = 0.05, kMaxSpacing = 5;  // micrometres; beyond, cells are too large or small to draw
// A subtree that one thread makes in one go: a second's work at most, a few megabytes.
constexpr std::uint64_t kSubtreeSide = 2048;

struct TileAt {
  std::size_t level = 0;
  std::uint64_t column = 0, row = 0;
};

// What one thread works with.
struct Tools {
  JpegEncoder encoder;
  StainSquare square;
};

using Pixels = ByteBuffer;  // of one tile, RGB
struct EncodedTile {
  TileAt at;
  ByteBuffer jpeg;
};
struct Subtree {
  std::vector<EncodedTile> tiles;  // in the order they are written
  Pixels root;
};

// What all parts of the work share, unchanging.
struct Plan {
  DemoOptions options;
  std::vector<TiffPyramid::Level> levels;
  std::size_t subtree_level = 0;
  Tissue tissue;

  bool has(const TileAt& at) const { return at.column < levels[at.level].columns && at.row < levels[at.level].rows; }
  std::size_t tile_bytes() const { return std::size_t{3} * options.tile * options.tile; }
  Pixels glass() const { return Pixels(tile_bytes(), 244); }
  Result<JpegEncoder> encoder() const { return JpegEncoder::create({.quality = options.quality}); }
};

// The four tiles under one, in the order they are made.
std::array<TileAt, 4> children_of(const TileAt& at) {
  const std::size_t level = at.level - 1;
  return {{{level, 2 * at.column, 2 * at.row},
           {level, 2 * at.column + 1, 2 * at.row},
           {level, 2 * at.column, 2 * at.row + 1},
           {level, 2 * at.column + 1, 2 * at.row + 1}}};
}

// Puts `child`, halved, into its quarter of `parent`.
void halve_into(const Pixels& child, const TileAt& at, std::uint32_t tile, Pixels& parent) {
  const std::size_t row_bytes = std::size_t{3} * tile;
  const std::size_t left = at.column % 2 * (tile / 2);
  const std::size_t top = at.row % 2 * (tile / 2);
  for (std::size_t y = 0; y < tile / 2; ++y) {
    const std::uint8_t* upper = &child[2 * y * row_bytes];
    const std::uint8_t* lower = upper + row_bytes;
    std::uint8_t* out = &parent[(top + y) * row_bytes + 3 * left];
    for (std::size_t i = 0; i < std::size_t{3} * (tile / 2); ++i) {
      const std::size_t from = i / 3 * 6 + i % 3;
      out[i] = static_cast<std::uint8_t>((upper[from] + upper[from + 3] + lower[from] + lower[from + 3] + 2) / 4);
    }
  }
}

Result<Pixels> draw_subtree(const Plan& plan, const TileAt& at, Tools& tools, std::vector<EncodedTile>& out) {
  Pixels pixels = plan.glass();
  const std::uint32_t tile = plan.options.tile;
  if (at.level == 0) {
    plan.tissue.draw(static_cast<std::int64_t>(at.column * tile), static_cast<std::int64_t>(at.row * tile),
                     tools.square, pixels.data());
  } else {
    for (const TileAt& child : children_of(at)) {
      if (plan.has(child)) {
        TRY_ASSIGN(const Pixels below, draw_subtree(plan, child, tools, out));
        halve_into(below, child, tile, pixels);
      }
    }
  }
  TRY_ASSIGN(ByteBuffer jpeg, tools.encoder.encode({pixels.data(), tile, tile}));
  out.push_back({at, std::move(jpeg)});
  return pixels;
}

Result<Subtree> make_subtree(const Plan& plan, const TileAt& at) {
  TRY_ASSIGN(JpegEncoder encoder, plan.encoder());
  Tools tools{std::move(encoder), StainSquare(plan.options.tile)};
  Subtree subtree;
  TRY_ASSIGN(subtree.root, draw_subtree(plan, at, tools, subtree.tiles));
  return subtree;
}

// The roots of the subtrees, in the tree's order.
class SubtreeRoots {
 public:
  explicit SubtreeRoots(const Plan& plan) : plan_(plan), open_{{plan.levels.size() - 1, 0, 0}} {}

  std::optional<TileAt> next() {
    while (!open_.empty()) {
      const TileAt at = open_.back();
      open_.pop_back();
      if (at.level == plan_.subtree_level) {
        return at;
      }
      const auto children = children_of(at);
      for (auto child = children.rbegin(); child != children.rend(); ++child) {
        if (plan_.has(*child)) {
          open_.push_back(*child);
        }
      }
    }
    return std::nullopt;
  }

 private:
  const Plan& plan_;
  std::vector<TileAt> open_;
};

// Subtrees made ahead by the pool, taken in order; at most `ahead` are in the making or wait.
class SubtreeQueue {
 public:
  SubtreeQueue(const Plan& plan, Pool& pool) : plan_(plan), pool_(pool), roots_(plan) {}

  Result<Subtree> take() {
    while (in_work_.size() < 2 * std::size_t{plan_.options.threads} + 1 && post_one()) {
    }
    std::future<Result<Subtree>> first = std::move(in_work_.front());
    in_work_.pop_front();
    return first.get();
  }

 private:
  bool post_one() {
    const std::optional<TileAt> root = roots_.next();
    if (!root) {
      return false;
    }
    auto task = std::make_shared<std::packaged_task<Result<Subtree>()>>(
        [&plan = plan_, at = *root] { return make_subtree(plan, at); });
    in_work_.push_back(task->get_future());
    pool_.post([task] { (*task)(); });
    return true;
  }

  const Plan& plan_;
  Pool& pool_;
  SubtreeRoots roots_;
  std::deque<std::future<Result<Subtree>>> in_work_;
};

// Writes the tree below `at` and returns its pixels.
Result<Pixels> write_tree(const Plan& plan, const TileAt& at, SubtreeQueue& subtrees, JpegEncoder& encoder,
                          TiffPyramidWriter& writer) {
  if (plan.options.cancelled && plan.options.cancelled()) {
    return Status(Code::Cancelled, "interrupted");
  }
  if (at.level == plan.subtree_level) {
    TRY_ASSIGN(Subtree subtree, subtrees.take());
    for (const EncodedTile& tile : subtree.tiles) {
      RETURN_IF_ERROR(writer.put_tile(tile.at.level, tile.at.column, tile.at.row, tile.jpeg));
    }
    return std::move(subtree.root);
  }
  Pixels pixels = plan.glass();
  for (const TileAt& child : children_of(at)) {
    if (plan.has(child)) {
      TRY_ASSIGN(const Pixels below, write_tree(plan, child, subtrees, encoder, writer));
      halve_into(below, child, plan.options.tile, pixels);
    }
  }
  TRY_ASSIGN(const ByteBuffer jpeg, encoder.encode({pixels.data(), plan.options.tile, plan.options.tile}));
  RETURN_IF_ERROR(writer.put_tile(at.level, at.column, at.row, jpeg));
  return pixels;
}

Status out_of_range(const std::string& option, const std::string& value, const std::string& range) {
  return Status(Code::InvalidArgument, option + " " + value + " is not within " + range);
}

Status check(const DemoOptions& options) {
  for (const std::uint64_t side : {options.width, options.height}) {
    if (side == 0 || side > kMaxSide) {
      return out_of_range("size", std::to_string(options.width) + "x" + std::to_string(options.height),
                          "1 to 2147483648 a side");
    }
  }
  if (options.tile < kMinTile || options.tile > kMaxTile || options.tile % Tissue::kGrid != 0) {
    return out_of_range("tile", std::to_string(options.tile), "64 to 2048, by steps of 16");
  }
  if (!(options.micrometres_per_pixel >= kMinSpacing && options.micrometres_per_pixel <= kMaxSpacing)) {
    return out_of_range("mpp", std::to_string(options.micrometres_per_pixel), "0.05 to 5 micrometres");
  }
  if (options.quality < 1 || options.quality > 100) {
    return out_of_range("quality", std::to_string(options.quality), "1 to 100");
  }
  if (options.threads > kMaxThreads) {
    return out_of_range("threads", std::to_string(options.threads), "1 to " + std::to_string(kMaxThreads));
  }
  return {};
}

TiffPyramid pyramid_of(const DemoOptions& options) {
  char spacing[32];
  std::snprintf(spacing, sizeof spacing, "%.6g", options.micrometres_per_pixel);
  return {.width = options.width,
          .height = options.height,
          .tile = options.tile,
          .micrometres_per_pixel = options.micrometres_per_pixel,
          .description = "Tessera demo slide: synthetic tissue in the colours of H&E, no patient's; seed " +
                         std::to_string(options.seed) + ", " + spacing + " micrometres per pixel"};
}

std::size_t subtree_level(const DemoOptions& options, std::size_t levels) {
  std::size_t level = 0;
  while (level + 1 < levels && (std::uint64_t{options.tile} << (level + 1)) <= kSubtreeSide) {
    ++level;
  }
  return level;
}

}  // namespace

Result<DemoSummary> write_demo_slide(const std::filesystem::path& path, const DemoOptions& options) {
  RETURN_IF_ERROR(check(options));
  const TiffPyramid pyramid = pyramid_of(options);
  Plan plan{.options = options,
            .levels = pyramid.levels(),
            .tissue = Tissue({.width = options.width,
                              .height = options.height,
                              .seed = options.seed,
                              .micrometres_per_pixel = options.micrometres_per_pixel})};
  plan.options.threads = std::max(1U, options.threads);
  plan.subtree_level = subtree_level(options, plan.levels.size());
  TRY_ASSIGN(TiffPyramidWriter writer, TiffPyramidWriter::create(path, pyramid, options.replace));
  TRY_ASSIGN(JpegEncoder encoder, plan.encoder());
  Pool pool("demo", plan.options.threads);
  SubtreeQueue subtrees(plan, pool);
  TRY_ASSIGN([[maybe_unused]] const Pixels top,
             write_tree(plan, {plan.levels.size() - 1, 0, 0}, subtrees, encoder, writer));
  RETURN_IF_ERROR(writer.finish());
  DemoSummary summary{.bytes = writer.bytes(), .levels = plan.levels.size()};
  for (const TiffPyramid::Level& level : plan.levels) {
    summary.tiles += level.columns * level.rows;
  }
  return summary;
}

}  // namespace tessera::convert
