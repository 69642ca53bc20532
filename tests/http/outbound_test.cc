#include "daemon/http/outbound.h"

#include <future>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "tests/http/raw_server.h"

namespace settle::http {
namespace {
using namespace std::chrono_literals;

Call call_to(const std::string& url) {
  Call call;
  call.operation = "Test";
  call.url = url;
  call.deadline = 10s;
  return call;
}

Answer ask(Outbound& out, Call call) {
  std::promise<Answer> promise;
  out.start(std::move(call), [&](Answer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

Answer ask_once(const std::string& url) {
  Outbound out({});
  return ask(out, call_to(url));
}

TEST(Outbound, SendsMethodHeadersAndBodyAndReadsStatusHeadersAndBody) {
  std::string seen;
  RawServer server([&](const std::string& request) {
    seen = request;
    return RawReply{plain_reply(418, "short and stout", "Retry-After:  7 \r\n")};
  });
  Outbound out({});
  Call call = call_to(server.url() + "pot?a=1");
  call.method = "POST";
  call.headers = {{"X-One", "1"}};
  call.body = "hello";
  const Answer answer = ask(out, call);
  EXPECT_TRUE(answer.is(418));
  EXPECT_EQ(answer.body, "short and stout");
  EXPECT_EQ(answer.header("retry-after"), "7");
  EXPECT_EQ(seen.rfind("POST /pot?a=1 HTTP/1.1\r\n", 0), 0U);
  EXPECT_NE(seen.find("X-One: 1\r\n"), std::string::npos);
  EXPECT_EQ(seen.find("Expect:"), std::string::npos);
  EXPECT_EQ(seen.substr(seen.size() - 9), "\r\n\r\nhello");
}

TEST(Outbound, NobodyThereMeansUnsent) {
  std::string nobody;
  {
    nobody = RawServer([](const std::string&) { return RawReply{}; }).url();
  }
  EXPECT_EQ(ask_once(nobody).end, End::unsent);
  EXPECT_EQ(ask_once("http://[::1]:1/").end, End::unsent);
}

TEST(Outbound, AnAnswerThatIsLostOrCutMeansItMayHaveHadItsEffect) {
  RawServer silent([](const std::string&) { return RawReply{}; });
  EXPECT_EQ(ask_once(silent.url()).end, End::unanswered);
  RawServer cut([](const std::string&) {
    return RawReply{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true};
  });
  const Answer answer = ask_once(cut.url());
  EXPECT_EQ(answer.end, End::unanswered);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_FALSE(answer.why.empty());
}

TEST(Outbound, WhatIsTooLargeIsNotRead) {
  RawServer server(
      [](const std::string&) { return RawReply{plain_reply(200, std::string(100'000, 'x'))}; });
  Outbound out({});
  Call call = call_to(server.url());
  call.reply_max = 99'999;
  EXPECT_EQ(ask(out, call).end, End::too_large);
  call.reply_max = 100'000;
  EXPECT_TRUE(ask(out, call).is(200));
}

TEST(Outbound, ARedirectIsAnAnswerAndNotFollowed) {
  int calls = 0;
  RawServer server([&](const std::string&) {
    ++calls;
    return RawReply{plain_reply(302, "", "Location: /elsewhere\r\n")};
  });
  EXPECT_TRUE(ask_once(server.url()).is(302));
  EXPECT_EQ(calls, 1);
}

TEST(Outbound, ADeadlineEndsACallThatIsNotAnswered) {
  std::promise<void> may_end;
  RawServer server([&](const std::string&) {
    may_end.get_future().wait();
    return RawReply{};
  });
  Outbound out({});
  Call call = call_to(server.url());
  call.deadline = 50ms;
  const Answer answer = ask(out, call);
  may_end.set_value();
  EXPECT_EQ(answer.end, End::unanswered);
}

TEST(Outbound, PlainHttpGoesToLoopbackOnly) {
  EXPECT_TRUE(is_allowed_url("https://ec2.eu-north-1.amazonaws.com/"));
  EXPECT_TRUE(is_allowed_url("http://127.0.0.1:5000/"));
  EXPECT_TRUE(is_allowed_url("http://localhost"));
  EXPECT_TRUE(is_allowed_url("http://[::1]:5000/x"));
  EXPECT_FALSE(is_allowed_url("http://127.0.0.1.example.net/"));
  EXPECT_FALSE(is_allowed_url("http://localhost.example.net/"));
  EXPECT_FALSE(is_allowed_url("http://localhost:80@example.net/"));
  EXPECT_FALSE(is_allowed_url("http://10.0.0.1/"));
  EXPECT_FALSE(is_allowed_url("ftp://127.0.0.1/"));
  EXPECT_FALSE(is_allowed_url("file:///etc/passwd"));
  const Answer answer = ask_once("http://10.0.0.1/");
  EXPECT_EQ(answer.end, End::unsent);
}

TEST(Outbound, TheMetadataServiceIsReachedByThoseThatSaySoAlone) {
  EXPECT_TRUE(is_metadata_url("http://169.254.169.254/latest"));
  EXPECT_FALSE(is_metadata_url("http://169.254.169.25/"));
  EXPECT_FALSE(is_metadata_url("http://169.254.169.254.example.net/"));
  EXPECT_FALSE(is_metadata_url("http://169.254.169.254:80@example.net/"));
  EXPECT_FALSE(is_allowed_url("http://169.254.169.254/latest"));
  EXPECT_EQ(ask_once("http://169.254.169.254/latest").end, End::unsent);
}

TEST(Outbound, TheMostUrgentOfThoseThatWaitGoesFirst) {
  std::mutex mutex;
  std::vector<std::string> order;
  std::promise<void> first_came;
  std::promise<void> may_answer;
  RawServer server([&](const std::string& request) {
    const std::string path = request.substr(5, request.find(' ', 5) - 5);
    if (path == "first") {
      first_came.set_value();
      may_answer.get_future().wait();
    }
    const std::lock_guard lock(mutex);
    order.push_back(path);
    return RawReply{plain_reply(200, "")};
  });
  Outbound out({.budget = {.calls_per_second = 1'000, .in_flight = 1}});
  std::vector<std::future<Answer>> answers;
  const auto send = [&](const std::string& path, Urgency urgency) {
    auto promise = std::make_shared<std::promise<Answer>>();
    answers.push_back(promise->get_future());
    Call call = call_to(server.url() + path);
    call.urgency = urgency;
    out.start(call, [promise](Answer answer) { promise->set_value(std::move(answer)); });
  };
  send("first", Urgency::look);
  first_came.get_future().wait();
  send("look", Urgency::look);
  send("in", Urgency::in);
  send("out", Urgency::out);
  send("replace", Urgency::replace);
  may_answer.set_value();
  for (std::future<Answer>& answer : answers) EXPECT_TRUE(answer.get().is(200));
  EXPECT_EQ(order, (std::vector<std::string>{"first", "replace", "out", "in", "look"}));
}

TEST(Outbound, AnApiThatFailsRepeatedlyIsLeftAlone) {
  int calls = 0;
  RawServer server([&](const std::string&) {
    ++calls;
    return RawReply{plain_reply(500, "")};
  });
  Outbound out({});
  for (int n = 0; n < 5; ++n) EXPECT_TRUE(ask(out, call_to(server.url())).is(500));
  int unsent = 0;
  for (int n = 0; n < 20; ++n) unsent += ask(out, call_to(server.url())).end == End::unsent;
  EXPECT_GE(unsent, 18);
  EXPECT_LE(calls, 7);
}

TEST(Outbound, WhoeverStopsItLeavesNobodyWithoutAnAnswer) {
  std::promise<void> came;
  std::promise<void> may_end;
  RawServer server([&](const std::string&) {
    came.set_value();
    may_end.get_future().wait();
    return RawReply{};
  });
  std::vector<End> ends;
  {
    Outbound out({.budget = {.calls_per_second = 10, .in_flight = 1}});
    out.start(call_to(server.url()), [&](const Answer& answer) { ends.push_back(answer.end); });
    came.get_future().wait();
    out.start(call_to(server.url()), [&](const Answer& answer) { ends.push_back(answer.end); });
  }
  may_end.set_value();
  EXPECT_EQ(ends, (std::vector<End>{End::unanswered, End::unsent}));
}

TEST(Outbound, NotesWhatEachCallCameTo) {
  RawServer server([](const std::string&) { return RawReply{plain_reply(204, "")}; });
  std::vector<CallNote> notes;
  Outbound out({}, [&](const CallNote& note) { notes.push_back(note); });
  ask(out, call_to(server.url()));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].operation, "Test");
  EXPECT_EQ(notes[0].status, 204);
}

}  // namespace
}  // namespace settle::http
