#include "daemon/base/file_lock.h"

#include <filesystem>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <unistd.h>

namespace settle {
namespace {

class FileLocks : public testing::Test {
 protected:
  FileLocks() {
    std::string name = testing::TempDir() + "settle-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FileLocks() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(FileLocks, AreHeldByOneAtATime) {
  const std::string path = folder_ + "/lock";
  {
    auto first = FileLock::take(path);
    ASSERT_TRUE(first);
    const FileLock moved = std::move(*first);
    const auto second = FileLock::take(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find(path), std::string::npos);
  }
  EXPECT_TRUE(FileLock::take(path));
}

TEST_F(FileLocks, SayWhyTheyCannotBeTaken) {
  const auto lock = FileLock::take(folder_ + "/absent/lock");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, ErrorCode::unavailable);
  EXPECT_NE(lock.error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace settle
