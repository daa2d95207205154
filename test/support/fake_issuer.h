// FakeIssuer: an identity provider without a network, as auth::Fetch: what it answers can be changed at any time, and
// what it was asked is counted. Safe from many threads.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "auth/discovery.h"

namespace tessera::test {

class FakeIssuer {
 public:
  static constexpr const char* kUrl = "https://issuer.example";

  explicit FakeIssuer(std::string key_set) {
    const std::string url = kUrl;
    set("/.well-known/openid-configuration",
        R"({"issuer":")" + url + R"(","jwks_uri":")" + url + R"(/keys","authorization_endpoint":")" + url +
            R"(/authorize","introspection_endpoint":")" + url + R"(/introspect"})");
    set("/keys", std::move(key_set));
  }

  void set(const std::string& path, std::string body, int status = 200, std::string type = "application/json",
           std::string cache = "") {
    const std::lock_guard lock(mutex_);
    net::ClientAnswer& answer = answers_[kUrl + path];
    answer.status = status;
    answer.body = std::move(body);
    answer.content_type = std::move(type);
    answer.cache_control = std::move(cache);
  }

  auth::Fetch fetch() {
    return [this](const net::ClientRequest& request) -> Result<net::ClientAnswer> {
      std::this_thread::sleep_for(std::chrono::milliseconds(delay_millis.load()));
      const std::lock_guard lock(mutex_);
      ++asked_[request.url];
      last_form_ = request.form;
      const auto found = answers_.find(request.url);
      if (down.load() || found == answers_.end()) {
        return Status(Code::Unavailable, "ask " + request.url + ": nobody is there");
      }
      return found->second;
    };
  }

  int asked(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return asked_[kUrl + path];
  }
  std::string last_form() {
    const std::lock_guard lock(mutex_);
    return last_form_;
  }

  std::atomic<bool> down{false};
  std::atomic<int> delay_millis{0};

 private:
  std::mutex mutex_;
  std::map<std::string, net::ClientAnswer> answers_;
  std::map<std::string, int> asked_;
  std::string last_form_;
};

}  // namespace tessera::test
