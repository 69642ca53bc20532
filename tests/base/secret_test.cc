#include "daemon/base/secret.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace settle {
namespace {

namespace fs = std::filesystem;

/// Two folders of secrets that go with the test.
class Secret : public testing::Test {
 protected:
  Secret() {
    std::string pattern = (fs::temp_directory_path() / "settle-secret-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    folders_ = {root_ + "/given", root_ + "/own"};
    fs::create_directories(folders_.credentials);
    fs::create_directories(folders_.own);
  }
  ~Secret() override { fs::remove_all(root_); }
  static void put(const std::string& path, const std::string& text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
  }
  std::string root_;
  SecretFolders folders_;
};

TEST_F(Secret, ComesFromCredentialsBeforeTheOwnFolder) {
  put(folders_.own + "/key", "own\n");
  EXPECT_EQ(*read_secret("key", folders_), "own");
  put(folders_.credentials + "/key", "given", 0444);
  EXPECT_EQ(*read_secret("key", folders_), "given");
}

TEST_F(Secret, IsReadAnewEachTime) {
  put(folders_.own + "/key", "old");
  EXPECT_EQ(*read_secret("key", folders_), "old");
  put(folders_.own + "/key", "new");
  EXPECT_EQ(*read_secret("key", folders_), "new");
}

TEST_F(Secret, AFileThatOthersMayReadIsRefusedWithoutShowingIt) {
  for (const mode_t mode : {0644U, 0660U, 0604U}) {
    put(folders_.own + "/key", "hush", mode);
    const Result<std::string> secret = read_secret("key", folders_);
    ASSERT_FALSE(secret.has_value());
    EXPECT_NE(secret.error().message.find("make it 0600 or 0640"), std::string::npos);
    EXPECT_EQ(secret.error().message.find("hush"), std::string::npos);
  }
  put(folders_.own + "/key", "hush", 0640);
  EXPECT_TRUE(read_secret("key", folders_).has_value());
}

TEST_F(Secret, OnlyAPlainFileByItsPlainName) {
  put(root_ + "/elsewhere", "x");
  fs::create_symlink(root_ + "/elsewhere", folders_.own + "/link");
  fs::create_directory(folders_.own + "/folder");
  for (const char* name : {"../elsewhere", "a/b", "", ".hidden", "link", "folder", "nothing"}) {
    EXPECT_FALSE(read_secret(name, folders_).has_value()) << name;
  }
}

TEST_F(Secret, StandsInTextsAndTheFirstThatIsMissingIsTheError) {
  put(folders_.own + "/a", "1");
  put(folders_.own + "/b", "2");
  EXPECT_EQ(*resolve_secrets("x-${secret:a}-${secret:b}", folders_), "x-1-2");
  EXPECT_EQ(*resolve_secrets("plain ${env:A} ${secret", folders_), "plain ${env:A} ${secret");
  const Result<std::string> missing = resolve_secrets("${secret:a}${secret:c}", folders_);
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().message.find("\"c\""), std::string::npos);
}

}  // namespace
}  // namespace settle
