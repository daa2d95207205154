#include "viewer/page.h"

#include <gtest/gtest.h>

#include "viewer/page_files.h"

namespace tessera::viewer {

namespace {

net::Request get(std::string_view path, std::vector<std::pair<std::string_view, std::string_view>> fields = {}) {
  net::Request request;
  request.path = path;
  request.fields = std::move(fields);
  return request;
}

std::string field(const net::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.fields) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

}  // namespace

TEST(Page, the_root_is_a_page_that_may_load_nothing_from_elsewhere) {
  const auto response = serve_page(get("/"));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_NE(std::get<std::string>(response->body).find("<!doctype html>"), std::string::npos);
  EXPECT_NE(field(*response, "Content-Security-Policy").find("default-src 'none'"), std::string::npos);
}

TEST(Page, every_asset_that_the_page_names_is_there) {
  for (const PageFile& file : page_files()) {
    const std::string text(file.plain);
    for (std::size_t at = text.find("\"/assets/"); at != text.npos; at = text.find("\"/assets/", at + 1)) {
      const std::string path = text.substr(at + 1, text.find('"', at + 1) - at - 1);
      EXPECT_TRUE(serve_page(get(path)).has_value()) << path << ", named in " << file.path;
    }
  }
}

TEST(Page, a_known_version_is_not_sent_again) {
  const std::string tag = field(*serve_page(get("/assets/app.js")), "ETag");
  EXPECT_EQ(serve_page(get("/assets/app.js", {{"If-None-Match", tag}}))->status, 304);
}

TEST(Page, a_version_that_is_not_sent_again_keeps_its_policies) {
  const auto sent = serve_page(get("/"));
  const auto known = serve_page(get("/", {{"If-None-Match", field(*sent, "ETag")}}));
  ASSERT_EQ(known->status, 304);
  for (const char* name : {"Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Opener-Policy",
                           "Cross-Origin-Resource-Policy", "Permissions-Policy"}) {
    EXPECT_NE(field(*known, name), "") << name;
    EXPECT_EQ(field(*known, name), field(*sent, name)) << name;
  }
}

TEST(Page, gzip_is_given_to_who_takes_it_under_a_tag_of_its_own) {
  const auto packed = serve_page(get("/assets/openseadragon.min.js", {{"Accept-Encoding", "gzip, br"}}));
  const auto plain = serve_page(get("/assets/openseadragon.min.js"));
  EXPECT_EQ(field(*packed, "Content-Encoding"), "gzip");
  EXPECT_NE(field(*packed, "ETag"), field(*plain, "ETag"));
  EXPECT_LT(std::get<std::string>(packed->body).size(), std::get<std::string>(plain->body).size());
}

TEST(Page, other_paths_are_not_the_page) {
  EXPECT_FALSE(serve_page(get("/assets/../app.js")).has_value());
  EXPECT_FALSE(serve_page(get("/assets/")).has_value());
}

}  // namespace tessera::viewer
