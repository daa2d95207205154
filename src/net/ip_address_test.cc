#include "net/ip_address.h"

#include <gtest/gtest.h>

namespace tessera::net {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

std::string client_of(const Fields& fields, std::string_view peer = "10.0.0.1") {
  const std::vector<std::string> proxies = {"10.0.0.0/8", "2001:db8:aaaa::/48"};
  const auto set = AddressSet::parse(proxies);
  return forwarded_client(IpAddress::parse(peer).value(), *set, fields).text();
}

TEST(IpAddress, both_kinds_are_read_and_written) {
  EXPECT_EQ(IpAddress::parse("192.0.2.7")->text(), "192.0.2.7");
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.7")->text(), "192.0.2.7");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0::1")->text(), "2001:db8::1");
  for (const char* bad : {"", "192.0.2", "192.0.2.256", "192.0.2.7 ", "host", "::1%eth0", "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
}

TEST(AddressSet, networks_hold_their_addresses_and_no_others) {
  const std::vector<std::string> names = {"10.1.0.0/15", "192.0.2.7", "2001:db8::/33"};
  const auto set = AddressSet::parse(names);
  ASSERT_TRUE(set.ok());
  for (const char* inside : {"10.0.0.0", "10.1.255.255", "192.0.2.7", "2001:db8:7fff::1"}) {
    EXPECT_TRUE(set->contains(IpAddress::parse(inside).value())) << inside;
  }
  for (const char* outside : {"10.2.0.0", "192.0.2.8", "2001:db8:8000::1", "::a00:1"}) {
    EXPECT_FALSE(set->contains(IpAddress::parse(outside).value())) << outside;
  }
}

TEST(AddressSet, what_is_no_network_is_named) {
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "example.org", "10.0.0.0/8/8", ""}) {
    const std::vector<std::string> names = {bad};
    EXPECT_EQ(AddressSet::parse(names).status().code(), Code::InvalidArgument) << bad;
  }
}

TEST(ForwardedClient, is_the_last_one_that_is_no_proxy_of_ours) {
  EXPECT_EQ(client_of({{"X-Forwarded-For", "198.51.100.7"}}), "198.51.100.7");
  EXPECT_EQ(client_of({{"X-Forwarded-For", "1.1.1.1, 198.51.100.7, 10.0.0.2"}}), "198.51.100.7");
  EXPECT_EQ(client_of({{"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "198.51.100.7"}}), "198.51.100.7");
  EXPECT_EQ(client_of({{"X-Forwarded-For", "[2001:db8::9]:443"}}), "2001:db8::9");
  EXPECT_EQ(client_of({{"X-Forwarded-For", "198.51.100.7:5000"}}), "198.51.100.7");
  EXPECT_EQ(client_of({{"Forwarded", "for=1.1.1.1, by=x;For=\"[2001:db8::9]:80\";proto=https"}}), "2001:db8::9");
}

TEST(ForwardedClient, without_a_usable_address_it_is_the_nearest_known) {
  EXPECT_EQ(client_of({}), "10.0.0.1");
  EXPECT_EQ(client_of({{"X-Forwarded-For", "unknown"}}), "10.0.0.1");
  EXPECT_EQ(client_of({{"X-Forwarded-For", "1.1.1.1, nonsense, 10.0.0.2"}}), "10.0.0.2");
  EXPECT_EQ(client_of({{"Forwarded", "for=_hidden"}}), "10.0.0.1");
  EXPECT_EQ(client_of({{"X-Forwarded-For", ""}, {"Forwarded", "for=1.1.1.1"}}), "10.0.0.1");
}

TEST(ForwardedClient, who_is_no_proxy_of_ours_speaks_for_itself) {
  EXPECT_EQ(client_of({{"X-Forwarded-For", "127.0.0.1"}, {"Forwarded", "for=127.0.0.1"}}, "198.51.100.66"),
            "198.51.100.66");
}

}  // namespace
}  // namespace tessera::net
