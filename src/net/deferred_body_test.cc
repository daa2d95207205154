#include "net/deferred_body.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::net {

namespace {

struct Control final : BodyControl {
  int resumed = 0;
  void resume() override { ++resumed; }
};

struct Collector final : BodySink {
  explicit Collector(std::string& into) : out(into) {}
  Flow on_start(std::shared_ptr<BodyControl>) override {
    out += "start ";
    return Flow::Continue;
  }
  Flow on_bytes(ByteView bytes) override {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Flow::Continue;
  }
  void on_end() override { out += " end"; }
  void on_abort(const Status&) override { out += " abort"; }
  std::string& out;
};

ByteView bytes_of(std::string_view text) {
  return as_bytes(text);
}

}  // namespace

TEST(DeferredBody, waits_for_the_decision_and_then_is_the_sink_that_was_decided) {
  auto decision = std::make_shared<DeferredBody::Decision>();
  DeferredBody body(decision);
  auto control = std::make_shared<Control>();
  std::string seen;
  EXPECT_EQ(body.on_start(control), Flow::Pause);
  EXPECT_EQ(control->resumed, 0);
  decision->decide(std::make_unique<Collector>(seen));
  EXPECT_EQ(control->resumed, 1);
  EXPECT_EQ(body.on_start(control), Flow::Continue);
  EXPECT_EQ(body.on_bytes(bytes_of("abc")), Flow::Continue);
  body.on_end();
  EXPECT_EQ(seen, "start abc end");
}

TEST(DeferredBody, decided_before_the_start_does_not_wait) {
  auto decision = std::make_shared<DeferredBody::Decision>();
  std::string seen;
  decision->decide(std::make_unique<Collector>(seen));
  DeferredBody body(decision);
  auto control = std::make_shared<Control>();
  EXPECT_EQ(body.on_start(control), Flow::Continue);
  EXPECT_EQ(control->resumed, 0);
  EXPECT_EQ(seen, "start ");
}

TEST(DeferredBody, nobody_wanting_it_drops_the_bytes) {
  auto decision = std::make_shared<DeferredBody::Decision>();
  DeferredBody body(decision);
  auto control = std::make_shared<Control>();
  EXPECT_EQ(body.on_start(control), Flow::Pause);
  decision->decide(nullptr);
  EXPECT_EQ(body.on_start(control), Flow::Continue);
  EXPECT_EQ(body.on_bytes(bytes_of("abc")), Flow::Continue);
  body.on_end();
}

TEST(DeferredBody, a_peer_that_leaves_while_it_is_decided_aborts_the_decided_sink) {
  auto decision = std::make_shared<DeferredBody::Decision>();
  DeferredBody body(decision);
  std::string seen;
  EXPECT_EQ(body.on_start(std::make_shared<Control>()), Flow::Pause);
  decision->decide(std::make_unique<Collector>(seen));
  body.on_abort(Status(Code::Cancelled, "the peer left"));
  EXPECT_EQ(seen, " abort");
}

}  // namespace tessera::net
