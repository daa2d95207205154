#include "archive/display_facts.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "archive/blob_header.h"
#include "dicom/charset.h"
#include "dicom/tags.h"

namespace tessera::archive {

namespace {

namespace tags = dicom::tags;
using dicom::ElementHeader;
using dicom::Tag;

constexpr std::size_t kMaxProfile = std::size_t{16} << 20;
constexpr std::size_t kMaxPalette = std::size_t{256} << 10;
constexpr std::uint64_t kMaxFrames = std::uint64_t{64} << 20;

// A palette as the header gives it (PS3.3 C.7.6.3.1.5, .6): descriptor, then entries, low byte first.
struct PaletteChannel {
  std::uint32_t entries = 0;
  std::int32_t first = 0;
  std::uint16_t bits = 0;
  ByteBuffer data;
};

class FactsSink final : public dicom::TokenSink {
 public:
  Status on_value(const ElementHeader& element, ByteView value) override {
    if (element.depth == 0) {
      note_top(element.tag, value);
    } else if (inside(tags::kPerFrameFunctionalGroupsSequence)) {
      note_of_frame(element.tag, value);
    }
    note_anywhere(element.tag, value);
    return {};
  }
  Status on_large_value_begin(const ElementHeader& element) override {
    large_ = buffer_for(element);
    return {};
  }
  Status on_large_value_chunk(const ElementHeader&, ByteView bytes) override {
    if (large_ != nullptr) {
      large_->insert(large_->end(), bytes.begin(), bytes.end());
    }
    return {};
  }
  Status on_sequence_begin(const ElementHeader& element) override {
    path_.push_back(element.tag);
    return {};
  }
  Status on_sequence_end() override {
    path_.pop_back();
    return {};
  }
  Status on_item_begin() override {
    if (path_.size() == 1 && path_.front() == tags::kPerFrameFunctionalGroupsSequence) {
      if (facts_.matrix.positions.size() >= kMaxFrames) {
        return Status(Code::TooLarge, "more frames than are looked at");
      }
      facts_.matrix.positions.emplace_back();
    }
    return {};
  }

  Result<DisplayFacts> take() {
    if (width_) {
      facts_.rules.window = codec::Window{center_.value_or(0), *width_, function_};
    }
    if (channels_[0].entries != 0) {
      TRY_ASSIGN(facts_.rules.palette, palette());
    }
    if (facts_.matrix.full) {
      facts_.matrix.positions.clear();
    }
    facts_.matrix.positions.shrink_to_fit();
    return std::move(facts_);
  }

 private:
  bool inside(Tag sequence) const { return !path_.empty() && path_.front() == sequence; }

  static std::string text_of(ByteView value) { return dicom::split_values(as_text(value), dicom::Vr::LO).front(); }
  static std::uint32_t u16(ByteView value) { return value.size() < 2 ? 0 : load_le16(value.data()); }
  static std::uint32_t u32(ByteView value) { return value.size() < 4 ? u16(value) : load_le32(value.data()); }
  static std::optional<double> decimal(ByteView value) {
    const std::string text = text_of(value);
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    return end == text.c_str() || !(number > -1e300 && number < 1e300) ? std::nullopt : std::optional(number);
  }

  void note_top(Tag tag, ByteView value) {
    switch (tag.value) {
      case tags::kFrameOfReferenceUID.value:
        facts_.frame_of_reference = text_of(value);
        return;
      case tags::kPyramidUID.value:
        facts_.pyramid = text_of(value);
        return;
      case tags::kConcatenationUID.value:
        facts_.concatenation = text_of(value);
        return;
      case tags::kConcatenationFrameOffsetNumber.value:
        facts_.first_frame = u32(value);
        return;
      case tags::kRows.value:
        facts_.tile_rows = u16(value);
        return;
      case tags::kColumns.value:
        facts_.tile_columns = u16(value);
        return;
      case tags::kTotalPixelMatrixColumns.value:
        facts_.matrix.columns = u32(value);
        return;
      case tags::kTotalPixelMatrixRows.value:
        facts_.matrix.rows = u32(value);
        return;
      case tags::kDimensionOrganizationType.value:
        facts_.matrix.full = text_of(value) == "TILED_FULL";
        return;
      default:
        note_palette(tag, value);
    }
  }

  // The first of them counts: of the whole image, of what all frames share, or of the first frame.
  void note_anywhere(Tag tag, ByteView value) {
    switch (tag.value) {
      case tags::kWindowCenter.value:
        center_ = center_ ? center_ : decimal(value);
        return;
      case tags::kWindowWidth.value:
        width_ = width_ ? width_ : decimal(value);
        return;
      case tags::kVOILUTFunction.value: {
        const std::string name = text_of(value);
        function_ = name == "SIGMOID"        ? codec::WindowFunction::Sigmoid
                    : name == "LINEAR_EXACT" ? codec::WindowFunction::LinearExact
                                             : codec::WindowFunction::Linear;
        return;
      }
      case tags::kRescaleSlope.value:
        if (!slope_seen_) {
          facts_.rules.slope = decimal(value).value_or(1);
          slope_seen_ = true;
        }
        return;
      case tags::kRescaleIntercept.value:
        if (!intercept_seen_) {
          facts_.rules.intercept = decimal(value).value_or(0);
          intercept_seen_ = true;
        }
        return;
      case tags::kICCProfile.value:
        if (facts_.icc.empty()) {
          facts_.icc.assign(value.begin(), value.end());
        }
        return;
      default:
        return;
    }
  }

  void note_of_frame(Tag tag, ByteView value) {
    if (facts_.matrix.positions.empty() || path_.back() != tags::kPlanePositionSlideSequence || value.size() < 4) {
      return;
    }
    const auto place = std::int64_t{static_cast<std::int32_t>(load_le32(value.data()))} - 1;
    if (tag == tags::kColumnPosition) {
      facts_.matrix.positions.back().column = place;
    } else if (tag == tags::kRowPosition) {
      facts_.matrix.positions.back().row = place;
    }
  }

  void note_palette(Tag tag, ByteView value) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      if (tag.value == tags::kRedPaletteColorLookupTableDescriptor.value + i && value.size() >= 6) {
        const std::uint16_t entries = load_le16(value.data());
        channels_[i].entries = entries == 0 ? 65'536u : entries;
        channels_[i].first = static_cast<std::int16_t>(load_le16(value.data() + 2));
        channels_[i].bits = load_le16(value.data() + 4);
      } else if (tag.value == tags::kRedPaletteColorLookupTableData.value + i) {
        channels_[i].data.assign(value.begin(), value.end());
      }
    }
  }

  ByteBuffer* buffer_for(const ElementHeader& element) {
    if (element.tag == tags::kICCProfile && facts_.icc.empty() && element.length <= kMaxProfile) {
      return &facts_.icc;
    }
    for (std::uint32_t i = 0; i < 3; ++i) {
      if (element.depth == 0 && element.tag.value == tags::kRedPaletteColorLookupTableData.value + i &&
          channels_[i].data.empty() && element.length <= kMaxPalette) {
        return &channels_[i].data;
      }
    }
    return nullptr;
  }

  // Entries of 16 bits lose their low ones; those of 8 may lie one a byte, or one a word.
  static Result<ByteBuffer> entries_of(const PaletteChannel& channel) {
    if (channel.bits != 8 && channel.bits != 16) {
      return Status(Code::Corrupt, "its palette has entries of " + std::to_string(channel.bits) + " bits");
    }
    const bool words = channel.data.size() >= std::size_t{channel.entries} * 2;
    if (!words && (channel.bits == 16 || channel.data.size() < channel.entries)) {
      return Status(Code::Corrupt, "its palette is shorter than its descriptor says");
    }
    ByteBuffer entries(channel.entries);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      entries[i] = !words ? channel.data[i] : channel.bits == 16 ? channel.data[2 * i + 1] : channel.data[2 * i];
    }
    return entries;
  }

  Result<std::shared_ptr<const codec::Palette>> palette() const {
    auto made = std::make_shared<codec::Palette>();
    made->first = channels_[0].first;
    TRY_ASSIGN(made->red, entries_of(channels_[0]));
    TRY_ASSIGN(made->green, entries_of(channels_[1]));
    TRY_ASSIGN(made->blue, entries_of(channels_[2]));
    return std::shared_ptr<const codec::Palette>(std::move(made));
  }

  DisplayFacts facts_;
  std::vector<Tag> path_;  // sequences around the present element
  std::array<PaletteChannel, 3> channels_;
  std::optional<double> center_, width_;
  codec::WindowFunction function_ = codec::WindowFunction::Linear;
  bool slope_seen_ = false, intercept_seen_ = false;
  ByteBuffer* large_ = nullptr;
};

}  // namespace

Result<DisplayFacts> read_display_facts(const Located& located) {
  FactsSink sink;
  RETURN_IF_ERROR(read_before(*located.blob, tags::kFloatPixelData, sink)
                      .while_doing("read the header of instance " + located.row.key.sop));
  Result<DisplayFacts> facts = sink.take();
  if (!facts.ok()) {
    return facts.status().while_doing("read the header of instance " + located.row.key.sop);
  }
  facts->study = located.row.key.study;
  facts->rules.full_range = located.row.frames > 1;
  return facts;
}

}  // namespace tessera::archive
