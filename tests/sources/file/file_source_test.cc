// A followed file under the contract of every source, and what only a file can do.
#include "daemon/sources/file/file_source.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "daemon/codec/json.h"
#include "tests/intake/conformance.h"
#include "tests/intake/memory_log.h"

namespace settle {
namespace {

namespace fs = std::filesystem;

class FileEnd final : public OtherEnd {
 public:
  explicit FileEnd(const Hall& hall) : hall_(hall) {
    std::string folder = (fs::temp_directory_path() / "settle-file-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
  }
  ~FileEnd() override { fs::remove_all(folder_); }

  std::unique_ptr<Source> open() override {
    file::Settings settings;
    settings.path = path();
    settings.partitions = Hall::partitions;
    settings.in_flight_max = in_flight_max();
    settings.look_every = Duration{5};
    settings.again_after = Duration{2};
    settings.line_bytes_max = 10'000;
    settings.chunk_bytes = 32'768;
    return file::open_file_source(std::move(settings), hall_);
  }
  void write(const std::vector<Signal>& events) override {
    std::ofstream out(path(), std::ios::app);
    for (const Signal& event : events) out << event_json(event) << "\n";
  }
  bool write_poison(const std::string& text) override {
    std::ofstream(path(), std::ios::app) << text << "\n\n";
    return true;
  }
  bool lose() override {
    fs::resize_file(path(), 900);
    return true;
  }
  std::size_t in_flight_max() override { return 64; }
  [[nodiscard]] std::string path() const { return (folder_ / "events.jsonl").string(); }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

 private:
  const Hall& hall_;
  fs::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Sources, SourceConformance,
                         testing::Values(NamedOtherEnd{"a_log_in_memory", memory_log},
                                         NamedOtherEnd{"a_file",
                                                       [](const Hall& hall) {
                                                         return std::make_unique<FileEnd>(hall);
                                                       }}),
                         [](const auto& param) { return param.param.name; });

class FollowedFile : public testing::Test {
 protected:
  void start() {
    source_ = end_.open();
    hall_.attach(*source_);
  }
  void TearDown() override { hall_.detach(); }
  bool has_fired(const std::set<std::string>& ids) {
    return eventually([&] { return hall_.fired() == ids; });
  }

  Hall hall_;
  FileEnd end_{hall_};
  std::unique_ptr<Source> source_;
};

TEST_F(FollowedFile, IsReadOnUnderItsNameWhenItIsReplaced) {
  end_.write({hall_.push({"api"}, "1")});
  start();
  ASSERT_TRUE(has_fired({"api/1"}));
  fs::rename(end_.path(), end_.folder() / "old.jsonl");
  std::ofstream(end_.folder() / "old.jsonl", std::ios::app)
      << event_json(hall_.push({"api"}, "2")) << "\n";
  end_.write({hall_.push({"db"}, "3"), hall_.push({"api"}, "4")});
  EXPECT_TRUE(has_fired({"api/1", "api/2", "api/4", "db/3"}));
}

TEST_F(FollowedFile, WaitsForTheEndOfALine) {
  end_.write({hall_.push({"api"}, "1")});
  const std::string line = event_json(hall_.push({"api"}, "2"));
  std::ofstream(end_.path(), std::ios::app) << line.substr(0, 40);
  start();
  ASSERT_TRUE(has_fired({"api/1"}));
  EXPECT_TRUE(hall_.buried().empty());
  std::ofstream(end_.path(), std::ios::app) << line.substr(40) << "\n";
  EXPECT_TRUE(has_fired({"api/1", "api/2"}));
}

TEST_F(FollowedFile, BuriesALineThatIsTooLongAndGoesOnBehindIt) {
  std::ofstream(end_.path()) << std::string(200'000, 'x') << "\n";
  end_.write({hall_.push({"api"}, "1")});
  start();
  EXPECT_TRUE(has_fired({"api/1"}));
  ASSERT_TRUE(eventually([&] { return !hall_.buried().empty(); }));
  EXPECT_LE(hall_.buried().front().text.size(), 4'096U);
}

TEST_F(FollowedFile, IsWaitedForWhileThereIsNone) {
  start();
  ASSERT_TRUE(eventually([&] { return source_->report().state == "waiting"; }));
  end_.write({hall_.push({"api"}, "1")});
  EXPECT_TRUE(has_fired({"api/1"}));
}

}  // namespace
}  // namespace settle
