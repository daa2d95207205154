#include "codec/jpeg_strips.h"

#include <algorithm>

#include "codec/jpeg_segments.h"

namespace tessera::codec {

namespace {

using enum jpeg::Marker;

constexpr std::uint32_t kLongestSide = 65535;
constexpr std::uint64_t kMaxInterval = 65535;  // of DRI

Status apart(const std::string& why) {
  return Status(Code::Unsupported, why);
}

std::string marker(std::uint8_t code) {
  return {'\xFF', static_cast<char>(code)};
}

std::string be16(std::uint64_t value) {
  return {static_cast<char>(value >> 8 & 255), static_cast<char>(value & 255)};
}

// One component is never interleaved: its MCU is one block, whatever its sampling factors (T.81 A.2.2).
std::uint32_t blocks(const JpegHead& head, std::uint8_t JpegComponent::*factor) {
  std::uint32_t most = 1;
  for (const JpegComponent& component : head.components) {
    most = std::max<std::uint32_t>(most, head.components.size() == 1 ? 1 : component.*factor);
  }
  return most;
}

std::uint32_t rounded_up(std::uint32_t value, std::uint32_t unit) {
  return (value + unit - 1) / unit;
}

}  // namespace

std::uint32_t JpegStripJoiner::unit_height() const {
  return 8 * blocks(first_, &JpegComponent::vertical);
}

std::uint64_t JpegStripJoiner::units_per_strip() const {
  const std::uint32_t across = rounded_up(shape_.width, 8 * blocks(first_, &JpegComponent::horizontal));
  return std::uint64_t{across} * (shape_.rows_per_strip / unit_height());
}

Result<JpegStripJoiner::Parts> JpegStripJoiner::split(ByteView strip) {
  jpeg::Segments segments(strip);
  RETURN_IF_ERROR(segments.start());
  Parts parts;
  while (true) {
    TRY_ASSIGN(const auto segment, segments.next());
    if (!segment) {
      return jpeg::corrupt(strip.size(), "ends before its first scan");
    }
    const std::string_view bytes = as_text(strip.subspan(segment->begin, segment->end - segment->begin));
    if (segment->marker == kSos) {
      parts.scan_header = bytes;
      parts.scan_begin = segment->end;
      return parts;
    }
    if (segment->marker == kDri) {
      if (segment->payload.size() != 2) {
        return jpeg::corrupt(segment->begin, "a malformed restart interval (DRI)");
      }
      parts.restart_interval = load_be16(segment->payload.data());
      continue;
    }
    if (jpeg::is_sof(segment->marker) && bytes.size() >= 9) {
      parts.height_at = parts.segments.size() + 5;  // FF C0, length, precision
      parts.frame = std::string(bytes.substr(0, 5)) + std::string(bytes.substr(7));
    }
    if (segment->marker == kDqt || segment->marker == kDht) {
      parts.tables += bytes;
    }
    parts.segments += bytes;
  }
}

Result<ByteRange> JpegStripJoiner::add(ByteView strip) {
  TRY_ASSIGN(const std::optional<JpegHead> head, scan_jpeg_head(strip));
  if (!head) {
    return jpeg::corrupt(strip.size(), "ends before its first scan");
  }
  TRY_ASSIGN(Parts parts, split(strip));
  const std::size_t scan_begin = parts.scan_begin;
  if (added_ == 0) {
    first_ = *head;
    first_parts_ = std::move(parts);
    RETURN_IF_ERROR(check_first(first_parts_));
    RETURN_IF_ERROR(check_strip(*head, first_parts_));
  } else {
    RETURN_IF_ERROR(check_strip(*head, parts));
  }
  TRY_ASSIGN(const ByteRange scan, scan_of(strip, scan_begin));
  ++added_;
  return scan;
}

Status JpegStripJoiner::check_first(const Parts& parts) const {
  if (first_.sof != kSof0 || first_.precision != 8) {
    return apart("the strips are not baseline JPEG of 8 bits");
  }
  const auto scanned = static_cast<std::uint8_t>(parts.scan_header[4]);
  if (scanned != first_.components.size()) {
    return apart("the strips have several scans");
  }
  if (shape_.width > kLongestSide || shape_.height > kLongestSide) {
    return apart("one JPEG cannot be as large as the image");
  }
  if (!first_.present.with(tables_.present, first_.needed)) {
    return jpeg::corrupt(0, "it needs tables that neither it nor tag 347 JPEGTables has");
  }
  if (shape_.strips() > 1 && shape_.rows_per_strip % unit_height() != 0) {
    return apart("strips of " + std::to_string(shape_.rows_per_strip) + " rows are not whole MCUs of " +
                 std::to_string(unit_height()));
  }
  if (shape_.strips() > 1 && units_per_strip() > kMaxInterval) {
    return apart("a strip has more MCUs than a restart interval can");
  }
  return {};
}

Status JpegStripJoiner::check_strip(const JpegHead& head, const Parts& parts) const {
  const std::uint32_t rows = std::min(shape_.rows_per_strip, shape_.height - added_ * shape_.rows_per_strip);
  if (head.width != shape_.width || rounded_up(head.height, unit_height()) != rounded_up(rows, unit_height())) {
    return apart("a strip's JPEG is " + std::to_string(head.width) + " x " + std::to_string(head.height) + ", not " +
                 std::to_string(shape_.width) + " x " + std::to_string(rows));
  }
  if (parts.frame != first_parts_.frame || parts.scan_header != first_parts_.scan_header) {
    return apart("the strips' frame or scan headers differ");
  }
  if (parts.tables != first_parts_.tables) {
    return apart("the strips' tables differ");
  }
  if (head.app14_transform != first_.app14_transform || head.jfif != first_.jfif) {
    return apart("the strips state different colours");
  }
  if (shape_.strips() > 1 && parts.restart_interval != 0) {
    return apart("the strips have restart intervals of their own");
  }
  return {};
}

// To the EOI; in between there may be nothing but data, and in a single strip its own restart markers.
Result<ByteRange> JpegStripJoiner::scan_of(ByteView strip, std::size_t begin) const {
  for (std::size_t at = begin; at + 1 < strip.size(); ++at) {
    if (strip[at] != 0xFF) {
      continue;
    }
    const std::uint8_t code = strip[at + 1];
    if (code == kEoi) {
      return ByteRange{begin, at - begin};
    }
    if (code == 0xFF) {
      continue;  // a fill byte
    }
    const bool restart = code >= kRst0 && code <= kRst7;
    if (code != 0 && !(restart && shape_.strips() == 1)) {
      return restart || code == kSos || code == kDht ? apart("the strips have restart markers or several scans")
                                                     : jpeg::corrupt(at, "a marker within the scan");
    }
    ++at;
  }
  return jpeg::corrupt(strip.size(), "ends without EOI (FFD9)");
}

JpegHead JpegStripJoiner::whole() const {
  JpegHead whole = first_;
  if (!whole.app14_transform) {
    whole.app14_transform = tables_.app14_transform;
  }
  return whole;
}

std::string JpegStripJoiner::head(bool rgb) const {
  std::string head = jpeg_prefix(tables_, first_, rgb);
  if (head.empty()) {
    head = marker(kSoi);
  }
  const std::size_t height_at = head.size() + first_parts_.height_at;
  head += first_parts_.segments;
  head.replace(height_at, 2, be16(shape_.height));
  const std::uint64_t interval = shape_.strips() > 1 ? units_per_strip() : first_parts_.restart_interval;
  if (interval != 0) {
    head += marker(kDri) + be16(4) + be16(interval);
  }
  return head + first_parts_.scan_header;
}

std::string JpegStripJoiner::restart(std::uint32_t index) {
  return marker(static_cast<std::uint8_t>(kRst0 + index % 8));
}

}  // namespace tessera::codec
