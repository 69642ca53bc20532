// Addresses of clusters, as people write them.
#include "daemon/base/ensemble_place.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

std::string refusal(const std::string& url) {
  const auto place = parse_place(url);
  return place ? "accepted" : place.error().message;
}

TEST(Places, AreServersAndAPath) {
  const auto place = parse_place("zookeeper://zk1:2181,zk-2.lan,[fd00::1]:2191/settle/prod");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->servers,
            (std::vector<std::string>{"zk1:2181", "zk-2.lan:2181", "[fd00::1]:2191"}));
  EXPECT_EQ(place->name_space, "/settle/prod");
  EXPECT_EQ(to_url(*place), "zookeeper://zk1:2181,zk-2.lan:2181,[fd00::1]:2191/settle/prod");
  EXPECT_EQ(*parse_place(to_url(*place)), *place);
}

TEST(Places, WithoutAPathAreTheStandardOne) {
  EXPECT_EQ(parse_place("zookeeper://zk1,zk2:2182")->name_space, "/settle");
}

TEST(Places, AreRefusedWithAnExample) {
  for (const char* url :
       {"zookeeper:/settle", "zookeeper://", "zookeeper://zk1/", "zookeeper:///settle",
        "zookeeper://zk1,,zk2/settle", "zookeeper://zk1:0/settle", "zookeeper://zk1:65536/settle",
        "zookeeper://zk1:x/settle", "zookeeper://zk 1/settle", "zookeeper://zk1/settle/",
        "zookeeper://zk1/a//b", "zookeeper://zk1/a b", "zookeeper://[::1:2181/settle",
        "zookeeper://zk1/zookeeper", "sqlite:/x"}) {
    const std::string why = refusal(url);
    EXPECT_NE(why.find("zookeeper://zk1:2181,zk2:2181/settle/prod"), std::string::npos)
        << url << ": " << why;
  }
}

TEST(Places, HaveNoCredentials) {
  const std::string why = refusal("zookeeper://settle:secret@zk1/settle");
  EXPECT_EQ(why.find("secret"), std::string::npos);
  EXPECT_NE(why.find("into a file"), std::string::npos);
}

}  // namespace
}  // namespace settle
