#include "dicomweb/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::dicomweb {
namespace {

using testing::HasSubstr;

std::string field(const net::Response& response, std::string_view name) {
  std::string all;
  for (const auto& [key, value] : response.fields) {
    all += key == name ? (all.empty() ? "" : ", ") + value : "";
  }
  return all;
}

net::Request from(std::string_view origin) {
  net::Request request;
  request.fields = {{"Origin", origin}};
  return request;
}

std::string allowed(const CorsPolicy& policy, std::string_view origin) {
  net::Response response;
  policy.apply(from(origin), response);
  return field(response, "Access-Control-Allow-Origin");
}

net::Response preflight(const CorsPolicy& policy, std::string_view origin, std::string_view headers) {
  net::Request request = from(origin);
  request.method = net::Method::Options;
  request.fields.emplace_back("Access-Control-Request-Method", "GET");
  request.fields.emplace_back("Access-Control-Request-Headers", headers);
  request.fields.emplace_back("Access-Control-Request-Private-Network", "true");
  net::Response response = std::move(*policy.preflight(request));
  policy.apply(request, response);
  return response;
}

TEST(Cors, a_wildcard_is_any_host_below_and_nothing_that_looks_like_one) {
  const CorsPolicy policy({.sites = {{"https://*.example.org:8443", {}, false}}, .headers = {}});
  for (const char* origin : {"https://a.example.org:8443", "https://a.b-c.example.org:8443"}) {
    EXPECT_EQ(allowed(policy, origin), origin);
  }
  for (const char* origin :
       {"https://example.org:8443", "https://.example.org:8443", "https://a..example.org:8443",
        "https://evilexample.org:8443", "https://a.example.org", "https://a.example.org:8444",
        "http://a.example.org:8443", "https://a.example.org.evil.org:8443", "https://evil.org/.example.org:8443",
        "https://evil.org#.example.org:8443", "https://user@a.example.org:8443", "https://A.example.org:8443",
        "https://a.example.org:8443/", "https://a.example.org:8443.example.org:8443", "null", "",
        "https://*.example.org:8443x", "ftp://a.example.org:8443"}) {
    EXPECT_EQ(allowed(policy, origin), "") << origin;
  }
}

TEST(Cors, an_origin_is_compared_whole) {
  const CorsPolicy policy({.sites = {{"https://viewer.example", {}, false}}, .headers = {}});
  EXPECT_EQ(allowed(policy, "https://viewer.example"), "https://viewer.example");
  for (const char* origin : {"http://viewer.example", "https://viewer.example:443", "https://viewer.example.evil",
                             "https://viewer.exampl", "https://xviewer.example", "null"}) {
    EXPECT_EQ(allowed(policy, origin), "") << origin;
  }
}

TEST(Cors, the_most_exact_site_decides) {
  const CorsPolicy policy({.sites = {{"*", {}, false},
                                     {"https://*.lab.example", {"GET"}, false},
                                     {"https://a.lab.example", {"GET", "DELETE"}, true}},
                           .headers = {}});
  EXPECT_EQ(allowed(policy, "https://elsewhere.example"), "*");
  EXPECT_EQ(allowed(policy, "null"), "");
  EXPECT_EQ(field(preflight(policy, "https://b.lab.example", "accept"), "Access-Control-Allow-Methods"), "GET");
  const net::Response exact = preflight(policy, "https://a.lab.example", "accept");
  EXPECT_EQ(field(exact, "Access-Control-Allow-Methods"), "GET, DELETE");
  EXPECT_EQ(field(exact, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(field(preflight(policy, "https://b.lab.example", "accept"), "Access-Control-Allow-Credentials"), "");
}

TEST(Cors, a_preflight_says_what_it_depends_on_and_lets_slims_headers_in) {
  const CorsPolicy policy({.sites = {{"https://viewer.example", {}, false}}, .headers = {}, .max_age_seconds = 60});
  const net::Response response =
      preflight(policy, "https://viewer.example", "accept,authorization,content-security-policy");
  EXPECT_EQ(field(response, "Access-Control-Allow-Headers"), "accept,authorization,content-security-policy");
  EXPECT_EQ(field(response, "Access-Control-Allow-Private-Network"), "true");
  EXPECT_EQ(field(response, "Access-Control-Max-Age"), "60");
  EXPECT_THAT(field(response, "Vary"), HasSubstr("Access-Control-Request-Headers"));
  EXPECT_THAT(field(response, "Vary"), HasSubstr("Origin"));
  const net::Response other = preflight(policy, "https://evil.example", "accept");
  EXPECT_EQ(field(other, "Access-Control-Allow-Methods"), "");
  EXPECT_EQ(field(other, "Access-Control-Allow-Private-Network"), "");
  EXPECT_THAT(field(other, "Vary"), HasSubstr("Origin"));
}

TEST(Cors, headers_that_are_named_are_all_that_may_be_sent) {
  const CorsPolicy policy({.sites = {{"https://viewer.example", {}, false}}, .headers = {"accept", "authorization"}});
  EXPECT_EQ(field(preflight(policy, "https://viewer.example", "x-more"), "Access-Control-Allow-Headers"),
            "accept, authorization");
}

TEST(Cors, an_origin_that_no_browser_sends_is_a_mistake) {
  for (const char* origin : {"https://viewer.example", "http://localhost:3000", "https://*.lab.example", "*",
                             "https://*.lab.example:8443", "http://[::1]:8080", "https://127.0.0.1"}) {
    EXPECT_TRUE(check_cors_site({origin, {}, false}).ok()) << origin;
  }
  for (const char* origin :
       {"", "null", "viewer.example", "https://viewer.example/", "https://viewer.example/path", "https://*",
        "https://*.com", "https://a.*.example", "https://*example.org", "https://Viewer.example",
        "https://v.example:", "https://v.example:80a", "ftp://v.example", "https://v.example:443",
        "http://v.example:80", "https://v.example:70000", "https://*.*.example.org"}) {
    EXPECT_FALSE(check_cors_site({origin, {}, false}).ok()) << origin;
  }
  EXPECT_FALSE(check_cors_site({"*", {}, true}).ok());
}

}  // namespace
}  // namespace tessera::dicomweb
