// The instance metadata service as its documentation has it, version 2 alone: without a session
// token everything is 401. Ours, and so no proof of what AWS does.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "tests/http/raw_server.h"

namespace settle::ec2 {

class FakeMetadata {
 public:
  [[nodiscard]] std::string url() const { return server_.url(); }
  /// What the role is given from now on; "2026-11-23T09:14:30Z".
  void grant(const std::string& key, const std::string& expiration) {
    const std::lock_guard lock(mutex_);
    role_ = R"({"Code":"Success","Type":"AWS-HMAC","AccessKeyId":")" + key +
            R"(","SecretAccessKey":"s-)" + key + R"(","Token":"t-)" + key + R"(","Expiration":")" +
            expiration + "\"}";
  }
  void say(const std::string& text) {
    const std::lock_guard lock(mutex_);
    role_ = text;
  }
  void be_silent(bool is_silent) { is_silent_ = is_silent; }
  [[nodiscard]] int sessions() const { return sessions_; }

 private:
  http::RawReply answer(const std::string& request) {
    if (is_silent_) return {{}, true};
    const bool asks_for_session =
        request.rfind("PUT /latest/api/token ", 0) == 0 &&
        request.find("X-aws-ec2-metadata-token-ttl-seconds: ") != std::string::npos;
    if (asks_for_session) {
      return {http::plain_reply(200, "session-" + std::to_string(++sessions_))};
    }
    const std::string wanted = "X-aws-ec2-metadata-token: session-" + std::to_string(sessions_);
    if (request.find(wanted) == std::string::npos) return {http::plain_reply(401, "")};
    const std::lock_guard lock(mutex_);
    if (role_.empty()) return {http::plain_reply(404, "")};
    const std::string roles = "GET /latest/meta-data/iam/security-credentials/";
    if (request.rfind(roles + " ", 0) == 0) return {http::plain_reply(200, "settle")};
    if (request.rfind(roles + "settle ", 0) == 0) return {http::plain_reply(200, role_)};
    return {http::plain_reply(404, "")};
  }

  std::mutex mutex_;
  std::string role_;  // Guarded by mutex_.
  std::atomic<bool> is_silent_{false};
  std::atomic<int> sessions_{0};
  http::RawServer server_{[this](const std::string& request) { return answer(request); }};
};

}  // namespace settle::ec2
