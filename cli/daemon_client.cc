#include "cli/daemon_client.h"

#include <memory>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

namespace settle {
namespace {

constexpr long connect_timeout_ms = 3'000;
constexpr long timeout_ms = 60'000;  // `decisions -f` waits 30 s for news.
constexpr std::size_t reply_bytes_max = 256U << 20U;

struct CurlDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > reply_bytes_max) return 0;
  body.append(bytes, size * count);
  return size * count;
}

}  // namespace

DaemonClient::DaemonClient(std::string address) : address_(std::move(address)) {}

Result<Reply> DaemonClient::get(std::string_view path) const {
  return request(path, nullptr);
}

Result<Reply> DaemonClient::post(std::string_view path, std::string_view json) const {
  const std::string body(json);
  return request(path, &body);
}

Result<Reply> DaemonClient::request(std::string_view path, const std::string* body) const {
  const std::unique_ptr<CURL, CurlDeleter> curl(curl_easy_init());
  if (!curl) return Error{ErrorCode::unavailable, "no memory for a connection"};
  Reply reply;
  std::string url;
  if (address_.starts_with("http://") || address_.starts_with("https://")) {
    url = address_ + std::string(path);
  } else {
    const std::string socket = address_.starts_with("unix:") ? address_.substr(5) : address_;
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
    url = "http://localhost" + std::string(path);
  }
  std::unique_ptr<curl_slist, CurlDeleter> headers;
  if (body != nullptr) {
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(body->size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  }
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply.body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    return Error{ErrorCode::unavailable,
                 fmt::format("no answer from settled at {}: {}. Is it running? Another address is "
                             "given by --address or SETTLE_ADDR",
                             address_, curl_easy_strerror(code))};
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

std::string url_part(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

}  // namespace settle
