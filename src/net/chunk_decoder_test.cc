#include "net/chunk_decoder.h"

#include <gtest/gtest.h>

namespace tessera::net {
namespace {

using State = ChunkDecoder::State;

// The decoded bytes, or "bad", or "more"; the same when fed byte by byte.
std::string decode(std::string_view text) {
  const auto run = [text](std::size_t piece) {
    ChunkDecoder decoder;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ByteView bytes = as_bytes(text.substr(at, piece));
      while (!bytes.empty()) {
        ByteView data;
        const State state = decoder.next(bytes, data);
        if (state == State::Bad) {
          return std::string("bad");
        }
        if (state == State::End) {
          return out;
        }
        out += as_text(data);
      }
    }
    return std::string("more");
  };
  EXPECT_EQ(run(1), run(text.size())) << text;
  return run(1);
}

TEST(ChunkDecoder, chunks_with_extensions_and_trailers_are_their_data) {
  EXPECT_EQ(decode("5\r\nhello\r\n0\r\n\r\n"), "hello");
  EXPECT_EQ(decode("00A;name=value\r\n0123456789\r\n1 ; x\r\n!\r\n0\r\nX: y\r\n\r\n"), "0123456789!");
}

TEST(ChunkDecoder, a_trailer_changes_nothing) {
  EXPECT_EQ(decode("1\r\na\r\n0\r\nContent-Length: 500\r\nTransfer-Encoding: x\r\n\r\n"), "a");
}

TEST(ChunkDecoder, what_two_readers_might_read_differently_is_bad) {
  using namespace std::string_literals;
  for (const std::string& body : {"\r\n"s, " 5\r\nhello"s, "+5\r\nhello"s, "-5\r\nhello"s, "0x5\r\nhello"s, "g\r\n"s,
                                  "5\nhello"s, "5\r\nhello\n0"s, "5\r\nhelloX\r\n"s, "5\rhello"s, "5;a\nb\r\n"s,
                                  "5;a\rb\r\n"s, "5;\0\r\n"s, "10000000000000000\r\n"s, "FFFFFFFFFFFFFFFF\r\n"s,
                                  "0000000000000005\r\nhello"s, "0\r\nX\n\r\n"s, "0\r\nX\r\r\n"s, "0\r\n\x01\r\n"s}) {
    EXPECT_EQ(decode(body), "bad") << body;
  }
}

TEST(ChunkDecoder, extensions_and_trailers_have_an_end) {
  EXPECT_EQ(decode("5;" + std::string(9000, 'x') + "\r\nhello\r\n"), "bad");
  EXPECT_EQ(decode("0\r\nX: " + std::string(9000, 'x') + "\r\n"), "bad");
}

}  // namespace
}  // namespace tessera::net
