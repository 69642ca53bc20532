// Kills a real broker and a real daemon at random, again and again, while events are written to a
// topic: none may be lost, and none may count twice. Each event adds one to what its group desires,
// so what is desired in the end says how often events counted.
//
//   kafka_kills --minutes N --seed S
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/kafka/producer.h"
#include "tests/runtime/daemon.h"
#include "tests/servers/kafka.h"

namespace settle {
namespace {

constexpr int groups = 40;
constexpr const char* topic = "events";

std::string group_name(std::size_t number) {
  return fmt::format("group-{}", number);
}

void configure(const Daemon& daemon, const std::string& brokers) {
  std::string text = "version: 1\ngroups:\n";
  for (std::size_t number = 0; number < groups; ++number) {
    text += fmt::format(
        "  {}:\n    cloud: simulated\n    capacity: {{ min: 0, max: 20000, initial: 0 }}\n"
        "    policies:\n      more: {{ type: webhook, add: 1 }}\n    lateness: 10s\n",
        group_name(number));
  }
  daemon.write_config(text, "observe");
  std::ofstream(daemon.folder() + "/settled.yaml", std::ios::app) << fmt::format(
      "sources:\n  bus: {{ type: kafka, brokers: \"{}\", topic: {}, start: earliest }}\n", brokers,
      topic);
}

/// Writes until told to stop, and remembers what the broker has taken for good. An event is written
/// again, under its id, until it is there.
class Stream {
 public:
  explicit Stream(const std::string& brokers) {
    kafka::Access access;
    access.brokers = brokers;
    auto producer = kafka::Producer::open(access);
    if (producer) producer_ = std::move(*producer);
  }
  void write(std::size_t number, const std::string& time) {
    const std::string group = group_name(number % groups);
    send({topic,
          group,
          fmt::format(R"({{"specversion":"1.0","id":"e{}","source":"/kills","subject":"{}",)"
                      R"("type":"io.settle.adjust.v1","time":"{}","data":{{"policy":"more"}}}})",
                      number, group, time),
          {{"content-type", "application/cloudevents+json"}}});
  }
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  void send(kafka::Outgoing record) {
    producer_->send(record, [this, record](const Status& status) {
      if (status) {
        ++written_;
      } else {
        send(record);
      }
    });
  }
  std::atomic<std::size_t> written_{0};
  std::unique_ptr<kafka::Producer> producer_;
};

/// What the group desires; below zero: nobody says.
long desired(const Daemon& daemon, std::size_t number) {
  const HttpReply reply = daemon.ask("GET", "/v1/groups/" + group_name(number));
  constexpr std::string_view key = "\"desired\":";
  const auto at = reply.body.find(key);
  if (reply.status != 200 || at == std::string::npos) return -1;
  return std::atol(reply.body.c_str() + at + key.size());
}

long sum_of_desired(const Daemon& daemon) {
  long sum = 0;
  for (std::size_t number = 0; number < groups; ++number) {
    const long one = desired(daemon, number);
    if (one < 0) return -1;
    sum += one;
  }
  return sum;
}

int run(double minutes, unsigned seed) {
  servers::Kafka broker;
  broker.create_topic(topic, 4);
  Daemon daemon;
  configure(daemon, broker.brokers());
  if (!daemon.start()) {
    std::fprintf(stderr, "settled does not start:\n%s\n", daemon.log().c_str());
    return 1;
  }
  std::mt19937 chance(seed);
  Stream stream(broker.brokers());
  std::size_t sent = 0;
  int broker_kills = 0;
  int daemon_kills = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto end = begin + std::chrono::duration<double>(60 * minutes);
  auto next_kill = begin;
  while (std::chrono::steady_clock::now() < end) {
    const std::time_t now = std::time(nullptr);
    std::array<char, 32> time{};
    (void)std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
    for (int burst = 0; burst < 5; ++burst) stream.write(sent++, time.data());
    const timespec pace{0, 20'000'000};
    ::nanosleep(&pace, nullptr);
    if (std::chrono::steady_clock::now() < next_kill) continue;
    next_kill =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(500 + chance() % 4'000);
    // It takes a broker seconds to start.
    if (chance() % 5 == 0) {
      broker.kill();
      broker.start();
      ++broker_kills;
    } else {
      daemon.signal(SIGKILL);
      (void)daemon.wait();
      if (!daemon.start()) return 1;
      ++daemon_kills;
    }
  }
  const auto all = static_cast<long>(sent);
  const bool is_exact =
      eventually([&] { return stream.written() == sent && sum_of_desired(daemon) == all; },
                 std::chrono::seconds(60));
  std::printf("seed %u: %zu events, %d kills of the broker, %d of the daemon: %ld counted: %s\n",
              seed, sent, broker_kills, daemon_kills, sum_of_desired(daemon),
              is_exact ? "none lost, none twice" : "NOT what was sent");
  return is_exact ? 0 : 1;
}

}  // namespace
}  // namespace settle

int main(int argc, char** argv) {
  double minutes = 3;
  unsigned seed = 1;
  CLI::App app("Kills Kafka and settled, and counts");
  app.add_option("--minutes", minutes);
  app.add_option("--seed", seed);
  CLI11_PARSE(app, argc, argv);
  if (!settle::servers::Kafka::is_available()) {
    std::puts("Kafka's jars are not here");
    return 77;
  }
  return settle::run(minutes, seed);
}
