// What is sealed comes back to this server alone, for what it was sealed for, and for as long.
#include "auth/seal.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "auth/base64url.h"

namespace tessera::auth {

namespace {

constexpr std::int64_t kNow = 1'700'000'000;

Seal seal_of(char byte = 'k') {
  return std::move(Seal::from_key(std::string(Seal::kKeyBytes, byte)).value());
}

std::string sealed(const Seal& seal, std::string_view text = "a text") {
  return seal.seal("session", kNow + 10, text).value();
}

class SealFile : public testing::Test {
 protected:
  SealFile() : folder_(std::filesystem::temp_directory_path() / ("tessera-seal-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~SealFile() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_;
};

}  // namespace

TEST(Seal, what_is_sealed_comes_back) {
  const Seal seal = seal_of();
  for (const std::string& text : {std::string(), std::string("x"), std::string("two\nlines\n"), std::string(1, '\0'),
                                  std::string(Seal::kMaxText, 'v')}) {
    const std::string cookie = sealed(seal, text);
    EXPECT_LE(cookie.size(), Seal::kMaxSealed);
    const auto opened = seal.open_sealed("session", cookie, kNow);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->text, text);
    EXPECT_EQ(opened->until, kNow + 10);
  }
}

TEST(Seal, a_text_that_is_too_long_is_refused) {
  EXPECT_EQ(seal_of().seal("session", kNow, std::string(Seal::kMaxText + 1, 'v')).status().code(), Code::TooLarge);
}

TEST(Seal, nothing_of_it_can_be_read_and_no_two_are_alike) {
  const Seal seal = seal_of();
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) {
    const std::string cookie = sealed(seal, "a secret");
    EXPECT_EQ(cookie.find("secret"), std::string::npos);
    all.insert(cookie);
  }
  EXPECT_EQ(all.size(), 100U);
}

TEST(Seal, it_counts_until_its_time_is_over) {
  const Seal seal = seal_of();
  const std::string cookie = sealed(seal);
  EXPECT_TRUE(seal.open_sealed("session", cookie, kNow + 9).ok());
  EXPECT_EQ(seal.open_sealed("session", cookie, kNow + 10).status().code(), Code::Unauthenticated);
}

TEST(Seal, it_counts_for_its_purpose_alone) {
  const Seal seal = seal_of();
  const std::string cookie = sealed(seal);
  for (const char* purpose : {"login", "sessio", "sessions", "", "session "}) {
    EXPECT_EQ(seal.open_sealed(purpose, cookie, kNow).status().code(), Code::Unauthenticated) << purpose;
  }
}

TEST(Seal, another_key_does_not_open_it) {
  EXPECT_EQ(seal_of('l').open_sealed("session", sealed(seal_of()), kNow).status().code(), Code::Unauthenticated);
}

TEST(Seal, no_other_spelling_of_it_is_taken) {
  const Seal seal = seal_of();
  const std::string cookie = sealed(seal);
  for (std::size_t at = 0; at < cookie.size(); ++at) {
    for (const char other : {'A', '_', '.', '=', '\0'}) {
      std::string changed = cookie;
      changed[at] = other;
      EXPECT_EQ(seal.open_sealed("session", changed, kNow).ok(), changed == cookie) << at;
    }
    EXPECT_FALSE(seal.open_sealed("session", cookie.substr(0, at), kNow).ok()) << at;
    EXPECT_FALSE(seal.open_sealed("session", cookie.substr(at + 1), kNow).ok()) << at;
  }
  EXPECT_FALSE(seal.open_sealed("session", cookie + "A", kNow).ok());
  EXPECT_FALSE(seal.open_sealed("session", cookie + std::string(Seal::kMaxSealed, 'A'), kNow).ok());
}

// CVE-2023-37464: a tag that is cut to one byte is guessed in 256 tries.
TEST(Seal, a_tag_that_is_cut_short_is_refused) {
  const Seal seal = seal_of();
  const std::string cookie = sealed(seal);
  const std::size_t tag = cookie.rfind('.') + 1;
  const std::string bytes = base64url_decode(cookie.substr(tag)).value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(
        seal.open_sealed("session", cookie.substr(0, tag) + base64url_encode(bytes.substr(0, size)), kNow).ok());
  }
}

TEST(Seal, whoever_sends_it_does_not_choose_the_algorithm) {
  const Seal seal = seal_of();
  const std::string cookie = sealed(seal);
  for (const char* header : {R"({"alg":"dir","enc":"A128CBC-HS256"})", R"({"alg":"A256KW","enc":"A256GCM"})",
                             R"({"alg":"none"})", R"({"alg":"dir","enc":"A256GCM"})"}) {
    EXPECT_FALSE(seal.open_sealed("session", base64url_encode(header) + cookie.substr(cookie.find('.')), kNow).ok())
        << header;
  }
}

TEST(Seal, many_threads_may_use_one) {
  const Seal seal = seal_of();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&seal, &good, text = std::to_string(i)] {
      for (int times = 0; times < 500; ++times) {
        const auto opened = seal.open_sealed("session", sealed(seal, text), kNow);
        good += opened.ok() && opened->text == text ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(good, 2000);
}

TEST_F(SealFile, the_key_is_made_once_and_readable_by_its_owner_alone) {
  const auto path = folder_ / "session.key";
  const auto first = Seal::open(path);
  ASSERT_TRUE(first.ok());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(info.st_size, 32);
  EXPECT_TRUE(Seal::open(path)->open_sealed("session", sealed(*first), kNow).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "nothing is left beside it";
}

TEST_F(SealFile, a_file_that_is_no_key_is_refused_and_left_as_it_is) {
  const auto path = folder_ / "session.key";
  for (const std::size_t size : {0UL, 31UL, 33UL}) {
    std::ofstream(path) << std::string(size, 'x');
    EXPECT_FALSE(Seal::open(path).ok()) << size;
    EXPECT_EQ(std::filesystem::file_size(path), size);
  }
}

TEST_F(SealFile, a_folder_that_is_not_there_is_told) {
  EXPECT_FALSE(Seal::open(folder_ / "none" / "session.key").ok());
}

}  // namespace tessera::auth
