// How many events the real daemon takes in, durably, beside whoever sends them: over HTTP one by
// one and in batches, and from a real broker of Kafka; how soon it has caught up after a kill and
// after a burst; and how long an event from Kafka takes to its decision.
//
//   intake_bench http [--batch 100]     intake_bench kafka      intake_bench takeover
//   intake_bench burst [--rate 5000]    intake_bench latency [--rate 50000]
//
// An event is taken once a commit holds it: it is answered, or the log's position has passed it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/journal/journal.h"
#include "daemon/kafka/producer.h"
#include "tests/runtime/daemon.h"
#include "tests/servers/kafka.h"

namespace settle {
namespace {

using Steady = std::chrono::steady_clock;
constexpr const char* topic = "events";
constexpr int partitions = 4;  // Of the topic, and of the daemon.

struct Given {
  std::size_t groups = 1'000;
  std::size_t events = 500'000;
  int seconds = 10;
  std::size_t connections = 64;
  std::size_t batch = 1;
  std::size_t rate = 5'000;
};

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string load_of_machine() {
  std::ifstream in("/proc/loadavg");
  std::string text;
  std::getline(in, text);
  return text;
}

std::string group_name(std::size_t number) {
  return fmt::format("group-{}", number);
}

/// No time: it happens when it is received, or when the record was written.
std::string sample_json(std::size_t number, std::size_t groups) {
  return fmt::format(R"({{"specversion":"1.0","id":"s{}","source":"/bench","subject":"{}",)"
                     R"("type":"io.settle.sample.v1","data":{{"signal":"load","value":0}}}})",
                     number, group_name(number % groups));
}

void configure(const Daemon& daemon, const Given& given, const std::string& brokers) {
  std::string text =
      "version: 1\ndefaults: { capacity: { min: 0, max: 50, initial: 0 }, policies: { load: { "
      "type: "
      "target, target: 50 }, more: { type: webhook, add: 1 } } }\ngroups:\n";
  for (std::size_t number = 0; number < given.groups; ++number) {
    text += fmt::format("  {}: {{}}\n", group_name(number));
  }
  daemon.write_config(text, "observe");
  if (brokers.empty()) return;
  std::ofstream(daemon.folder() + "/settled.yaml", std::ios::app) << fmt::format(
      "sources:\n  bus: {{ type: kafka, brokers: \"{}\", topic: {}, start: earliest }}\n", brokers,
      topic);
}

bool start(Daemon& daemon) {
  if (daemon.start()) return true;
  std::fprintf(stderr, "settled does not start:\n%s\n", daemon.log().c_str());
  return false;
}

// ---- HTTP -----------------------------------------------------------------------------------

std::string request_of(std::size_t& next, const Given& given) {
  std::string body;
  if (given.batch == 1) {
    body = sample_json(next++, given.groups);
  } else {
    for (std::size_t at = 0; at < given.batch; ++at) {
      body += at == 0 ? '[' : ',';
      body += sample_json(next++, given.groups);
    }
    body += ']';
  }
  return fmt::format(
      "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/{}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      given.batch == 1 ? "cloudevents+json" : "cloudevents-batch+json", body.size(), body);
}

/// Each connection has one request under way; one thread serves a share of them in turn.
int run_http(const Given& given) {
  Daemon daemon;
  configure(daemon, given, {});
  if (!start(daemon)) return 1;
  constexpr std::size_t threads = 2;
  std::atomic<std::size_t> answered{0};
  std::atomic<std::size_t> refused{0};
  const auto begin = Steady::now();
  const auto work = [&](std::size_t which) {
    std::vector<std::unique_ptr<HttpConnection>> connections;
    for (std::size_t at = 0; at < given.connections / threads; ++at) {
      connections.push_back(std::make_unique<HttpConnection>(daemon.socket()));
    }
    std::size_t next = which * 1'000'000'000;
    for (const auto& one : connections) (void)one->send(request_of(next, given));
    while (seconds_since(begin) < given.seconds) {
      for (const auto& one : connections) {
        const int status = one->receive().status;
        (status == 200 ? answered : refused) += given.batch;
        (void)one->send(request_of(next, given));
      }
    }
    for (const auto& one : connections) {
      (one->receive().status == 200 ? answered : refused) += given.batch;
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t which = 0; which < threads; ++which) workers.emplace_back(work, which);
  for (std::thread& worker : workers) worker.join();
  const double took = seconds_since(begin);
  std::printf("http, %zu connections, batches of %zu: %.0f events/s answered, %zu not taken\n",
              given.connections, given.batch, static_cast<double>(answered) / took, refused.load());
  return 0;
}

// ---- Kafka ----------------------------------------------------------------------------------

class Stream {
 public:
  explicit Stream(const std::string& brokers) {
    kafka::Access access;
    access.brokers = brokers;
    auto producer = kafka::Producer::open(access);
    if (producer) producer_ = std::move(*producer);
  }
  /// Waits while too many are on their way. One that fails is written again.
  void write(const std::string& group, std::string event) {
    while (sent_ - written_ > 20'000) pause();
    ++sent_;
    send({topic, group, std::move(event), {{"content-type", "application/cloudevents+json"}}});
  }
  void write_samples(std::size_t count, std::size_t groups) {
    for (std::size_t at = 0; at < count; ++at, ++next_) {
      write(group_name(next_ % groups), sample_json(next_, groups));
    }
  }
  void flush() const {
    while (written_ < sent_) pause();
  }
  [[nodiscard]] std::size_t written() const { return written_; }

  static void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

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
  std::atomic<std::size_t> sent_{0};
  std::atomic<std::size_t> written_{0};
  std::size_t next_ = 0;
  std::unique_ptr<kafka::Producer> producer_;
};

/// How many records of the topic commits have passed.
std::size_t passed(const Daemon& daemon) {
  const std::string body = daemon.ask("GET", "/v1/sources").body;
  constexpr std::string_view key = "\"next\":";
  std::size_t sum = 0;
  for (auto at = body.find(key); at != std::string::npos; at = body.find(key, at + 1)) {
    sum += static_cast<std::size_t>(std::atoll(body.c_str() + at + key.size()));
  }
  return sum;
}

bool catches_up(const Daemon& daemon, const Stream& stream) {
  return eventually([&] { return passed(daemon) >= stream.written(); }, std::chrono::minutes(10));
}

int run_kafka(const Given& given) {
  servers::Kafka broker;
  broker.create_topic(topic, partitions);
  Daemon daemon;
  configure(daemon, given, broker.brokers());
  Stream stream(broker.brokers());
  stream.write_samples(given.events, given.groups);
  stream.flush();
  if (!start(daemon)) return 1;
  const auto ready = Steady::now();
  const std::size_t before = passed(daemon);
  if (!catches_up(daemon, stream)) return 1;
  const double took = seconds_since(ready);
  std::printf("kafka, %zu events that waited, %zu groups: %.0f events/s (%.2f s)\n", given.events,
              given.groups, static_cast<double>(given.events - before) / took, took);
  return 0;
}

/// Dies without a word, and comes again to what has been written meanwhile.
int run_takeover(const Given& given) {
  servers::Kafka broker;
  broker.create_topic(topic, partitions);
  Daemon daemon;
  configure(daemon, given, broker.brokers());
  Stream stream(broker.brokers());
  if (!start(daemon)) return 1;
  stream.write_samples(given.groups, given.groups);
  stream.flush();
  if (!catches_up(daemon, stream)) return 1;
  daemon.signal(SIGKILL);
  (void)daemon.wait();
  stream.write_samples(given.events, given.groups);
  stream.flush();
  const auto begin = Steady::now();
  if (!start(daemon)) return 1;
  const double ready = seconds_since(begin);
  if (!catches_up(daemon, stream)) return 1;
  std::printf("after a kill, %zu groups, %zu events behind: ready %.2f s, caught up %.2f s\n",
              given.groups, given.events, ready, seconds_since(begin));
  return 0;
}

/// So many a second, in portions of 10 ms; says how many seconds it lags behind its own pace.
double write_paced(Stream& stream, const Given& given, std::size_t rate, int seconds) {
  const auto begin = Steady::now();
  std::size_t written = 0;
  for (double now = 0; now < seconds; now = seconds_since(begin)) {
    const auto due = static_cast<std::size_t>(now * static_cast<double>(rate));
    if (due > written) stream.write_samples(due - written, given.groups);
    written = std::max(written, due);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return seconds_since(begin) - seconds;
}

int run_burst(const Given& given) {
  servers::Kafka broker;
  broker.create_topic(topic, partitions);
  Daemon daemon;
  configure(daemon, given, broker.brokers());
  Stream stream(broker.brokers());
  if (!start(daemon)) return 1;
  (void)write_paced(stream, given, given.rate, 5);
  if (!catches_up(daemon, stream)) return 1;
  const double behind = write_paced(stream, given, given.rate * 10, given.seconds);
  const std::size_t lag = stream.written() - std::min(stream.written(), passed(daemon));
  const auto end = Steady::now();
  std::atomic<bool> is_over{false};
  std::thread steady([&] {
    while (!is_over) (void)write_paced(stream, given, given.rate, 1);
  });
  // Behind by no more than what comes in a fifth of a second.
  const bool is_back = eventually(
      [&] { return passed(daemon) + given.rate / 5 >= stream.written(); }, std::chrono::minutes(5));
  const double took = seconds_since(end);
  is_over = true;
  steady.join();
  std::printf(
      "burst of %zu/s for %d s over %zu/s (the writer %.1f s late): lag %zu events at its end, "
      "gone %.2f s later%s\n",
      given.rate * 10, given.seconds, given.rate, behind, lag, took, is_back ? "" : ": NOT");
  return is_back ? 0 : 1;
}

/// From an event's time of writing to the decision that it moved, in milliseconds.
std::vector<std::int64_t> waits_of(const Daemon& daemon,
                                   const std::map<std::string, std::int64_t>& sent) {
  std::vector<std::int64_t> waits;
  auto journal = read_journal(daemon.folder() + "/journal.db");
  if (!journal) return waits;
  std::map<std::string, std::int64_t> decided;
  std::uint64_t after = 0;
  for (;;) {
    const auto found = (*journal)->decisions_after(after, 1'000);
    if (!found || found->empty()) break;
    for (const StoredDecision& one : *found) {
      after = one.sequence;
      if (one.record.desired_to != 1) continue;
      decided.emplace(one.record.group.value, one.record.at.time_since_epoch().count());
    }
  }
  for (const auto& [group, at] : sent) {
    const auto found = decided.find(group);
    if (found != decided.end()) waits.push_back(found->second - at);
  }
  std::sort(waits.begin(), waits.end());
  return waits;
}

int run_latency(const Given& given) {
  servers::Kafka broker;
  broker.create_topic(topic, partitions);
  Daemon daemon;
  configure(daemon, given, broker.brokers());
  Stream stream(broker.brokers());
  Stream events(broker.brokers());
  if (!start(daemon)) return 1;
  double behind = 0;
  std::thread beside([&] {
    if (given.rate > 0) behind = write_paced(stream, given, given.rate, given.seconds + 2);
  });
  // A producer's first record waits for its connections; that is no part of what is measured.
  events.write_samples(1, given.groups);
  events.flush();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  std::map<std::string, std::int64_t> sent;  // Each group once: its first firing moves it.
  const auto begin = Steady::now();
  for (std::size_t number = 0; number < given.groups && seconds_since(begin) < given.seconds;
       ++number) {
    const std::string group = group_name(number);
    sent[group] = wall_ms();
    events.write(group, fmt::format(R"({{"specversion":"1.0","id":"a{}","source":"/bench",)"
                                    R"("subject":"{}","type":"io.settle.adjust.v1",)"
                                    R"("data":{{"policy":"more"}}}})",
                                    number, group));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  beside.join();
  events.flush();
  stream.flush();
  const std::size_t all = stream.written() + events.written();
  if (!eventually([&] { return passed(daemon) >= all; }, std::chrono::minutes(5))) return 1;
  daemon.signal(SIGTERM);
  (void)daemon.wait(std::chrono::minutes(1));
  const std::vector<std::int64_t> waits = waits_of(daemon, sent);
  if (waits.empty()) return 1;
  std::printf(
      "kafka -> decision beside %zu/s (the writer %.1f s late): p50 %ld ms, p99 %ld ms, most %ld "
      "ms, of %zu\n",
      given.rate, behind, static_cast<long>(waits[waits.size() / 2]),
      static_cast<long>(waits[std::min(waits.size() - 1, waits.size() * 99 / 100)]),
      static_cast<long>(waits.back()), waits.size());
  return 0;
}

}  // namespace
}  // namespace settle

int main(int argc, char** argv) {
  settle::Given given;
  CLI::App app("What the daemon takes in");
  app.add_option("--groups", given.groups, "At most some 50,000: they are one file");
  app.add_option("--events", given.events, "Written to the topic beforehand");
  app.add_option("--seconds", given.seconds);
  app.add_option("--connections", given.connections);
  app.add_option("--batch", given.batch, "Events in one request");
  app.add_option("--rate", given.rate, "Events a second");
  const std::map<std::string, std::function<int(const settle::Given&)>> runs{
      {"http", settle::run_http},
      {"kafka", settle::run_kafka},
      {"takeover", settle::run_takeover},
      {"burst", settle::run_burst},
      {"latency", settle::run_latency}};
  std::string what;
  app.add_option("what", what, "http, kafka, takeover, burst or latency")->required();
  CLI11_PARSE(app, argc, argv);
  const auto run = runs.find(what);
  if (run == runs.end()) return 2;
  if (what != "http" && !settle::servers::Kafka::is_available()) {
    std::puts("Kafka's jars are not here");
    return 77;
  }
  const int code = run->second(given);
  std::printf("load of the machine: %s\n", settle::load_of_machine().c_str());
  return code;
}
