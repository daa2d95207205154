// The rules of a slide's geometry: the matrix and its tiles, where it lies and how large it is (wsi-dicom §1a, §1b).
#include <algorithm>
#include <cmath>

#include "dicom/checks_slide_view.h"

namespace tessera::dicom {

namespace {

constexpr Tag kTop = SlideView::kTop;

void check_matrix(const SlideView& s) {
  for (const Tag tag : {tags::kTotalPixelMatrixColumns, tags::kTotalPixelMatrixRows}) {
    if (s.attributes.number(tag, 0) < 1) {
      s.tell(Rule::Matrix, tag, name_of(tag) + (s.attributes.has(kTop, tag) ? " is 0" : " is missing"));
    }
  }
  for (const Tag tag : {tags::kRows, tags::kColumns}) {
    if (s.attributes.has(kTop, tag) && s.attributes.number(tag, 0) < 1) {
      s.tell(Rule::TileSize, tag, name_of(tag) + " is 0");
    }
  }
}

void check_tiles(const SlideView& s) {
  const double across = s.attributes.number(tags::kColumns, 0);
  const double down = s.attributes.number(tags::kRows, 0);
  const std::string said = s.attributes.text(kTop, tags::kNumberOfFrames);
  if (s.attributes.has(kTop, tags::kNumberOfFrames) && s.attributes.number(tags::kNumberOfFrames, 0) < 1) {
    s.tell(Rule::FrameCount, tags::kNumberOfFrames, "NumberOfFrames is \"" + printable(said) + "\"");
  }
  if (s.is_single()) {
    if (s.frames != 1) {
      s.tell(Rule::SingleFrame, tags::kNumberOfFrames,
             "a " + s.flavor + " has " + std::to_string(s.frames) + " frames");
    } else if (across > 0 && down > 0 && (across < s.columns() || down < s.rows())) {
      s.tell(Rule::SingleFrame, tags::kColumns,
             "a " + s.flavor + " has one frame of " + shown(across) + " x " + shown(down) + " for a matrix of " +
                 shown(s.columns()) + " x " + shown(s.rows()));
    }
    return;
  }
  // A part of a concatenation has its share of the frames.
  if (!s.is_full() || s.attributes.has(kTop, tags::kConcatenationUID) || across < 1 || down < 1 || s.columns() < 1 ||
      s.rows() < 1) {
    return;
  }
  const double wanted = std::ceil(s.columns() / across) * std::ceil(s.rows() / down) *
                        s.attributes.number(tags::kTotalPixelMatrixFocalPlanes, 1) * s.paths();
  if (static_cast<double>(s.frames) != wanted) {
    s.tell(Rule::TileCount, tags::kNumberOfFrames,
           "NumberOfFrames is " + std::to_string(s.frames) + "; a matrix of " + shown(s.columns()) + " x " +
               shown(s.rows()) + " in tiles of " + shown(across) + " x " + shown(down) + " has " + shown(wanted));
  }
}

void check_orientation(const SlideView& s) {
  if (!s.attributes.has(kTop, tags::kImageOrientationSlide)) {
    return;
  }
  const auto v = s.attributes.numbers(kTop, tags::kImageOrientationSlide);
  if (v.size() != 6) {
    s.tell(Rule::Orientation, tags::kImageOrientationSlide,
           "ImageOrientationSlide has " + std::to_string(v.size()) + " numbers, not 6");
    return;
  }
  constexpr double kTolerance = 1e-3;
  const double row = std::hypot(v[0], v[1], v[2]);
  const double column = std::hypot(v[3], v[4], v[5]);
  const double dot = v[0] * v[3] + v[1] * v[4] + v[2] * v[5];
  // Written so that a NaN does not pass.
  if (!(std::abs(row - 1) < kTolerance && std::abs(column - 1) < kTolerance && std::abs(dot) < kTolerance)) {
    s.tell(Rule::Orientation, tags::kImageOrientationSlide,
           "ImageOrientationSlide is no pair of orthogonal unit vectors: " +
               printable(s.attributes.text(kTop, tags::kImageOrientationSlide)));
  }
}

void check_spacing(const SlideView& s) {
  const Tag sequence = tags::kPixelMeasuresSequence;
  if (s.shows_label() && !s.attributes.has(sequence, tags::kPixelSpacing)) {
    return;  // no scale is known of a photograph
  }
  const auto spacing = s.attributes.numbers(sequence, tags::kPixelSpacing);
  if (spacing.size() != 2 || !(spacing[0] > 0 && spacing[1] > 0)) {
    s.tell(Rule::Spacing, tags::kPixelSpacing,
           "PixelSpacing in PixelMeasuresSequence is " +
               (spacing.empty() ? "missing or no number" : printable(s.attributes.text(sequence, tags::kPixelSpacing))),
           sequence);
  }
  const auto thickness = s.attributes.numbers(sequence, tags::kSliceThickness);
  if (thickness.size() != 1 || !(thickness[0] > 0)) {
    s.tell(Rule::Spacing, tags::kSliceThickness, "SliceThickness in PixelMeasuresSequence is missing or not above 0",
           sequence);
  }
}

void check_volume(const SlideView& s) {
  if (s.attributes.has(kTop, tags::kImagedVolumeDepth) && !(s.attributes.number(tags::kImagedVolumeDepth, 0) > 0)) {
    s.tell(Rule::Depth, tags::kImagedVolumeDepth, "ImagedVolumeDepth is not above 0");
  }
  const auto spacing = s.attributes.numbers(tags::kPixelMeasuresSequence, tags::kPixelSpacing);
  if (s.flavor != "VOLUME" || spacing.size() != 2) {
    return;
  }
  const auto compare = [&](Tag tag, double said, double pixels, double step) {
    const double wanted = pixels * step;
    // 2 percent, or the two pixels that rounding a level's size may cost.
    if (s.attributes.has(kTop, tag) && wanted > 0 && !(std::abs(said - wanted) <= std::max(0.02 * wanted, 2 * step))) {
      s.tell(Rule::Volume, tag,
             name_of(tag) + " is " + shown(said) + " mm; " + shown(pixels) + " pixels of " + shown(step) + " mm are " +
                 shown(wanted));
    }
  };
  compare(tags::kImagedVolumeWidth, s.attributes.number(tags::kImagedVolumeWidth, 0), s.columns(), spacing[1]);
  compare(tags::kImagedVolumeHeight, s.attributes.number(tags::kImagedVolumeHeight, 0), s.rows(), spacing[0]);
}

}  // namespace

void check_geometry(const SlideView& s) {
  check_matrix(s);
  check_tiles(s);
  check_orientation(s);
  check_spacing(s);
  check_volume(s);
}

}  // namespace tessera::dicom
