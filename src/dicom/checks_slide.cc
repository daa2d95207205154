#include "dicom/checks_slide.h"

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "dicom/tags.h"

namespace tessera::dicom {

namespace {

constexpr std::size_t kHeldBytes = 1024;
constexpr std::size_t kMaxAttributes = 4096;
constexpr Tag kZOffset{0x0040074A};
constexpr Tag kOpticalPathIdentificationSequence{0x00480207};

bool is_groups(Tag tag) {
  return tag == tags::kSharedFunctionalGroupsSequence || tag == tags::kPerFrameFunctionalGroupsSequence;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) {
    text.remove_suffix(1);
  }
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  return std::string(text);
}

// The binary numbers of `bytes`; false where the VR has none.
bool binary_numbers(Vr vr, ByteView bytes, std::vector<double>& out) {
  const std::uint8_t unit = vr_row(vr).unit;
  for (std::size_t at = 0; unit > 1 && at + unit <= bytes.size(); at += unit) {
    const std::uint8_t* from = bytes.data() + at;
    switch (vr) {
      case Vr::US:
        out.push_back(load_le16(from));
        break;
      case Vr::SS:
        out.push_back(load_le<std::int16_t>(from));
        break;
      case Vr::UL:
        out.push_back(load_le32(from));
        break;
      case Vr::SL:
        out.push_back(load_le<std::int32_t>(from));
        break;
      case Vr::FL:
        out.push_back(static_cast<double>(load_le<float>(from)));
        break;
      case Vr::FD:
        out.push_back(load_le<double>(from));
        break;
      default:
        return false;
    }
  }
  return unit > 1;
}

}  // namespace

SlideAttributes::Held* SlideAttributes::hold(Tag sequence, Tag tag) {
  const auto found = held_.find({sequence, tag});
  if (found == held_.end() && held_.size() >= kMaxAttributes) {
    return nullptr;
  }
  Held& held = found == held_.end() ? held_[{sequence, tag}] : found->second;
  ++held.times;
  return &held;
}

void SlideAttributes::count_item(Tag sequence, Tag tag) {
  const auto found = held_.find({sequence, tag});
  if (found != held_.end()) {
    ++found->second.items;
  }
}

const SlideAttributes::Held* SlideAttributes::find(Tag sequence, Tag tag) const {
  const auto found = held_.find({sequence, tag});
  return found == held_.end() ? nullptr : &found->second;
}

std::string SlideAttributes::text(Tag sequence, Tag tag) const {
  const Held* held = find(sequence, tag);
  return held ? trimmed(held->bytes) : "";
}

std::vector<std::string> SlideAttributes::texts(Tag sequence, Tag tag) const {
  std::vector<std::string> values;
  const std::string all = text(sequence, tag);
  for (std::size_t at = 0; !all.empty() && at <= all.size();) {
    const std::size_t end = std::min(all.find('\\', at), all.size());
    values.push_back(trimmed(std::string_view(all).substr(at, end - at)));
    at = end + 1;
  }
  return values;
}

std::vector<double> SlideAttributes::numbers(Tag sequence, Tag tag) const {
  std::vector<double> values;
  const Held* held = find(sequence, tag);
  if (!held || binary_numbers(held->vr, as_bytes(held->bytes), values)) {
    return values;
  }
  for (const std::string& one : texts(sequence, tag)) {
    const char* first = one.data() + (one.starts_with('+') ? 1 : 0);
    double value = 0;
    const auto read = std::from_chars(first, one.data() + one.size(), value);
    if (read.ec != std::errc() || read.ptr != one.data() + one.size()) {
      return {};
    }
    values.push_back(value);
  }
  return values;
}

double SlideAttributes::number(Tag tag, double otherwise) const {
  const std::vector<double> values = numbers(Tag(), tag);
  return values.empty() ? otherwise : values.front();
}

std::optional<std::uint64_t> SlideAttributes::offset(Tag sequence, Tag tag) const {
  const Held* held = find(sequence, tag);
  return held ? std::optional(held->offset) : std::nullopt;
}

std::uint64_t SlideCheck::frames() const {
  const double frames = attributes_.number(tags::kNumberOfFrames, 1);
  return frames >= 1 && frames <= 4294967295.0 ? static_cast<std::uint64_t>(frames) : 1;
}

bool SlideCheck::is_slide() const {
  return attributes_.text(Tag(), tags::kSOPClassUID) == kSlideImage;
}

// The sequence an attribute here is kept under; kItem: it is not kept.
Tag SlideCheck::enclosing() const {
  if (open_.empty()) {
    return Tag();
  }
  const bool in_groups = is_groups(open_.front());
  return open_.size() == (in_groups ? 2U : 1U) ? open_.back() : tags::kItem;
}

SlideAttributes::Held* SlideCheck::note(const ElementHeader& header, ByteView value) {
  const Tag sequence = enclosing();
  if (sequence == tags::kItem || header.tag.is_private()) {
    return nullptr;
  }
  SlideAttributes::Held* held = attributes_.hold(sequence, header.tag);
  if (!held) {
    return nullptr;
  }
  held->empties += header.length == 0 ? 1 : 0;
  if (held->times > 1) {
    return nullptr;
  }
  held->bytes = as_text(value.first(std::min(value.size(), kHeldBytes)));
  held->vr = header.vr;
  held->length = header.length;
  held->offset = header.offset;
  return held;
}

void SlideCheck::note_position(const ElementHeader& header, ByteView value) {
  if (open_.size() != 2 || open_.front() != tags::kPerFrameFunctionalGroupsSequence) {
    return;
  }
  if (open_.back() == tags::kPlanePositionSlideSequence && value.size() >= 4) {
    if (header.tag == tags::kColumnPosition) {
      position_.column = load_le<std::int32_t>(value.data());
      position_.has_column = true;
      position_.offset = header.offset;
    } else if (header.tag == tags::kRowPosition) {
      position_.row = load_le<std::int32_t>(value.data());
      position_.has_row = true;
    }
  }
  if (header.tag == kZOffset ||
      (open_.back() == kOpticalPathIdentificationSequence && header.tag == tags::kOpticalPathIdentifier)) {
    position_.layer += as_text(value.first(std::min<std::size_t>(value.size(), 64)));
    position_.layer += '\\';
  }
}

Status SlideCheck::on_value(const ElementHeader& header, ByteView value) {
  note(header, value);
  note_position(header, value);
  return {};
}

Status SlideCheck::on_large_value_begin(const ElementHeader& header) {
  growing_ = note(header, {});
  return {};
}

Status SlideCheck::on_large_value_chunk(const ElementHeader&, ByteView part) {
  if (growing_ && growing_->bytes.size() < kHeldBytes) {
    growing_->bytes += as_text(part.first(std::min(part.size(), kHeldBytes - growing_->bytes.size())));
  }
  return {};
}

Status SlideCheck::on_sequence_begin(const ElementHeader& header) {
  note(header, {});
  open_.push_back(header.tag);
  return {};
}

Status SlideCheck::on_item_begin() {
  const Tag sequence = open_.back();
  open_.pop_back();
  const Tag parent = enclosing();
  open_.push_back(sequence);
  if (parent != tags::kItem) {
    attributes_.count_item(parent, sequence);
  }
  if (open_.size() == 1) {
    position_ = {};
  }
  return {};
}

Status SlideCheck::on_item_end() {
  if (open_.size() == 1 && open_.front() == tags::kPerFrameFunctionalGroupsSequence) {
    end_frame();
  }
  return {};
}

Status SlideCheck::on_sequence_end() {
  open_.pop_back();
  return {};
}

// Per-frame groups come after the matrix (5200 after 0048), so each position can be judged at once.
void SlideCheck::end_frame() {
  const std::uint64_t frame = placed_ + unplaced_ + 1;
  if (!position_.has_column || !position_.has_row) {
    ++unplaced_;
    return;
  }
  ++placed_;
  const double columns = attributes_.number(tags::kTotalPixelMatrixColumns, 0);
  const double rows = attributes_.number(tags::kTotalPixelMatrixRows, 0);
  const auto inside = [](std::int64_t at, double size) { return at >= 1 && static_cast<double>(at) <= size; };
  if (columns > 0 && rows > 0 && !(inside(position_.column, columns) && inside(position_.row, rows))) {
    positions_.add(Rule::PositionOutside, tags::kColumnPosition, position_.offset,
                   "frame " + std::to_string(frame) + " lies at column " + std::to_string(position_.column) + ", row " +
                       std::to_string(position_.row) + " of a matrix of " +
                       std::to_string(static_cast<std::uint64_t>(columns)) + " x " +
                       std::to_string(static_cast<std::uint64_t>(rows)));
  }
  if (seen_.size() < kComparedPositions) {
    const std::string key =
        std::to_string(position_.column) + "," + std::to_string(position_.row) + "," + position_.layer;
    seen_.emplace_back(xxh3_of(as_bytes(key)), static_cast<std::uint32_t>(frame));
  }
}

void SlideCheck::check_doubles() {
  std::sort(seen_.begin(), seen_.end());
  for (std::size_t i = 1; i < seen_.size(); ++i) {
    if (seen_[i].first == seen_[i - 1].first) {
      findings_.add(Rule::PositionTwice, tags::kColumnPosition, std::nullopt,
                    "frames " + std::to_string(seen_[i - 1].second) + " and " + std::to_string(seen_[i].second) +
                        " have the same place, depth and optical path");
    }
  }
}

void SlideCheck::finish() {
  findings_.add_all(positions_);
  check_doubles();
  const bool full = attributes_.text(Tag(), tags::kDimensionOrganizationType) == "TILED_FULL";
  if (!full && placed_ != frames() && frames() > 1) {
    findings_.add(Rule::Positions, tags::kPerFrameFunctionalGroupsSequence,
                  attributes_.offset(Tag(), tags::kPerFrameFunctionalGroupsSequence),
                  std::to_string(placed_) + " of " + std::to_string(frames()) + " frames have a position");
  }
  check_slide_attributes(attributes_, frames(), findings_);
}

}  // namespace tessera::dicom
