#include "base/zstd.h"

#include <gtest/gtest.h>
#include <zstd.h>

namespace tessera {
namespace {

std::string unpack(std::string_view packed) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  std::string out;
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t left = 1;
  while (in.pos < in.size) {
    char buffer[10'000];
    ZSTD_outBuffer piece{buffer, sizeof buffer, 0};
    left = ZSTD_decompressStream(context, &piece, &in);
    EXPECT_EQ(ZSTD_isError(left), 0u);
    out.append(buffer, piece.pos);
    if (ZSTD_isError(left) != 0) {
      break;
    }
  }
  EXPECT_EQ(left, 0u) << "the stream has an end";
  ZSTD_freeDCtx(context);
  return out;
}

TEST(Zstd, what_was_packed_in_pieces_of_any_size_comes_out_again) {
  for (const std::size_t piece : {1u, 1000u, 1'000'000u}) {
    std::string text;
    for (int i = 0; text.size() < 100'000; ++i) {
      text += "{\"00080018\":" + std::to_string(i * 7919) + "},";
    }
    ZstdPacker packer;
    std::string packed;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(packer.pack(std::string_view(text).substr(at, piece), false, packed).ok());
    }
    ASSERT_TRUE(packer.pack("", true, packed).ok());
    EXPECT_EQ(unpack(packed), text);
    EXPECT_LT(packed.size(), text.size() / 3);
  }
}

TEST(Zstd, nothing_is_a_stream_too) {
  ZstdPacker packer;
  std::string packed;
  ASSERT_TRUE(packer.pack("", true, packed).ok());
  EXPECT_EQ(unpack(packed), "");
}

}  // namespace
}  // namespace tessera
