#include "dicom/checks_rules.h"

#include <array>

#include "dicom/dictionary.h"

namespace tessera::dicom {

namespace {

constexpr Severity kError = Severity::Error;
constexpr Severity kWarning = Severity::Warning;

// PS3.10 7, PS3.5 6 to 8 and A.4, PS3.3 A.32.8, C.7.6.3, C.7.6.17, C.8.12; viewers as wsi-dicom §1 and §2 found them.
constexpr std::array kRows = {
    RuleRow{Rule::Unreadable, "unreadable", kError, "no reader gets past this byte"},
    RuleRow{Rule::Preamble, "preamble", kWarning,
            "programs that look at the first bytes take the file for another kind"},
    RuleRow{Rule::MetaMissing, "meta-missing", kError, "PS3.10 7.1 requires it; strict readers refuse the file"},
    RuleRow{Rule::MetaGroupLength, "meta-group-length", kError,
            "readers that trust it start the data set in the middle of an element"},
    RuleRow{Rule::MetaMismatch, "meta-mismatch", kError,
            "archives file the object under one identity and find another in it"},
    RuleRow{Rule::TransferSyntax, "transfer-syntax", kError, "nobody can tell how the rest is encoded"},
    RuleRow{Rule::TagOrder, "tag-order", kError,
            "readers that stop early (dcmtk, libdicom) miss what comes out of order or twice"},
    RuleRow{Rule::OddLength, "odd-length", kError, "PS3.5 7.1 wants even lengths; strict readers refuse the element"},
    RuleRow{Rule::VrMismatch, "vr-mismatch", kWarning, "readers that trust the dictionary read another type of value"},
    RuleRow{Rule::Value, "value", kError, "the value breaks its VR (PS3.5 6.2); validators and databases refuse it"},
    RuleRow{Rule::Characters, "character-set", kError, "each reader guesses: names and descriptions turn into others"},
    RuleRow{Rule::NoPixels, "pixel-data-missing", kError, "an image without pixels shows nothing anywhere"},
    RuleRow{Rule::BasicOffsets, "basic-offset-table", kError,
            "OpenSlide, wsidicom and libdicom seek by it and decode the wrong bytes"},
    RuleRow{Rule::ExtendedOffsets, "extended-offset-table", kError, "readers that seek by it decode the wrong bytes"},
    RuleRow{Rule::ExtendedLengths, "extended-offset-lengths", kError,
            "readers that trust it cut frames short or read past them"},
    RuleRow{Rule::ExtendedLengthsHeader, "extended-offset-lengths-header", kError,
            "every length but the last counts the item header too: a known defect of wsidicom's writer; strict readers "
            "fail or append 8 bytes"},
    RuleRow{Rule::TwoOffsetTables, "two-offset-tables", kError,
            "PS3.5 A.4: the Basic Offset Table is empty where there is an extended one"},
    RuleRow{Rule::Fragments, "fragments", kError,
            "a slide has one fragment a frame: EZ-WSI and the Extended Offset Table need it"},
    RuleRow{Rule::FrameCount, "frame-count", kError,
            "viewers ask for frames that are not there, or never for some that are"},
    RuleRow{Rule::Missing, "attribute-missing", kError,
            "the IOD requires it (PS3.3 A.32.8); dciodvfy and archives refuse the object"},
    RuleRow{Rule::Empty, "attribute-empty", kError,
            "the IOD requires a value (type 1); dciodvfy and archives refuse the object"},
    RuleRow{Rule::Enumerated, "enumerated-value", kError,
            "the IOD knows other values only; dciodvfy and archives refuse the object"},
    RuleRow{Rule::Items, "sequence-items", kError, "the IOD has one item there; readers take one or the other"},
    RuleRow{Rule::ImageType, "image-type", kError,
            "viewers sort volume, label and overview by it; Slim shows the wrong one or none"},
    RuleRow{Rule::FrameType, "frame-type", kError, "it must equal ImageType: readers look at either"},
    RuleRow{Rule::Matrix, "total-pixel-matrix", kError, "without the size of the level no viewer can place a tile"},
    RuleRow{Rule::TileSize, "tile-size", kError,
            "dicom-microscopy-viewer and OpenSlide lay tiles out by Rows and Columns"},
    RuleRow{Rule::TileCount, "tile-count", kError,
            "TILED_FULL places frames by counting: one too few or many shifts every tile after it"},
    RuleRow{Rule::SingleFrame, "single-frame", kError,
            "label, overview and thumbnail are one frame; viewers show its first tile only"},
    RuleRow{Rule::Positions, "positions", kError,
            "without TILED_FULL each frame must say where it lies; viewers cannot place it"},
    RuleRow{Rule::PositionOutside, "position-outside", kError,
            "the frame lies outside the total pixel matrix: viewers drop it or fail"},
    RuleRow{Rule::PositionTwice, "position-twice", kWarning, "two frames at one place: viewers show either"},
    RuleRow{Rule::Orientation, "orientation", kError, "annotations and rulers in slide coordinates land elsewhere"},
    RuleRow{Rule::Spacing, "pixel-spacing", kError, "OpenSlide, QuPath and rulers have no scale"},
    RuleRow{Rule::Volume, "imaged-volume", kWarning,
            "size and spacing disagree: wsidicom and dciodvfy derive another scale"},
    RuleRow{Rule::Depth, "imaged-volume-depth", kError, "dciodvfy refuses a depth of 0 (it is in micrometres)"},
    RuleRow{Rule::OpticalPaths, "optical-paths", kError,
            "viewers make one channel of each item and find another number"},
    RuleRow{Rule::LabelFlag, "label-flag", kError, "de-identification and viewers trust it to keep labels from view"},
    RuleRow{Rule::Photometric, "photometric", kError,
            "OpenSlide and dciodvfy refuse it for this transfer syntax; others show wrong colours"},
    RuleRow{Rule::Planar, "planar-configuration", kError,
            "dciodvfy refuses it, and readers of colour-by-plane take planes for pixels"},
    RuleRow{Rule::Bits, "bits", kError, "decoders size their buffers by these"},
    RuleRow{Rule::Lossy, "lossy", kError, "readers take lossy pixels for original ones"},
    RuleRow{Rule::ColorProfile, "icc-profile", kError,
            "colours are undefined: required for colour (PS3.3 C.8.12.5); Slim and dciodvfy complain"},
    RuleRow{Rule::ProfileClass, "icc-profile-class", kWarning,
            "a slide's is an input profile (PS3.3 C.11.15.1.1); colour engines take it for a monitor's or printer's"},
    RuleRow{Rule::SlideLabel, "slide-label", kError, "the module has both or neither; dciodvfy refuses one alone"},
    RuleRow{Rule::PyramidMember, "pyramid-member", kWarning,
            "a label or overview is no level of a pyramid; viewers may stack it"},
    RuleRow{Rule::SeriesInstance, "series-instance", kError,
            "archives keep one of two files with one SOPInstanceUID, and refuse or drop the other"},
    RuleRow{Rule::SeriesFrameOfReference, "series-frame-of-reference", kError,
            "dicom-microscopy-viewer throws when levels differ; annotations fit one level only"},
    RuleRow{Rule::SeriesContainer, "series-container", kError,
            "viewers group levels by it and show several slides of one level"},
    RuleRow{Rule::SeriesLevels, "series-levels", kError,
            "dicom-microscopy-viewer throws at two levels of one size that are no concatenation"},
    RuleRow{Rule::SeriesShape, "series-shape", kError,
            "the level is no smaller picture of the largest one: tiles and annotations shift between zooms"},
    RuleRow{Rule::SeriesVolume, "series-volume", kWarning,
            "every level shows the same piece of glass: readers that derive scale from it find several"},
};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].rule) != i) {
      return false;
    }
  }
  return true;
}
static_assert(rows_are_in_order());

}  // namespace

const RuleRow& rule_row(Rule rule) {
  return kRows[static_cast<std::size_t>(rule)];
}

std::size_t kept_of(Rule rule) {
  return rule == Rule::Missing || rule == Rule::Empty ? 100 : 5;
}

void Findings::add(Rule rule, Tag tag, std::optional<std::uint64_t> offset, std::string what) {
  counts_.resize(kRows.size());
  if (++counts_[static_cast<std::size_t>(rule)] <= kept_of(rule)) {
    kept_.push_back({rule, tag, offset, std::move(what)});
  }
}

void Findings::add_all(const Findings& other) {
  for (const Finding& finding : other.kept_) {
    add(finding.rule, finding.tag, finding.offset, finding.what);
  }
  for (const RuleRow& row : kRows) {
    const std::uint64_t all = other.count(row.rule);
    if (all > kept_of(row.rule)) {
      counts_[static_cast<std::size_t>(row.rule)] += all - kept_of(row.rule);
    }
  }
}

std::uint64_t Findings::count(Rule rule) const {
  return counts_.empty() ? 0 : counts_[static_cast<std::size_t>(rule)];
}

std::uint64_t Findings::count(Severity severity) const {
  std::uint64_t sum = 0;
  for (const RuleRow& row : kRows) {
    sum += row.severity == severity ? count(row.rule) : 0;
  }
  return sum;
}

std::string name_of(Tag tag) {
  const DictionaryRow* row = find_tag(tag);
  return row ? std::string(row->keyword) : tag.text();
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 64)) {
    shown += c >= ' ' && c <= '~' ? c : '?';
  }
  return shown + (text.size() > 64 ? "…" : "");
}

}  // namespace tessera::dicom
