#include "tests/http/fault_proxy.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace settle::http {
namespace {

/// A connection of its own for each request: whoever reads until the end then knows it.
std::string with_close(const std::string& request) {
  std::string closing = request;
  closing.insert(closing.find("\r\n") + 2, "Connection: close\r\n");
  return closing;
}

/// The body with each text replaced, and the length that it then has.
std::string rewritten(std::string answer, const std::map<std::string, std::string>& replacements) {
  const auto end = answer.find("\r\n\r\n");
  if (replacements.empty() || end == std::string::npos) return answer;
  std::string body = answer.substr(end + 4);
  for (const auto& [text, by] : replacements) {
    for (std::size_t at = 0; (at = body.find(text, at)) != std::string::npos; at += by.size()) {
      body.replace(at, text.size(), by);
    }
  }
  std::string head = answer.substr(0, end);
  std::string low = head;
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const auto length = low.find("\r\ncontent-length:");
  if (length == std::string::npos) return head + "\r\n\r\n" + body;
  const auto line_end = std::min(head.find("\r\n", length + 2), head.size());
  head.replace(length, line_end - length, "\r\nContent-Length: " + std::to_string(body.size()));
  return head + "\r\n\r\n" + body;
}

}  // namespace

void FaultProxy::set(Choose choose) {
  const std::lock_guard lock(mutex_);
  choose_ = std::move(choose);
}

void FaultProxy::replace(const std::string& text, const std::string& by) {
  const std::lock_guard lock(mutex_);
  replacements_[text] = by;
}

int FaultProxy::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

RawReply FaultProxy::pass_on(const std::string& request) {
  Fault fault;
  std::map<std::string, std::string> replacements;
  {
    const std::lock_guard lock(mutex_);
    if (choose_) fault = choose_(request);
    if (fault.kind != Fault::Kind::none) ++faults_;
    replacements = replacements_;
  }
  if (fault.kind == Fault::Kind::lose_request) return {{}, true};
  if (fault.kind == Fault::Kind::answer) return {std::move(fault.reply)};
  if (fault.kind == Fault::Kind::twice) (void)http::exchange(upstream_, with_close(request));
  std::string answer = rewritten(http::exchange(upstream_, with_close(request)), replacements);
  if (fault.kind == Fault::Kind::lose_answer) return {{}, true};
  if (fault.kind == Fault::Kind::truncate) answer.resize(std::min(answer.size(), fault.bytes));
  return {std::move(answer)};
}

}  // namespace settle::http
