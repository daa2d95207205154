#include "base/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace tessera {
namespace {

TEST(Status, a_default_one_is_ok_and_says_nothing) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), Code::Ok);
  EXPECT_EQ(status.message(), "");
}

TEST(Status, a_failure_keeps_its_code_and_sentence) {
  const Status status(Code::Corrupt, "element (0028,0010) at byte 412: length 7");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::Corrupt);
  EXPECT_EQ(status.message(), "element (0028,0010) at byte 412: length 7");
}

TEST(Status, code_ok_is_ok_whatever_the_text) {
  EXPECT_TRUE(Status(Code::Ok, "text").ok());
}

TEST(Status, while_doing_puts_the_action_before_and_keeps_the_code) {
  const Status inner(Code::NoSpace, "disk full");
  const Status outer = inner.while_doing("store 1.2.3").while_doing("import a.svs");
  EXPECT_EQ(outer.code(), Code::NoSpace);
  EXPECT_EQ(outer.message(), "import a.svs: store 1.2.3: disk full");
  EXPECT_EQ(inner.message(), "disk full");
  EXPECT_TRUE(Status().while_doing("anything").ok());
}

TEST(Status, errno_becomes_the_code_that_callers_decide_by) {
  EXPECT_EQ(errno_status(ENOSPC, "write").code(), Code::NoSpace);
  EXPECT_EQ(errno_status(EDQUOT, "write").code(), Code::NoSpace);
  EXPECT_EQ(errno_status(ENOENT, "open").code(), Code::NotFound);
  EXPECT_EQ(errno_status(EEXIST, "create").code(), Code::AlreadyExists);
  EXPECT_EQ(errno_status(EIO, "read").code(), Code::IoError);
  EXPECT_EQ(errno_status(ENOENT, "open 'x'").message(), "open 'x': No such file or directory");
}

TEST(Status, every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Code::Internal); ++code) {
    names.insert(code_name(static_cast<Code>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Code::Internal) + 1);
  EXPECT_EQ(names.count("unknown"), 0U);
}

}  // namespace
}  // namespace tessera
