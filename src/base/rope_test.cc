#include "base/rope.h"

#include <gtest/gtest.h>

#include <thread>

namespace tessera {
namespace {

// Answers from another thread, after read() returned: what a store of the network does.
class LateSource final : public RangeSource {
 public:
  explicit LateSource(std::size_t answers) : answers_(answers) {}
  ~LateSource() override {
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  std::uint64_t size() const override { return 1000; }
  void read(std::uint64_t, MutableBytes into, ReadDone done) override {
    threads_.emplace_back([this, into, done] {
      std::fill(into.begin(), into.end(), std::uint8_t{'x'});
      done(std::min(answers_, into.size()));
    });
  }

 private:
  const std::size_t answers_;
  std::vector<std::thread> threads_;
};

// "<" + 0123456789[2, 8) + "|" + abc + ">"
Rope sample() {
  Rope rope;
  rope.append("<");
  rope.append(memory_source("0123456789"), {2, 6});
  rope.append("|");
  rope.append(memory_source("abc"), {0, 3});
  rope.append(">");
  return rope;
}

TEST(Rope, is_the_bytes_of_its_pieces_in_order) {
  EXPECT_EQ(sample().size(), 12U);
  EXPECT_EQ(*flatten(sample()), "<234567|abc>");
}

TEST(Rope, an_empty_one_has_no_pieces) {
  Rope rope;
  rope.append("");
  rope.append(memory_source("abc"), {1, 0});
  rope.append(Rope());
  EXPECT_EQ(rope.size(), 0U);
  EXPECT_TRUE(rope.pieces().empty());
  EXPECT_EQ(*flatten(rope), "");
}

TEST(Rope, neighbouring_inline_bytes_become_one_piece) {
  Rope rope;
  rope.append("a");
  rope.append("b");
  Rope tail;
  tail.append("c");
  rope.append(std::move(tail));
  ASSERT_EQ(rope.pieces().size(), 1U);
  EXPECT_EQ(std::get<Inline>(rope.pieces()[0]).bytes, "abc");
}

TEST(Rope, append_of_a_rope_shares_its_sources) {
  auto source = memory_source("0123456789");
  Rope inner;
  inner.append(source, {3, 4});
  Rope outer;
  outer.append("--");
  outer.append(inner);
  outer.append(inner);
  EXPECT_EQ(*flatten(outer), "--34563456");
  EXPECT_EQ(std::get<SourceRange>(outer.pieces()[1]).source, source);
}

TEST(Rope, every_slice_equals_the_same_cut_of_its_text) {
  const Rope rope = sample();
  const std::string text = *flatten(rope);
  for (std::size_t from = 0; from <= text.size(); ++from) {
    for (std::size_t length = 0; length <= text.size() - from; ++length) {
      const Rope cut = rope.slice({from, length});
      EXPECT_EQ(cut.size(), length);
      EXPECT_EQ(*flatten(cut), text.substr(from, length)) << from << "+" << length;
    }
  }
}

TEST(Rope, a_slice_reads_no_piece_it_does_not_need) {
  const Rope cut = sample().slice({2, 3});
  ASSERT_EQ(cut.pieces().size(), 1U);
  EXPECT_EQ(std::get<SourceRange>(cut.pieces()[0]).range, (ByteRange{3, 3}));
}

TEST(Rope, a_slice_works_beyond_four_gigabytes) {
  auto source = memory_source("");
  Rope rope;
  rope.append("head");
  rope.append(source, {1000, 20'000'000'000});
  rope.append("tail");
  const Rope cut = rope.slice({10'000'000'004, 10'000'000'002});
  ASSERT_EQ(cut.pieces().size(), 2U);
  EXPECT_EQ(std::get<SourceRange>(cut.pieces()[0]).range, (ByteRange{10'000'001'000, 10'000'000'000}));
  EXPECT_EQ(std::get<Inline>(cut.pieces()[1]).bytes, "ta");
}

TEST(MemorySource, a_read_beyond_its_end_is_an_error) {
  auto source = memory_source("abc");
  std::uint8_t bytes[4];
  EXPECT_FALSE(read_fully(*source, 0, MutableBytes(bytes, 4)).ok());
  EXPECT_FALSE(read_fully(*source, 4, MutableBytes(bytes, 0)).ok());
  EXPECT_FALSE(read_fully(*source, ~0ULL, MutableBytes(bytes, 2)).ok());
  EXPECT_TRUE(read_fully(*source, 3, MutableBytes(bytes, 0)).ok());
}

TEST(ReadFully, waits_for_an_answer_from_another_thread) {
  LateSource source(1000);
  std::uint8_t bytes[5] = {};
  ASSERT_TRUE(read_fully(source, 0, bytes).ok());
  EXPECT_EQ(bytes[4], 'x');
}

TEST(ReadFully, fewer_bytes_than_asked_are_an_error) {
  LateSource source(4);
  std::uint8_t bytes[5] = {};
  EXPECT_EQ(read_fully(source, 0, bytes).code(), Code::IoError);
}

}  // namespace
}  // namespace tessera
