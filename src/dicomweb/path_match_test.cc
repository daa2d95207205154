#include "dicomweb/path_match.h"

#include <gtest/gtest.h>

namespace tessera::dicomweb {
namespace {

TEST(PathMatch, the_prefix_says_the_profile_and_the_rest_the_resource) {
  const auto path = split_service_path("/v2/studies/1.2.3/");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->profile, Profile::V2);
  EXPECT_EQ(path->prefix, "/v2");
  EXPECT_EQ(path->rest, "/studies/1.2.3");
  EXPECT_FALSE(path->partition);
  EXPECT_EQ(split_service_path("/v1/studies")->profile, Profile::V1);
  EXPECT_EQ(split_service_path("/dicom-web")->rest, "");
}

TEST(PathMatch, a_partition_belongs_to_the_prefix) {
  const auto path = split_service_path("/dicom-web/partitions/lab-a/studies");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->prefix, "/dicom-web/partitions/lab-a");
  EXPECT_EQ(path->partition, "lab-a");
  EXPECT_EQ(path->rest, "/studies");
}

TEST(PathMatch, the_list_of_partitions_is_in_none) {
  for (const char* text : {"/v2/partitions", "/v2/partitions/"}) {
    const auto path = split_service_path(text);
    EXPECT_FALSE(path->partition) << text;
    EXPECT_EQ(path->rest, "/partitions") << text;
  }
}

TEST(PathMatch, an_empty_partition_is_one_whose_name_is_wrong) {
  EXPECT_EQ(split_service_path("/v2/partitions//studies")->partition, "");
}

TEST(PathMatch, other_paths_belong_to_nobody) {
  for (const char* text : {"/", "", "/v3/studies", "/v22/studies", "/dicom-webs", "v2/studies", "/V2/studies"}) {
    EXPECT_FALSE(split_service_path(text)) << text;
  }
}

TEST(PathMatch, a_pattern_captures_segments_by_name) {
  Captures captures;
  EXPECT_TRUE(match_pattern("/studies/{study}/series/{series}/instances/{instance}/frames/{*}",
                            "/studies/1/series/2/instances/3/frames/4,5", captures));
  EXPECT_EQ(captures.study, "1");
  EXPECT_EQ(captures.series, "2");
  EXPECT_EQ(captures.instance, "3");
  EXPECT_EQ(captures.tail, "4,5");
}

TEST(PathMatch, a_tail_may_have_slashes_but_not_be_empty) {
  Captures captures;
  EXPECT_TRUE(match_pattern("/a/{*}", "/a/b/c", captures));
  EXPECT_EQ(captures.tail, "b/c");
  EXPECT_FALSE(match_pattern("/a/{*}", "/a/", captures));
  EXPECT_FALSE(match_pattern("/a/{*}", "/a", captures));
}

TEST(PathMatch, segments_missing_empty_or_too_many_do_not_match) {
  Captures captures;
  for (const char* path : {"", "/", "/studies", "/studies/", "/studies//metadata", "/studies/1",
                           "/studies/1/metadata/x", "/series/1/metadata", "/studies/1/metadatas"}) {
    EXPECT_FALSE(match_pattern("/studies/{study}/metadata", path, captures)) << path;
  }
}

}  // namespace
}  // namespace tessera::dicomweb
