#include "dicomweb/conditional.h"

#include <gtest/gtest.h>

namespace tessera::dicomweb {
namespace {

bool none_match(std::initializer_list<std::string_view> fields) {
  net::Request request;
  for (const std::string_view value : fields) {
    request.fields.emplace_back("if-none-match", value);
  }
  return matches_none(request, "\"7f\"");
}

std::string cache_control(std::string_view query, std::int64_t watermark) {
  net::Request request;
  request.query = query;
  net::Response response;
  set_caching(request, {.etag = "\"7\"", .watermark = watermark}, response);
  for (const auto& [name, value] : response.fields) {
    if (name == "Cache-Control") {
      return value;
    }
  }
  return "";
}

TEST(Conditional, a_tag_is_found_in_lists_in_fields_and_in_weak_form) {
  EXPECT_TRUE(none_match({"\"7f\""}));
  EXPECT_TRUE(none_match({"W/\"7f\""}));
  EXPECT_TRUE(none_match({"*"}));
  EXPECT_TRUE(none_match({"\"1\", W/\"2\" ,\t\"7f\""}));
  EXPECT_TRUE(none_match({"\"1\"", "\"7f\""}));
  EXPECT_TRUE(none_match({"\"a,b\",\"7f\""}));
}

TEST(Conditional, other_tags_do_not_match) {
  EXPECT_FALSE(none_match({}));
  EXPECT_FALSE(none_match({""}));
  EXPECT_FALSE(none_match({"\"7\""}));
  EXPECT_FALSE(none_match({"7f"}));
  EXPECT_FALSE(none_match({"\"1,*,2\""}));
  EXPECT_FALSE(none_match({"\"1,\"7f\""}));
}

TEST(Conditional, a_range_holds_without_a_condition_or_with_this_very_tag) {
  net::Request request;
  EXPECT_TRUE(range_holds(request, "\"7f\""));
  request.fields = {{"If-Range", " \"7f\""}};
  EXPECT_TRUE(range_holds(request, "\"7f\""));
  for (const char* other : {"W/\"7f\"", "\"7\"", "Wed, 21 Oct 2026 07:28:00 GMT", ""}) {
    request.fields = {{"If-Range", other}};
    EXPECT_FALSE(range_holds(request, "\"7f\"")) << other;
  }
}

TEST(Conditional, only_a_url_that_names_the_version_may_be_kept_for_good) {
  EXPECT_NE(cache_control("v=7", 7).find("immutable"), std::string::npos);
  EXPECT_NE(cache_control("a=b&v=7", 7).find("immutable"), std::string::npos);
  for (const char* query : {"", "v=8", "v=77", "w=7", "v="}) {
    EXPECT_NE(cache_control(query, 7).find("must-revalidate"), std::string::npos) << query;
  }
  EXPECT_NE(cache_control("v=-1", Validator::kUnnamed).find("must-revalidate"), std::string::npos);
}

}  // namespace
}  // namespace tessera::dicomweb
