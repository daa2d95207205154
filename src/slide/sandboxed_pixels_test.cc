#include "slide/sandboxed_pixels.h"

#include <gtest/gtest.h>

#include <csignal>

#include "sandbox/worker_main.h"
#include "sandbox/worker_pool.h"
#include "slide/slide_source.h"
#include "support/make_slide.h"

namespace tessera::slide {
namespace {

using test_support::add_strips;
using test_support::MadeSlide;
using test_support::make_slide;
using test_support::ScratchFolder;
using test_support::SlideKnobs;

constexpr char kAperio[] = "Aperio Image Library v11.2.1\r\n200x150 (64x64) JPEG|AppMag = 20|MPP = 0.5";
constexpr std::size_t kLabel = 1;  // after the one level

struct Labelled {
  MadeSlide slide;
  std::uint64_t label = 0;  // where its directory begins
  std::string pixels = {};
};

Labelled make_labelled() {
  SlideKnobs knobs;
  knobs.description = kAperio;
  knobs.levels = 1;
  Labelled made{make_slide(knobs)};
  made.label =
      add_strips(made.slide, {.description = "Aperio\nlabel 40x40", .compression = 1, .photometric = 2, .subfile = 1},
                 &made.pixels);
  add_strips(made.slide, {.description = "Aperio\nmacro 90x50", .width = 90, .height = 50, .subfile = 9});
  return made;
}

// Workers that were taken over, under the name of the one that decodes.
Result<ByteBuffer> too_few(ByteView, const std::vector<File>&) {
  return ByteBuffer(7);
}
Result<ByteBuffer> crash(ByteView, const std::vector<File>&) {
  std::raise(SIGSEGV);
  return ByteBuffer();
}
constexpr sandbox::WorkerKind kTooFew{"too-few", {}, [] { return sandbox::WorkerBody(too_few); }};
constexpr sandbox::WorkerKind kCrash{"crash", {}, [] { return sandbox::WorkerBody(crash); }};
constexpr sandbox::WorkerKind kUnknown{"unknown", {}, [] { return sandbox::WorkerBody(crash); }};

Decoders decoders_of(const sandbox::WorkerKind& kind) {
  return std::make_shared<sandbox::WorkerPool>(kind);
}

TEST(SandboxedPixels, are_the_pixels_that_decoding_here_gives) {
  const ScratchFolder folder;
  const Labelled made = make_labelled();
  const std::string path = folder.file("a.svs", made.slide.tiff.bytes());
  const auto here = open_slide(path);
  const auto there = open_slide(path, decoders_of(kTiffPixelsWorker));
  ASSERT_TRUE(here.ok() && there.ok()) << there.status().message();
  ASSERT_EQ((*there)->images().size(), (*here)->images().size());
  for (std::size_t image = kLabel; image < (*there)->images().size(); ++image) {
    EXPECT_EQ((*there)->images()[image].handling, (*here)->images()[image].handling);
    const auto tile = (*there)->tile(image, 0, 0);
    ASSERT_TRUE(tile.ok()) << tile.status().message();
    EXPECT_EQ(*flatten(*tile), *flatten(*(*here)->tile(image, 0, 0)));
  }
  const auto label = (*there)->tile(kLabel, 0, 0);
  for (const std::uint64_t offset : {4000, 130, 0, 4799}) {
    const std::uint64_t length = std::min<std::uint64_t>(500, made.pixels.size() - offset);
    EXPECT_EQ(*flatten(label->slice({offset, length})), made.pixels.substr(offset, length)) << offset;
  }
}

TEST(SandboxedPixels, damage_is_told_in_the_words_that_decoding_here_has) {
  const ScratchFolder folder;
  const Labelled made = make_labelled();
  const Decoders decoders = decoders_of(kTiffPixelsWorker);
  std::size_t damaged_labels = 0;
  for (std::size_t at = made.label; at < made.label + 2 + 12 * 12; ++at) {
    std::string bytes = made.slide.tiff.bytes();
    bytes[at] = static_cast<char>(bytes[at] ^ 0xFF);
    const std::string path = folder.file("flip.svs", bytes);
    const auto here = open_slide(path);
    const auto there = open_slide(path, decoders);
    ASSERT_EQ(here.ok(), there.ok());
    for (std::size_t image = 0; here.ok() && image < (*here)->images().size(); ++image) {
      const Status& damage = (*there)->images()[image].damage;
      EXPECT_EQ(damage.message(), (*here)->images()[image].damage.message());
      damaged_labels += damage.ok() ? 0 : 1;
    }
  }
  EXPECT_GT(damaged_labels, 20u);
}

TEST(SandboxedPixels, a_decoder_that_crashes_costs_the_image_and_not_the_slide) {
  const ScratchFolder folder;
  const auto slide = open_slide(folder.file("a.svs", make_labelled().slide.tiff.bytes()), decoders_of(kCrash));
  ASSERT_TRUE(slide.ok()) << slide.status().message();
  const Status& damage = (*slide)->images()[kLabel].damage;
  EXPECT_EQ(damage.code(), Code::Internal);
  EXPECT_TRUE(damage.message().starts_with("a.svs, directory 1, tag 273 StripOffsets: sandbox worker 'crash': it "))
      << damage.message();
  EXPECT_TRUE((*slide)->tile(0, 0, 0).ok());
}

TEST(SandboxedPixels, a_decoder_that_gives_too_few_pixels_is_not_believed) {
  const ScratchFolder folder;
  const auto slide = open_slide(folder.file("a.svs", make_labelled().slide.tiff.bytes()), decoders_of(kTooFew));
  ASSERT_TRUE(slide.ok()) << slide.status().message();
  EXPECT_EQ((*slide)->images()[kLabel].damage.message(),
            "a.svs, directory 1, tag 273 StripOffsets: the sandbox worker gave 7 bytes where 0 were asked for");
}

TEST(SandboxedPixels, without_a_decoder_to_be_had_the_slide_is_not_opened_rather_than_opened_without_its_label) {
  const ScratchFolder folder;
  const Decoders decoders = decoders_of(kTiffPixelsWorker);
  decoders->stop();
  const auto slide = open_slide(folder.file("a.svs", make_labelled().slide.tiff.bytes()), decoders);
  EXPECT_EQ(slide.status().code(), Code::Cancelled);
}

TEST(SandboxedPixels, a_worker_that_the_program_does_not_know_ends_and_says_so) {
  sandbox::WorkerPool pool(kUnknown);
  EXPECT_EQ(pool.call({}, {}, std::chrono::seconds(20)).status().message(),
            "sandbox worker 'unknown': it ended by itself, with exit code 2");
}

}  // namespace
}  // namespace tessera::slide

// slide_test is its own worker, as tessera is (app/main.cc).
int main(int argc, char** argv) {
  using namespace tessera;
  const sandbox::WorkerKind* const kinds[] = {&slide::kTiffPixelsWorker, &slide::kTooFew, &slide::kCrash};
  if (const auto ended = sandbox::run_worker_if_asked(argc, argv, kinds)) {
    return *ended;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
