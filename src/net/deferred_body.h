// DeferredBody: the sink of a request of which it is not known yet who takes its body, because somebody else must be
// asked first (an identity provider). The connection reads nothing and sends no "100 Continue" until decide().
#pragma once

#include <memory>
#include <mutex>

#include "net/http.h"

namespace tessera::net {

class DeferredBody final : public BodySink {
 public:
  // The half that is kept by whoever decides. Callable from any thread, once; the request may be over by then.
  class Decision {
   public:
    // None: nobody wants the body; the request is answered already or will be.
    void decide(std::unique_ptr<BodySink> sink);

   private:
    friend class DeferredBody;
    std::mutex mutex_;
    bool decided_ = false;
    std::unique_ptr<BodySink> sink_;
    std::shared_ptr<BodyControl> control_;
  };

  explicit DeferredBody(std::shared_ptr<Decision> decision) : decision_(std::move(decision)) {}

  Flow on_start(std::shared_ptr<BodyControl> control) override;
  Flow on_bytes(ByteView bytes) override;
  void on_end() override;
  void on_abort(const Status& why) override;

 private:
  const std::shared_ptr<Decision> decision_;
  std::unique_ptr<BodySink> sink_;
};

}  // namespace tessera::net
