#include "dicomweb/plain_path.h"

#include <gtest/gtest.h>

namespace tessera::dicomweb {
namespace {

TEST(PlainPath, keeps_words_of_the_service_uids_and_numbers) {
  for (const char* path :
       {"/v2/studies/1.2.3/series/1.2.4/instances/1.2.5/frames/1,2,3", "/dicom-web/studies/",
        "/v2/studies/1.2/series/1.3/instances/1.4/bulkdata/00480105/0/00282000", "/health/live", "/"}) {
    EXPECT_EQ(plain_path(path), path);
  }
}

TEST(PlainPath, drops_queries_and_whatever_may_be_a_name) {
  EXPECT_EQ(plain_path("/v2/studies?PatientName=Doe"), "/v2/studies?…");
  EXPECT_EQ(plain_path("/v2/studies/Doe%5EJane/metadata"), "/v2/studies/…/metadata");
  EXPECT_EQ(plain_path("/ABCDEFAB/abe"), "/…/…");
  EXPECT_EQ(plain_path("Doe"), "…");
  EXPECT_EQ(plain_path(""), "");
}

}  // namespace
}  // namespace tessera::dicomweb
