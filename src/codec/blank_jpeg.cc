#include "codec/blank_jpeg.h"

#include <algorithm>

namespace tessera::codec {

namespace {

constexpr int kWhiteDc = 127;    // (255 - 128) x 8 samples / quantizer 8
constexpr int kWhiteDcBits = 7;  // the category of 127 (T.81 F.1.2.1)

void segment(std::string& out, std::uint8_t marker, const std::string& payload) {
  const std::size_t length = payload.size() + 2;
  out += {'\xFF', static_cast<char>(marker), static_cast<char>(length >> 8), static_cast<char>(length & 255)};
  out += payload;
}

// Codes of one bit and two: "0" the first symbol, "10" the second. T.81 forbids a code of ones only.
std::string huffman_table(char class_and_id, const std::string& symbols) {
  std::string table(1, class_and_id);
  table += '\1';
  table += static_cast<char>(symbols.size() - 1);
  table.append(14, '\0');
  return table + symbols;
}

class BitWriter {
 public:
  void put(unsigned value, int bits) {
    for (int i = bits - 1; i >= 0; --i) {
      current_ = current_ << 1 | (value >> i & 1);
      if (++filled_ == 8) {
        flush();
      }
    }
  }
  // Pads the last byte with ones (T.81 F.1.2.3).
  std::string finish() {
    while (filled_ != 0) {
      put(1, 1);
    }
    return std::move(out_);
  }

 private:
  void flush() {
    out_ += static_cast<char>(current_);
    if (current_ == 0xFF) {
      out_ += '\0';
    }
    current_ = 0;
    filled_ = 0;
  }
  std::string out_;
  unsigned current_ = 0;
  int filled_ = 0;
};

std::string header(const JpegHead& like, bool rgb) {
  std::string out = "\xFF\xD8";
  if (rgb) {
    segment(out, 0xEE, std::string("Adobe\0\x64\0\0\0\0\0", 12));
  }
  segment(out, 0xDB, std::string(1, '\0') + std::string(64, '\10'));
  std::string frame = {'\10',
                       static_cast<char>(like.height >> 8),
                       static_cast<char>(like.height & 255),
                       static_cast<char>(like.width >> 8),
                       static_cast<char>(like.width & 255),
                       static_cast<char>(like.components.size())};
  std::string scan(1, static_cast<char>(like.components.size()));
  for (const JpegComponent& c : like.components) {
    frame += {static_cast<char>(c.id), static_cast<char>(c.horizontal << 4 | c.vertical), '\0'};
    scan += {static_cast<char>(c.id), '\0'};
  }
  scan += std::string("\0\x3F\0", 3);
  segment(out, 0xC0, frame);
  segment(out, 0xC4, huffman_table('\x00', std::string({'\0', static_cast<char>(kWhiteDcBits)})));
  segment(out, 0xC4, huffman_table('\x10', std::string(1, '\0')));  // AC: end of block only
  segment(out, 0xDA, scan);
  return out;
}

// One block: its DC difference, then end of block.
void put_block(BitWriter& bits, bool jump_to_white) {
  if (jump_to_white) {
    bits.put(0b10, 2);
    bits.put(kWhiteDc, kWhiteDcBits);
  } else {
    bits.put(0, 1);
  }
  bits.put(0, 1);
}

}  // namespace

Result<std::string> blank_jpeg_tile(const JpegHead& like, bool rgb) {
  const std::size_t count = like.components.size();
  if (count != 1 && count != 3) {
    return Status(Code::Unsupported, "a blank tile of " + std::to_string(count) + " components");
  }
  unsigned widest = 1;
  unsigned tallest = 1;
  for (const JpegComponent& c : like.components) {
    widest = std::max<unsigned>(widest, count == 1 ? 1 : c.horizontal);
    tallest = std::max<unsigned>(tallest, count == 1 ? 1 : c.vertical);
  }
  const std::uint64_t units =
      std::uint64_t{(like.width + 8 * widest - 1) / (8 * widest)} * ((like.height + 8 * tallest - 1) / (8 * tallest));
  BitWriter bits;
  for (std::uint64_t unit = 0; unit < units; ++unit) {
    for (std::size_t i = 0; i < count; ++i) {
      const JpegComponent& c = like.components[i];
      const int blocks = count == 1 ? 1 : c.horizontal * c.vertical;  // one component is never interleaved (A.2.2)
      const bool white = i == 0 || rgb;
      for (int block = 0; block < blocks; ++block) {
        put_block(bits, white && unit == 0 && block == 0);
      }
    }
  }
  return header(like, rgb) + bits.finish() + "\xFF\xD9";
}

}  // namespace tessera::codec
