#include "config/bundle.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

TEST(Bundle, GivesBackTheFilesItWasMadeOf) {
  const std::vector<ConfigFile> files{{"/etc/settled/settled.yaml", "version: 1\n"},
                                      {"a file with blanks 7.yaml", ""},
                                      {"b", "\n\n9 3\n"}};
  const auto back = unbundle(bundle(files));
  ASSERT_TRUE(back.has_value());
  ASSERT_EQ(back->size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ((*back)[i].path, files[i].path);
    EXPECT_EQ((*back)[i].text, files[i].text);
  }
}

TEST(Bundle, RefusesWhatIsNone) {
  for (const char* text : {"x", "path 5\nab\n", "path -1\n\n", "path 99999999999999999999\nab\n",
                           "nosize\nab\n", "p 2\nabX"}) {
    EXPECT_FALSE(unbundle(text).has_value()) << text;
  }
  EXPECT_TRUE(unbundle("")->empty());
}

}  // namespace
}  // namespace settle
