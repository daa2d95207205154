#include "net/content_coding.h"

#include <gtest/gtest.h>

namespace tessera::net {
namespace {

TEST(ContentCoding, gzip_is_used_where_it_is_welcome) {
  for (const char* field :
       {"gzip", "GZIP", "x-gzip", "gzip, deflate, br", "deflate;q=0.9 , gzip;q=0.1", "*", "gzip;q=1", "gzip ; q=0.5",
        "br, *;q=0.2", "identity;q=0, gzip", "identity;q=0.5, gzip;q=0.5", "*;q=0, gzip", "gzip;Q=0.3"}) {
    EXPECT_TRUE(prefers_gzip(field)) << field;
  }
}

TEST(ContentCoding, gzip_is_not_used_where_it_is_refused_or_less_liked) {
  for (const char* field : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "deflate",
                            "gzip;q=0.5, identity", "gzip;q=0.1, identity;q=0.2", "gzipped", "x-gzip;q=0"}) {
    EXPECT_FALSE(prefers_gzip(field)) << field;
  }
}

TEST(ContentCoding, a_malformed_weight_is_no_wish) {
  for (const char* field : {"gzip;q=", "gzip;q=2", "gzip;q=-1", "gzip;q=x", "gzip;level=9", "gzip;", ";q=1", ","}) {
    EXPECT_FALSE(prefers_gzip(field)) << field;
  }
}

TEST(ContentCoding, zstd_is_used_where_it_is_liked_better_than_gzip_or_alone) {
  for (const char* field :
       {"zstd", "ZSTD;q=0.1", "zstd, gzip;q=0.9", "gzip;q=0, *", "br, zstd", "zstd;q=0.5, identity;q=0.5"}) {
    EXPECT_EQ(preferred_coding(field), ContentCoding::Zstd) << field;
  }
  for (const char* field : {"gzip, deflate, br, zstd", "*", "gzip;q=0.5, zstd;q=0.5"}) {
    EXPECT_EQ(preferred_coding(field), ContentCoding::Gzip) << field;
  }
  for (const char* field : {"", "br", "zstd;q=0", "identity, zstd;q=0.5", "zstd;q=2"}) {
    EXPECT_EQ(preferred_coding(field), ContentCoding::Identity) << field;
  }
}

}  // namespace
}  // namespace tessera::net
