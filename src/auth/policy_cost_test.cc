// What a tile pays for authorisation: nothing is allocated in the ordinary case.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "auth/policy.h"

namespace {

thread_local std::size_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size);  // NOLINT: this is what operator new is made of
  if (memory == nullptr) {
    std::abort();
  }
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);  // NOLINT
}
void operator delete[](void* memory) noexcept {
  std::free(memory);  // NOLINT
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);  // NOLINT
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);  // NOLINT
}

namespace tessera::auth {

TEST(PolicyCost, the_rights_of_a_tile_request_and_their_check_allocate_nothing) {
  const Policy builtin = Policy::builtin(false);
  Identity reader;
  reader.proof = Proof::Token;
  reader.roles = {"a role of no interest that is long enough to be on the heap", "reader"};
  reader.scopes = {"openid", "user/ImagingStudy.rs"};
  const std::size_t before = allocations;
  const catalog::Visibility rights = builtin.rights(reader, Action::Read, "pathology");
  const bool volume = rights.sees("1.2.3", catalog::ImageFlavor::Volume);
  const bool label = rights.sees("1.2.3", catalog::ImageFlavor::Label);
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(volume);
  EXPECT_FALSE(label);
}

}  // namespace tessera::auth
