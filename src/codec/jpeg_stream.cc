#include "codec/jpeg_stream.h"

#include <algorithm>
#include <array>

#include "codec/jpeg_segments.h"

namespace tessera::codec {

namespace {

using jpeg::corrupt;
using jpeg::is_sof;
using jpeg::Segment;
using jpeg::Segments;
using enum jpeg::Marker;

// APP14 as Adobe wrote it: version 100, no flags, transform 0 (no colour transform: RGB).
constexpr std::array<std::uint8_t, 16> kRgbApp14 = {0xFF, 0xEE, 0x00, 0x0E, 'A',  'd',  'o',  'b',
                                                    'e',  0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00};

Result<JpegTables> quantization_tables(const Segment& segment) {
  JpegTables tables;
  for (std::size_t at = 0; at < segment.payload.size();) {
    const std::uint8_t head = segment.payload[at];
    const std::size_t length = (head >> 4) != 0 ? 129 : 65;
    if ((head >> 4) > 1 || (head & 15) > 3 || length > segment.payload.size() - at) {
      return corrupt(segment.begin, "a malformed quantization table (DQT)");
    }
    tables.quantization = static_cast<std::uint8_t>(tables.quantization | 1 << (head & 15));
    at += length;
  }
  return tables;
}

Result<JpegTables> huffman_tables(const Segment& segment) {
  JpegTables tables;
  for (std::size_t at = 0; at < segment.payload.size();) {
    const ByteView rest = segment.payload.subspan(at);
    const std::uint8_t head = rest[0];
    std::size_t length = 17;
    for (std::size_t i = 1; i < 17 && rest.size() >= 17; ++i) {
      length += rest[i];
    }
    if ((head >> 4) > 1 || (head & 15) > 3 || length > rest.size()) {
      return corrupt(segment.begin, "a malformed Huffman table (DHT)");
    }
    tables.huffman = static_cast<std::uint8_t>(tables.huffman | 1 << ((head >> 4) * 4 + (head & 15)));
    at += length;
  }
  return tables;
}

Result<JpegTables> tables_of(const Segment& segment) {
  if (segment.marker == kDqt) {
    return quantization_tables(segment);
  }
  return segment.marker == kDht ? huffman_tables(segment) : Result<JpegTables>(JpegTables{});
}

std::optional<std::uint8_t> app14_transform(const Segment& segment) {
  const bool adobe =
      segment.marker == kApp14 && segment.payload.size() >= 12 && as_text(segment.payload.first(5)) == "Adobe";
  return adobe ? std::optional(segment.payload[11]) : std::nullopt;
}

bool is_jfif(const Segment& segment) {
  return segment.marker == kApp0 && segment.payload.size() >= 5 && as_text(segment.payload.first(4)) == "JFIF";
}

void add(JpegTables& to, JpegTables more) {
  to.quantization |= more.quantization;
  to.huffman |= more.huffman;
}

Status read_frame_header(const Segment& segment, JpegHead& head) {
  const ByteView p = segment.payload;
  if (head.sof != 0) {
    return corrupt(segment.begin, "a second frame header (SOF)");
  }
  if (p.size() < 6 || p[5] == 0 || p.size() != 6 + std::size_t{3} * p[5]) {
    return corrupt(segment.begin, "a malformed frame header (SOF)");
  }
  head.sof = segment.marker;
  head.precision = p[0];
  head.height = load_be16(p.data() + 1);
  head.width = load_be16(p.data() + 3);
  for (std::size_t i = 0; i < p[5]; ++i) {
    const std::uint8_t* c = p.data() + 6 + 3 * i;
    const JpegComponent component{c[0], static_cast<std::uint8_t>(c[1] >> 4), static_cast<std::uint8_t>(c[1] & 15),
                                  c[2]};
    if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 || component.vertical > 4 ||
        component.quantization > 3) {
      return corrupt(segment.begin, "a component with impossible sampling or table number");
    }
    head.needed.quantization = static_cast<std::uint8_t>(head.needed.quantization | 1 << component.quantization);
    head.components.push_back(component);
  }
  return {};
}

Status read_scan_header(const Segment& segment, JpegHead& head) {
  const ByteView p = segment.payload;
  if (head.sof == 0) {
    return corrupt(segment.begin, "a scan (SOS) before the frame header (SOF)");
  }
  if (p.empty() || p[0] == 0 || p[0] > 4 || p.size() != 4 + std::size_t{2} * p[0]) {
    return corrupt(segment.begin, "a malformed scan header (SOS)");
  }
  for (std::size_t i = 0; i < p[0]; ++i) {
    const std::uint8_t selectors = p[2 + 2 * i];
    if ((selectors >> 4) > 3 || (selectors & 15) > 3) {
      return corrupt(segment.begin, "a scan with an impossible table number");
    }
    head.needed.huffman =
        static_cast<std::uint8_t>(head.needed.huffman | 1 << (selectors >> 4) | 1 << (4 + (selectors & 15)));
  }
  return {};
}

// Table bits and colour markers, which tiles and tag 347 have in common.
template <class Into>
Status note_segment(const Segment& segment, Into& into) {
  TRY_ASSIGN(const JpegTables tables, tables_of(segment));
  add(into.present, tables);
  if (const auto transform = app14_transform(segment)) {
    into.app14_transform = transform;
  }
  return {};
}

}  // namespace

bool JpegTables::with(JpegTables other, JpegTables wanted) const {
  return (wanted.quantization & ~(quantization | other.quantization)) == 0 &&
         (wanted.huffman & ~(huffman | other.huffman)) == 0;
}

JpegColor JpegHead::stated_color() const {
  if (components.size() == 1) {
    return JpegColor::Gray;
  }
  if (jfif) {
    return JpegColor::YCbCr;
  }
  if (app14_transform) {
    return *app14_transform == 0 ? JpegColor::Rgb : JpegColor::YCbCr;
  }
  const bool letters =
      components.size() == 3 && components[0].id == 'R' && components[1].id == 'G' && components[2].id == 'B';
  return letters ? JpegColor::Rgb : JpegColor::Unstated;
}

Result<std::optional<JpegHead>> scan_jpeg_head(ByteView bytes) {
  Segments segments(bytes);
  RETURN_IF_ERROR(segments.start());
  JpegHead head;
  while (true) {
    TRY_ASSIGN(const std::optional<Segment> segment, segments.next());
    if (!segment) {
      return std::optional<JpegHead>();
    }
    if (segment->marker == kEoi) {
      return corrupt(segment->begin, "ends (EOI) before its first scan");
    }
    if (segment->marker == kSos) {
      RETURN_IF_ERROR(read_scan_header(*segment, head));
      return std::optional(std::move(head));
    }
    if (is_sof(segment->marker)) {
      RETURN_IF_ERROR(read_frame_header(*segment, head));
    }
    head.jfif = head.jfif || is_jfif(*segment);
    RETURN_IF_ERROR(note_segment(*segment, head));
  }
}

Result<JpegTablesStream> scan_jpeg_tables(ByteView bytes) {
  JpegTablesStream tables;
  if (bytes.empty()) {
    return tables;
  }
  Segments segments(bytes);
  RETURN_IF_ERROR(segments.start());
  while (true) {
    TRY_ASSIGN(const std::optional<Segment> segment, segments.next());
    if (!segment) {
      return corrupt(bytes.size(), "tables end without EOI");
    }
    if (segment->marker == kEoi) {
      return tables;
    }
    if (segment->marker == kSos || is_sof(segment->marker)) {
      return corrupt(segment->begin, "tables hold a frame or a scan");
    }
    RETURN_IF_ERROR(note_segment(*segment, tables));
    TRY_ASSIGN(const JpegTables defines, tables_of(*segment));
    tables.segments.push_back({segment->marker, defines, bytes.subspan(segment->begin, segment->end - segment->begin)});
  }
}

std::string jpeg_prefix(const JpegTablesStream& tables, const JpegHead& tile, bool rgb) {
  std::string prefix;
  if (rgb && !tile.app14_transform && tables.app14_transform != 0) {
    prefix += as_text(kRgbApp14);
  }
  for (const auto& segment : tables.segments) {
    const bool table = segment.marker == kDqt || segment.marker == kDht;
    const bool tile_has_it = table && tile.present.with({}, segment.defines);
    // Of APPn and COM in the tables only an APP14 matters to a decoder, and only where the tile has none.
    const bool wanted = table || segment.marker == 0xDD /* DRI */ ||
                        (segment.marker == kApp14 && !tile.app14_transform && (!rgb || tables.app14_transform == 0));
    if (wanted && !tile_has_it) {
      prefix += as_text(segment.bytes);
    }
  }
  return prefix.empty() ? prefix : "\xFF\xD8" + prefix;
}

}  // namespace tessera::codec
