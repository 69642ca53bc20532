// The same events, once in order to a daemon that is left alone, and once shuffled, repeated and
// batched to one that is killed with -9 in the middle of requests: both remember the same, byte
// for byte, and the journal of the one that died verifies.
#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <time.h>

#include "daemon/base/wall_clock.h"
#include "daemon/codec/json.h"
#include "daemon/journal/journal.h"
#include "tests/places.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

namespace json = boost::json;

const std::vector<std::string> group_names{"api", "batch", "web"};
constexpr std::size_t events_count = 240;
constexpr int kills_count = 6;

std::string groups_text() {
  std::string text = "version: 1\ngroups:\n";
  for (const std::string& name : group_names) {
    text += fmt::format(R"(  {}:
    capacity: {{ min: 1, max: 20, initial: 3 }}
    policies:
      load: {{ type: target, target: 100, metric: {{ signal: s0, divide_by: instances }} }}
      page: {{ type: alert, alarm: slow, add: 2, release_after: 1m }}
      more: {{ type: webhook, add: 1 }}
      less: {{ type: webhook, remove: 1 }}
    observe_every: 1s
)",
                        name);
  }
  return text;
}

std::string event(std::size_t number, Time at, const char* type, const std::string& content) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"e{}","source":"s{}","type":"{}","subject":"{}",)"
      R"("time":"{}","data":{}}})",
      number, number % 3, type, group_names[number % group_names.size()], time_text(at), content);
}

/// Claims of every kind, several about the same thing, spread over the last minutes.
std::vector<std::string> make_events(Time now) {
  std::vector<std::string> events;
  for (std::size_t number = 0; number < events_count; ++number) {
    const Time at = now - Duration(static_cast<std::int64_t>((number * 7919) % 300'000));
    switch (number % 8) {
      case 0:
      case 1:
      case 2:
        events.push_back(
            event(number, at, "io.settle.sample.v1",
                  fmt::format(R"({{"signal":"s{}","value":{}.5}})", number % 5, number * 3)));
        break;
      case 3:
        events.push_back(event(number, at, "io.settle.alarm.v1",
                               fmt::format(R"({{"alarm":"slow","state":"{}"}})",
                                           number % 16 == 3 ? "firing" : "resolved")));
        break;
      case 4:
        events.push_back(event(
            number, at, "io.settle.health.v1",
            fmt::format(R"({{"instance":"i{}","status":"{}","reporter":"probe","reason":""}})",
                        number % 4, number % 3 == 0 ? "unhealthy" : "healthy")));
        break;
      case 5:
        events.push_back(event(number, at, "io.settle.sample.v1",
                               R"({"signal":"s0","value":null,"instance":"i1"})"));
        break;
      default:
        events.push_back(
            event(number, at, "io.settle.adjust.v1",
                  fmt::format(R"({{"policy":"{}"}})", number % 8 == 6 ? "more" : "less")));
    }
  }
  return events;
}

std::string batch_of(const std::vector<std::string>& events,
                     const std::vector<std::size_t>& numbers) {
  std::string body = "[";
  for (const std::size_t number : numbers) {
    if (body.size() > 1) body += ',';
    body += events[number];
  }
  return body + "]";
}

constexpr const char* batched = "Content-Type: application/cloudevents-batch+json\r\n";

std::map<std::string, std::string> digests(const Daemon& daemon) {
  std::map<std::string, std::string> found;
  for (const std::string& name : group_names) {
    const HttpReply reply = daemon.ask("GET", "/v1/groups/" + name);
    json::error_code error;
    const json::value value = json::parse(reply.body, error);
    EXPECT_FALSE(error) << reply.body;
    if (!error) found[name] = std::string(value.at("digest").as_string());
  }
  return found;
}

class KillTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(binary_folder() + "/settled")) GTEST_SKIP() << "settled is not built";
  }
};

/// Sends a batch, and kills the daemon a moment later, whatever it was doing. Returns whether an
/// answer came all the same.
bool post_and_kill(Daemon& daemon, const std::string& body, std::mt19937_64& chance) {
  HttpConnection connection(daemon.socket());
  (void)connection.send(
      fmt::format("POST /v1/events HTTP/1.1\r\nHost: localhost\r\n{}Content-Length: {}\r\n\r\n{}",
                  batched, body.size(), body));
  timespec pause{0, static_cast<long>(chance() % 8'000'000)};
  ::nanosleep(&pause, nullptr);
  daemon.signal(SIGKILL);
  EXPECT_EQ(daemon.wait(), -SIGKILL);
  return connection.receive(std::chrono::milliseconds(100)).status == 200;
}

/// Every event at least once, some again, in an order of chance, through `kills_count` deaths.
void send_through_deaths(Daemon& daemon, const std::vector<std::string>& events,
                         std::mt19937_64& chance) {
  std::vector<std::size_t> waiting(events.size());
  std::iota(waiting.begin(), waiting.end(), std::size_t{0});
  for (std::size_t extra = 0; extra < events.size() / 2; ++extra) {
    waiting.push_back(chance() % events.size());
  }
  std::shuffle(waiting.begin(), waiting.end(), chance);
  int kills = 0;
  const std::size_t between = waiting.size() / (kills_count + 1);
  std::size_t answered = 0;
  while (!waiting.empty()) {
    const std::size_t count = std::min<std::size_t>(waiting.size(), 1 + chance() % 8);
    const std::vector<std::size_t> numbers(waiting.end() - static_cast<std::ptrdiff_t>(count),
                                           waiting.end());
    const std::string body = batch_of(events, numbers);
    bool is_answered = false;
    if (kills < kills_count && answered >= between * static_cast<std::size_t>(kills + 1)) {
      ++kills;
      is_answered = post_and_kill(daemon, body, chance);
      ASSERT_TRUE(daemon.start()) << daemon.log();
    } else {
      const HttpReply reply = daemon.ask("POST", "/v1/events", body, batched);
      is_answered = reply.status == 200;
      // Full, or ended meanwhile: the sender keeps what was not answered and sends it again.
      ASSERT_TRUE(is_answered || reply.status == 503 || reply.status == 0) << reply.body;
    }
    if (!is_answered) continue;
    answered += count;
    waiting.resize(waiting.size() - count);
  }
  EXPECT_EQ(kills, kills_count);
}

TEST_F(KillTest, WhatWasAnsweredIsRememberedThroughDeaths) {
  const std::vector<std::string> events = make_events(wall_now());
  Daemon quiet;
  quiet.write_config(groups_text());
  ASSERT_TRUE(quiet.start()) << quiet.log();
  for (const std::string& one : events) {
    const HttpReply reply =
        quiet.ask("POST", "/v1/events", one, "Content-Type: application/cloudevents+json\r\n");
    ASSERT_EQ(reply.status, 200) << one << "\n" << reply.body;
  }
  const std::map<std::string, std::string> wanted = digests(quiet);

  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 chance(seed);
  Daemon noisy;
  noisy.write_config(groups_text());
  ASSERT_TRUE(noisy.start()) << noisy.log();
  send_through_deaths(noisy, events, chance);
  EXPECT_EQ(digests(noisy), wanted) << "seed " << seed;

  noisy.signal(SIGTERM);
  EXPECT_EQ(noisy.wait(), 0) << noisy.log();
  const auto journal = read_journal(noisy.folder() + "/journal.db");
  ASSERT_TRUE(journal) << journal.error().message;
  const Result<VerifyReport> report = (**journal).verify();
  ASSERT_TRUE(report) << report.error().message;
  const VerifyReport& verified = *report;
  EXPECT_EQ(verified.damage, std::nullopt) << *verified.damage;
  EXPECT_GT(verified.entries, 0U);
}

}  // namespace
}  // namespace settle
