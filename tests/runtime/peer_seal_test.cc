// What a member passes on bears the seal of members; nothing else does.
#include "daemon/runtime/peer_seal.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

HttpRequest passed_on_by_n1() {
  HttpRequest request;
  request.method = "POST";
  request.target = "/v1/groups/web/pause";
  request.headers = {{passed_on, "n1"},
                     {asked_by, "uid 1000"},
                     {ordered_at, "1795435200000"},
                     {"content-type", "application/json"},
                     {"idempotency-key", "7"}};
  request.body = R"({"reason":"storage"})";
  seal(request, "key");
  return request;
}

TEST(PeerSeal, IsThatOfTheKeyAndOfNoOther) {
  EXPECT_TRUE(is_sealed(passed_on_by_n1(), "key"));
  EXPECT_FALSE(is_sealed(passed_on_by_n1(), "another"));
  EXPECT_FALSE(is_sealed(passed_on_by_n1(), ""));
}

TEST(PeerSeal, CoversWhatIsAskedAndInWhoseName) {
  const std::vector<void (*)(HttpRequest&)> changes{
      [](HttpRequest& request) { request.method = "GET"; },
      [](HttpRequest& request) { request.target = "/v1/groups/api/pause"; },
      [](HttpRequest& request) { request.headers[passed_on] = "n2"; },
      [](HttpRequest& request) { request.headers[asked_by] = "uid 0"; },
      [](HttpRequest& request) { request.headers.erase(asked_by); },
      [](HttpRequest& request) { request.headers[ordered_at] = "0"; },
      [](HttpRequest& request) { request.headers["idempotency-key"] = "8"; },
      [](HttpRequest& request) { request.body += " "; },
      [](HttpRequest& request) { request.headers.erase(seal_header); },
  };
  for (std::size_t at = 0; at < changes.size(); ++at) {
    HttpRequest request = passed_on_by_n1();
    changes[at](request);
    EXPECT_FALSE(is_sealed(request, "key")) << at;
  }
}

TEST(PeerSeal, IsAskedOfEveryHeaderThatOnlyMembersUse) {
  for (const char* name : {passed_on, asked_by, ordered_at, seal_header}) {
    HttpRequest request;
    request.headers[name] = "x";
    EXPECT_TRUE(claims_to_be_passed_on(request));
  }
  EXPECT_FALSE(claims_to_be_passed_on(HttpRequest{}));
}

TEST(PeerSeal, IsNotSetWithoutAKey) {
  HttpRequest request;
  seal(request, "");
  EXPECT_FALSE(request.headers.contains(seal_header));
}

}  // namespace
}  // namespace settle
