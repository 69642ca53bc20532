// A program that is a source: the example of the documentation under the contract of every source,
// and programs that misbehave.
#include "daemon/sources/lines/lines_source.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <unistd.h>

#include "daemon/codec/json.h"
#include "daemon/sources/lines/progress.h"
#include "daemon/sources/lines/words.h"
#include "tests/intake/conformance.h"
#include "tests/places.h"

namespace settle {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

lines::Settings settings_of(const std::string& program, const fs::path& feed) {
  lines::Settings settings;
  settings.name = "feed";
  settings.command = {"/usr/bin/python3", program};
  settings.environment["FILE"] = feed.string();
  settings.partitions = Hall::partitions;
  settings.restart_first = Duration{20};
  settings.restart_most = Duration{50};
  return settings;
}

/// A folder of a test's own.
class Folder {
 public:
  Folder() {
    std::string folder = (fs::temp_directory_path() / "settle-lines-XXXXXX").string();
    path_ = ::mkdtemp(folder.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

class ProgramEnd final : public OtherEnd {
 public:
  explicit ProgramEnd(const Hall& hall) : hall_(hall) {}

  std::unique_ptr<Source> open() override {
    lines::Settings settings =
        settings_of(source_folder() + "/examples/sources/follow_file.py", folder_ / "events.jsonl");
    settings.in_flight_max = in_flight_max();
    return lines::open_lines_source(std::move(settings), hall_);
  }
  void write(const std::vector<Signal>& events) override {
    std::ofstream out(folder_ / "events.jsonl", std::ios::app);
    for (const Signal& event : events) out << event_json(event) << "\n";
  }
  bool write_poison(const std::string& text) override {
    std::ofstream(folder_ / "events.jsonl", std::ios::app) << text << "\n";
    return true;
  }
  bool lose() override {
    fs::resize_file(folder_ / "events.jsonl", 900);
    return true;
  }
  std::size_t in_flight_max() override { return 64; }

 private:
  const Hall& hall_;
  Folder folder_;
};

INSTANTIATE_TEST_SUITE_P(Sources, SourceConformance,
                         testing::Values(NamedOtherEnd{
                             "a_program",
                             [](const Hall& hall) { return std::make_unique<ProgramEnd>(hall); }}),
                         [](const auto& param) { return param.param.name; });

class AProgram : public testing::Test {
 protected:
  void TearDown() override { hall_.detach(); }
  void start(const std::string& script) {
    std::ofstream(folder_ / "program.py")
        << "import sys, json, time\n"
           "def say(**words): print(json.dumps(words), flush=True)\n"
        << script;
    lines::Settings settings =
        settings_of((folder_ / "program.py").string(), folder_ / "events.jsonl");
    settings.ready_within = Duration{2'000};
    settings.in_flight_max = 4;
    source_ = lines::open_lines_source(std::move(settings), hall_);
    hall_.attach(*source_);
  }
  bool fails_with(const std::string& why) {
    return eventually([&] { return source_->report().last_error.find(why) != std::string::npos; });
  }
  [[nodiscard]] int starts() const { return std::stoi(source_->report().details["starts"]); }

  Hall hall_;
  Folder folder_;
  std::unique_ptr<Source> source_;
};

TEST_F(AProgram, IsStartedAgainWhenItEnds) {
  start("say(settle=1, ready=True)\n");
  EXPECT_TRUE(eventually([&] { return starts() > 2; }));
}

TEST_F(AProgram, IsStartedAgainWhenItSaysALineThatIsTooLong) {
  start("say(settle=1, ready=True)\nprint('x' * 3000000, flush=True)\nsys.stdin.read()\n");
  EXPECT_TRUE(fails_with("too long"));
  EXPECT_TRUE(eventually([&] { return starts() > 1; }));
}

TEST_F(AProgram, MustSayThatItIsReady) {
  start("sys.stdin.read()\n");
  EXPECT_TRUE(fails_with("ready"));
}

TEST_F(AProgram, SaysItsLagAndItsTroubleToPeople) {
  start(
      "say(settle=1, ready=True)\nsay(settle=1, lag=17)\nsay(settle=1, error='no feed')\n"
      "sys.stdin.read()\n");
  EXPECT_TRUE(fails_with("no feed"));
  EXPECT_EQ(source_->report().lag, 17);
}

TEST_F(AProgram, HasWhatIsNoEventBuried) {
  start(
      "say(settle=1, ready=True)\nprint('{\"truncated', flush=True)\nsay(settle=7)\n"
      "sys.stdin.read()\n");
  EXPECT_TRUE(eventually([&] { return hall_.buried().size() >= 2; }));
}

TEST_F(AProgram, RunsOnlyWhereItsPositionLies) {
  start("say(settle=1, ready=True)\nsys.stdin.read()\n");
  ASSERT_TRUE(eventually([&] { return source_->report().state == "reading"; }));
  for (std::uint32_t number = 0; number < Hall::partitions; ++number) source_->unseated(number);
  EXPECT_TRUE(eventually([&] { return source_->report().state == "idle"; }));
}

TEST(Progress, StopsAtTheFirstThatIsNotAcked) {
  lines::Progress progress(std::nullopt);
  EXPECT_FALSE(progress.position());
  for (const std::int64_t sequence : {3, 5, 9}) progress.emitted(sequence);
  EXPECT_EQ(progress.position(), 3);
  progress.done(5);
  EXPECT_EQ(progress.position(), 3);
  progress.done(3);
  EXPECT_EQ(progress.position(), 6);
  progress.done(9);
  EXPECT_EQ(progress.position(), 10);
  progress.emitted(3);  // Once more, after a restart at the other end.
  EXPECT_EQ(progress.position(), 3);
  progress.done(3);
  EXPECT_EQ(progress.position(), 10);
}

TEST(Words, AreReadWhateverTheyAre) {
  const Time now{Duration{1'700'000'000'000}};
  const auto is_poison = [&](const char* line) {
    return std::holds_alternative<lines::Buried>(lines::read_line(line, now));
  };
  for (const char* line :
       {"", "[]", "7", "{", "{}", "{\"settle\":2}", "{\"settle\":\"x\"}", "\xff"}) {
    EXPECT_TRUE(is_poison(line)) << line;
  }
  const lines::Said said = lines::read_line(
      R"({"specversion":"1.0","id":"e","source":"s","subject":"web","sequence":"41",)"
      R"("type":"io.settle.adjust.v1","data":{"policy":"p"}})",
      now);
  const auto* emitted = std::get_if<lines::Emitted>(&said);
  ASSERT_NE(emitted, nullptr);
  EXPECT_EQ(emitted->sequence, 41);
  EXPECT_EQ(emitted->id, "e");
  EXPECT_EQ(lines::hello(std::nullopt), R"({"settle":1,"position":null})");
  EXPECT_EQ(lines::hello(41), R"({"settle":1,"position":41})");
  EXPECT_EQ(lines::ack({"a", "b\""}), R"({"ack":["a","b\""]})");
  EXPECT_EQ(lines::fail({"a"}, "full"), R"({"fail":["a"],"why":"full"})");
}

}  // namespace
}  // namespace settle
