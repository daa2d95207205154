// Renderer: pictures of stored instances, for people's eyes: one frame, or a whole slide at the asked size from the
// level that suits it best. Values become colours as PS3.3 says (windows, palettes), slides are colour-managed.
//
// Nothing grows with the size of a slide: frames are decoded one after the other (in sandbox workers) and shrunk into
// the picture, of which at most kMaxSide² pixels are held. Safe from many threads; everything blocks for as long as the
// decoding takes: hundreds of frames, at worst. A frame that is damaged leaves a gap in a slide, and fails alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "archive/display_facts.h"
#include "archive/pyramid.h"
#include "archive/transcode.h"
#include "catalog/instances.h"
#include "codec/area_scaler.h"
#include "codec/color_table.h"
#include "codec/picture.h"

namespace tessera::archive {

inline constexpr std::uint32_t kMaxSide = 4096;
// The longest side of a picture whose size nobody asked for.
inline constexpr std::uint32_t kOrdinarySide = 2048;

// What a picture is described with: whoever asks for one needs no more of room codec.
using codec::color_space_of;
using codec::ColorSpace;
using codec::media_type;
using codec::PictureFormat;
using codec::Window;
using codec::WindowFunction;

// PS3.18 §8.3.5.1. Sizes are of the picture; the region is in pixels of the frame or of the instance's total pixel
// matrix.
struct Rendering {
  struct Region {
    double column = 0, row = 0;
    std::optional<double> width, height;  // to the edge; negative: mirrored
  };
  std::optional<std::uint32_t> width, height;  // the picture fits into both
  Region region;
  std::optional<Window> window;
  enum class Profile : std::uint8_t { None, Own, Named } profile = Profile::None;
  ColorSpace space = ColorSpace::Srgb;  // of Named
  PictureFormat format = PictureFormat::Jpeg;
  int quality = 90;  // 1 to 100
};

class Renderer {
 public:
  // All borrowed.
  Renderer(Locator& locator, catalog::Instances& instances, Transcoder& transcoder);

  // What an instance looks like: its slide where it is a level of one, else its first frame. InvalidArgument for a
  // region outside, NotFound where there are no pixels; Corrupt and Unsupported as decoding says.
  Result<ByteBuffer> instance(const Shown& shown, const catalog::Visibility& visibility, const Rendering& asked);
  // `number` has passed check_frame.
  Result<ByteBuffer> frame(const Shown& shown, dicom::FrameNumber number, const Rendering& asked);

  Result<Shown> look_at(std::shared_ptr<const Located> located);

 private:
  static constexpr std::size_t kFactsBytes = std::size_t{64} << 20;

  Result<std::vector<Level>> levels_of(const Shown& shown, const catalog::Visibility& visibility);
  Status draw(const Level& level, const PixelRegion& region, const Rendering& asked, codec::AreaScaler& scaler);
  Result<std::shared_ptr<const ByteBuffer>> color_table(ByteView icc, codec::ColorSpace to);
  Result<codec::Picture> decode(const Shown& shown, dicom::FrameNumber number, const Rendering& asked);
  Result<ByteBuffer> finish(codec::Picture picture, const DisplayFacts& facts, const Rendering& asked);

  Locator& locator_;
  catalog::Instances& instances_;
  Transcoder& transcoder_;
  Lru<std::int64_t, std::shared_ptr<const DisplayFacts>> facts_;  // by watermark
  Lru<std::uint64_t, std::shared_ptr<const ByteBuffer>> tables_;  // by profile and space
};

}  // namespace tessera::archive
