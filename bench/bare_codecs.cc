// bare_codecs: what the codecs themselves cost, for bench/transcode.py and bench/render.py: the same calls that the
// server makes, in one process, without HTTP, files, sandbox and catalog around them. Prints processor microseconds of
// one turn.
//
//   bare_codecs transcode FROM TO ROWS COLUMNS SAMPLES BITS PHOTOMETRIC TURNS FRAME
//   bare_codecs picture ACROSS TILE WIDTH HEIGHT SIDE TURNS FRAME…          JPEG tiles of a level, row by row
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "codec/area_scaler.h"
#include "codec/codecs.h"
#include "codec/display.h"

namespace {

using namespace tessera;

constexpr std::string_view kJpeg = "1.2.840.10008.1.2.4.50";

template <class Value>
Value require(Result<Value> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "bare_codecs: %s\n", std::string(result.status().message()).c_str());
    std::exit(1);
  }
  return std::move(*result);
}

ByteBuffer read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  return ByteBuffer(bytes.begin(), bytes.end());
}

double processor_micros() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

std::uint32_t number(const char* text) {
  return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

template <class Turn>
void measure(std::uint32_t turns, const Turn& turn) {
  turn();  // warms up
  const double begun = processor_micros();
  for (std::uint32_t i = 0; i < turns; ++i) {
    turn();
  }
  std::printf("%.1f\n", (processor_micros() - begun) / turns);
}

void transcode(char** words) {
  codec::PixelLayout header;
  header.rows = number(words[2]);
  header.columns = number(words[3]);
  header.samples = static_cast<std::uint16_t>(number(words[4]));
  header.bits_stored = static_cast<std::uint16_t>(number(words[5]));
  header.bits_allocated = header.bits_stored > 8 ? 16 : 8;
  header.high_bit = static_cast<std::uint16_t>(header.bits_stored - 1);
  header.photometric = codec::photometric_of(words[6]);
  const ByteBuffer frame = read_file(words[8]);
  measure(number(words[7]), [&] { (void)require(codec::transcode_frame(words[0], words[1], header, {}, frame)); });
}

void picture(char** words, int count) {
  const std::uint32_t across = number(words[0]), tile = number(words[1]);
  const std::uint32_t width = number(words[2]), height = number(words[3]), side = number(words[4]);
  codec::PixelLayout header;
  header.rows = header.columns = tile;
  header.samples = 3;
  header.photometric = codec::Photometric::YbrFull422;
  std::vector<ByteBuffer> tiles;
  for (int i = 6; i < count; ++i) {
    tiles.push_back(read_file(words[i]));
  }
  const double scale = static_cast<double>(side) / std::max(width, height);
  measure(number(words[5]), [&] {
    codec::AreaScaler scaler(width, height, static_cast<std::uint32_t>(width * scale + 0.5),
                             static_cast<std::uint32_t>(height * scale + 0.5), 3, {255, 255, 255});
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      const codec::Pixels pixels = require(codec::decode_frame(kJpeg, header, tiles[i]));
      scaler.add(require(codec::to_picture(pixels, {})), static_cast<std::int64_t>(i % across) * tile,
                 static_cast<std::int64_t>(i / across) * tile);
      if (i % across == across - 1) {
        scaler.end_band(std::min(height, static_cast<std::uint32_t>(i / across + 1) * tile));
      }
    }
    (void)scaler.finish();
  });
}

}  // namespace

int main(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  if (what == "transcode" && count == 11) {
    transcode(words + 2);
  } else if (what == "picture" && count > 8) {
    picture(words + 2, count - 2);
  } else {
    std::fprintf(stderr, "bare_codecs: see its first lines\n");
    return 2;
  }
  return 0;
}
