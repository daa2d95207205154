#include "net/deferred_body.h"

#include <utility>

namespace tessera::net {

void DeferredBody::Decision::decide(std::unique_ptr<BodySink> sink) {
  std::shared_ptr<BodyControl> waiting;
  {
    const std::lock_guard lock(mutex_);
    decided_ = true;
    sink_ = std::move(sink);
    waiting = std::move(control_);
  }
  if (waiting != nullptr) {
    waiting->resume();
  }
}

Flow DeferredBody::on_start(std::shared_ptr<BodyControl> control) {
  if (sink_ == nullptr) {
    const std::lock_guard lock(decision_->mutex_);
    if (!decision_->decided_) {
      decision_->control_ = std::move(control);
      return Flow::Pause;
    }
    sink_ = std::move(decision_->sink_);
  }
  return sink_ != nullptr ? sink_->on_start(std::move(control)) : Flow::Continue;
}

Flow DeferredBody::on_bytes(ByteView bytes) {
  return sink_ != nullptr ? sink_->on_bytes(bytes) : Flow::Continue;
}

void DeferredBody::on_end() {
  if (sink_ != nullptr) {
    sink_->on_end();
  }
}

void DeferredBody::on_abort(const Status& why) {
  if (sink_ == nullptr) {  // decided while the peer was leaving: that sink has not started, and must still be told
    const std::lock_guard lock(decision_->mutex_);
    sink_ = std::move(decision_->sink_);
  }
  if (sink_ != nullptr) {
    sink_->on_abort(why);
  }
}

}  // namespace tessera::net
