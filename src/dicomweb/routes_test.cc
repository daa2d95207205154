#include "dicomweb/routes.h"

#include <gtest/gtest.h>

#include <set>

#include "dicomweb/descriptions.h"
#include "dicomweb/operations.h"

namespace tessera::dicomweb {
namespace {

TEST(Routes, every_route_is_described_under_a_name_of_its_own) {
  std::set<std::string> ids;
  for (const Route& route : routes()) {
    EXPECT_EQ(operation_of(route).handler, route.handler) << route.pattern;
    EXPECT_TRUE(ids.insert(operation_id(route)).second) << operation_id(route);
  }
}

TEST(Routes, every_route_is_in_both_descriptions) {
  for (const bool partitions_on : {false, true}) {
    const std::string yaml = openapi("http://host/v2", Profile::V2, partitions_on);
    const std::string xml = wadl("http://host/v2", partitions_on);
    for (const Route& route : routes()) {
      EXPECT_NE(yaml.find("operationId: " + operation_id(route) + "\n"), std::string::npos) << route.pattern;
      EXPECT_NE(xml.find("id=\"" + operation_id(route) + "\""), std::string::npos) << route.pattern;
    }
    EXPECT_EQ(yaml.find("'/partitions/{partition}/studies'") != std::string::npos, partitions_on);
  }
}

TEST(Routes, the_description_of_one_resource_has_its_methods_and_no_others) {
  const std::string xml = wadl("http://host/v2", false, "/studies/1.2/series/3.4");
  for (const char* id : {"getFilesOfSeries", "deleteInstancesOfSeries"}) {
    EXPECT_NE(xml.find(id), std::string::npos) << xml;
  }
  EXPECT_EQ(xml.find("Metadata"), std::string::npos);
}

TEST(Routes, what_a_client_writes_into_its_host_is_escaped) {
  EXPECT_EQ(wadl("http://h\"<&/v2", false).find("h\"<&"), std::string::npos);
  EXPECT_NE(openapi("http://h'x/v2", Profile::V2, false).find("'http://h''x/v2'"), std::string::npos);
}

}  // namespace
}  // namespace tessera::dicomweb
