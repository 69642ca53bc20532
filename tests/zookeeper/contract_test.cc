// What every backend promises: the same tests over memory and over a real server.
#include <map>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "daemon/zookeeper/c_client.h"
#include "daemon/zookeeper/memory_ensemble.h"
#include "tests/zookeeper/clients.h"
#include "tests/zookeeper/ensemble.h"

namespace settle::zk {
namespace {

using testing::ElementsAre;

/// Where sessions come from.
class Origin {
 public:
  virtual ~Origin() = default;
  virtual BackendFactory of(const std::string& user) = 0;
  EventThread thread;
};

class InMemory final : public Origin {
 public:
  BackendFactory of(const std::string& user) override {
    return [this, user] { return ensemble_.session(user, Milliseconds(6'000)); };
  }

 private:
  MemoryEnsemble ensemble_{thread, 1};
};

class Real final : public Origin {
 public:
  Real() : ensemble_(1) {}
  BackendFactory of(const std::string& user) override {
    CClientOptions options;
    options.servers = ensemble_.servers();
    options.session_timeout = Milliseconds(6'000);
    if (!user.empty()) options.digest = user + ":secret";
    const auto client = std::make_shared<CClient>(thread, std::move(options));
    return [client] { return client->session(); };
  }

 private:
  Ensemble ensemble_;
};

class Contract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool is_real = GetParam() == std::string("real");
    if (is_real && !Ensemble::is_available()) GTEST_SKIP() << "zookeeper is not installed";
    // One server for all tests of this file: each works below a path of its own.
    static std::map<std::string, std::unique_ptr<Origin>> origins;
    std::unique_ptr<Origin>& origin = origins[GetParam()];
    if (origin == nullptr) {
      if (is_real) {
        origin = std::make_unique<Real>();
      } else {
        origin = std::make_unique<InMemory>();
      }
    }
    origin_ = origin.get();
    const auto* about = testing::UnitTest::GetInstance()->current_test_info();
    std::string test = about->name();
    name_space_ = "/" + test.substr(0, test.find('/'));
  }

  FrameworkOptions options(const std::string& user = "") {
    FrameworkOptions options;
    options.backend = origin_->of(user);
    options.name_space = name_space_;
    options.server_tick = Milliseconds(500);
    return options;
  }
  EventThread& thread() { return origin_->thread; }

  Origin* origin_ = nullptr;
  std::string name_space_;
};

TEST_P(Contract, WritesWhatIsReadBack) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  ASSERT_EQ(client.create("/a/b", "one").first, Code::ok);
  const auto [code, data] = client.get("/a/b");
  EXPECT_EQ(code, Code::ok);
  EXPECT_EQ(data.bytes, "one");
  EXPECT_EQ(data.stat.version, 0);
  EXPECT_EQ(data.stat.ephemeral_owner, 0);
  EXPECT_EQ(client.set("/a/b", "two", 0).second.version, 1);
  EXPECT_EQ(client.set("/a/b", "three", 0).first, Code::bad_version);
  EXPECT_EQ(client.get("/a/b").second.bytes, "two");
  EXPECT_THAT(client.children("/a").second.names, ElementsAre("b"));
}

TEST_P(Contract, NamesWhatIsWrong) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  ASSERT_EQ(client.create("/a/b").first, Code::ok);
  EXPECT_EQ(client.create("/a/b").first, Code::node_exists);
  EXPECT_EQ(client.get("/none").first, Code::no_node);
  EXPECT_EQ(client.remove("/none"), Code::no_node);
  EXPECT_EQ(client.remove("/a"), Code::not_empty);
  EXPECT_EQ(client.remove("/a/b", 7), Code::bad_version);
  EXPECT_EQ(client.remove("/a/b"), Code::ok);
  EXPECT_EQ(client.exists("/a/b").first, Code::no_node);
  EXPECT_EQ(client.children("/none").first, Code::no_node);
}

TEST_P(Contract, NumbersSequentialNodesInOrder) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  const auto first = client.create("/q/n-", "", CreateMode::ephemeral_sequential);
  const auto second = client.create("/q/n-", "", CreateMode::persistent_sequential);
  ASSERT_EQ(first.first, Code::ok);
  EXPECT_EQ(first.second.path, "/q/n-0000000000");
  EXPECT_EQ(second.second.path, "/q/n-0000000001");
  EXPECT_EQ(client.exists(first.second.path).second.ephemeral_owner, client.session());
}

TEST_P(Contract, EphemeralsGoWithTheirSession) {
  Client witness(thread(), options());
  ASSERT_TRUE(witness.connects());
  {
    Client client(thread(), options());
    ASSERT_TRUE(client.connects());
    ASSERT_EQ(client.create("/e", "", CreateMode::ephemeral).first, Code::ok);
    EXPECT_EQ(client.create("/e/below").first, Code::bad_arguments);
    EXPECT_EQ(witness.exists("/e").first, Code::ok);
  }
  EXPECT_TRUE(eventually([&] { return witness.exists("/e").first == Code::no_node; }));
}

TEST_P(Contract, ATransactionIsAllOrNothing) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  ASSERT_EQ(client.create("/own", "1").first, Code::ok);
  ASSERT_EQ(client.create("/ck", "old").first, Code::ok);
  const auto good = client.commit({CheckOp{"/own", 0}, SetOp{"/ck", "new", any_version},
                                   CreateOp{"/more", "x", CreateMode::ephemeral}});
  ASSERT_EQ(good.first, Code::ok);
  EXPECT_EQ(good.second.at(1).stat.version, 1);
  EXPECT_EQ(good.second.at(2).path, "/more");
  const auto bad = client.commit(
      {SetOp{"/ck", "worse", any_version}, CheckOp{"/own", 5}, RemoveOp{"/more", any_version}});
  EXPECT_EQ(bad.first, Code::bad_version);
  ASSERT_EQ(bad.second.size(), 3U);
  EXPECT_EQ(bad.second[0].code, Code::rolled_back);
  EXPECT_EQ(bad.second[1].code, Code::bad_version);
  EXPECT_EQ(bad.second[2].code, Code::rolled_back);
  EXPECT_EQ(client.get("/ck").second.bytes, "new");
  EXPECT_EQ(client.exists("/more").first, Code::ok);
}

TEST_P(Contract, AWatchTellsOnceThatADatumChanged) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  ASSERT_EQ(client.create("/w", "1").first, Code::ok);
  int told = 0;
  CuratorFramework::ListenerId id = 0;
  thread().run([&] { id = (*client).watch("/w", [&told] { ++told; }); });
  ASSERT_NE(id, 0U);
  client.get("/w", true);
  client.set("/w", "2");
  EXPECT_TRUE(comes_true(thread(), [&] { return told == 1; }));
  client.set("/w", "3");  // Nobody has looked since: nothing is told.
  client.get("/w", true);
  client.remove("/w");
  EXPECT_TRUE(comes_true(thread(), [&] { return told == 2; }));
  thread().run([&] { (*client).unwatch(id); });
}

TEST_P(Contract, AWatchTellsOfChildrenAndOfWhatIsNotThereYet) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  ASSERT_EQ(client.create("/w/one").first, Code::ok);
  int children = 0;
  int born = 0;
  thread().run([&] {
    (void)(*client).watch("/w", [&children] { ++children; });
    (void)(*client).watch("/w/later", [&born] { ++born; });
  });
  client.children("/w", true);
  client.exists("/w/later", true);
  client.create("/w/later");
  EXPECT_TRUE(comes_true(thread(), [&] { return children == 1 && born == 1; }));
}

TEST_P(Contract, WhatItsCreatorKeepsForItselfNobodyElseTouches) {
  FrameworkOptions mine = options("anna");
  mine.access = Access::creator;
  Client anna(thread(), std::move(mine));
  Client other(thread(), options("bert"));
  ASSERT_TRUE(anna.connects());
  ASSERT_TRUE(other.connects());
  ASSERT_EQ(other.create("/shared").first, Code::ok);
  ASSERT_EQ(anna.create("/shared/secret", "x").first, Code::ok);
  EXPECT_EQ(anna.set("/shared/secret", "y").first, Code::ok);
  EXPECT_EQ(other.set("/shared/secret", "z").first, Code::no_auth);
  EXPECT_EQ(other.get("/shared/secret").first, Code::no_auth);
}

TEST_P(Contract, RefusesWhatAServerWouldCutTheConnectionFor) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  ASSERT_EQ(client.create("/big").first, Code::ok);
  const std::string much(600'000, 'x');
  EXPECT_EQ(client.set("/big", much).first, Code::too_large);
  const std::string half(300'000, 'x');
  EXPECT_EQ(client.set("/big", half).first, Code::ok);
  EXPECT_EQ(client.commit({SetOp{"/big", half}, SetOp{"/big", half}}).first, Code::too_large);
  EXPECT_EQ(client.get("/big").second.bytes, half);
  EXPECT_THAT(client.states(), ElementsAre(ConnectionState::connected));
}

TEST_P(Contract, TheLeaseIsShorterThanTheSession) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  EXPECT_TRUE(comes_true(thread(), [&] {
    const BootTime now = thread().now();
    return (*client).lease().covers(now, Milliseconds(3'000));
  }));
  thread().run([&] {
    const auto left = (*client).lease().until() - thread().now();
    EXPECT_LT(left, (*client).session().timeout - Milliseconds(500));
  });
}

TEST_P(Contract, AfterCloseEverythingIsClosing) {
  Client client(thread(), options());
  ASSERT_TRUE(client.connects());
  thread().run([&] { (*client).close(); });
  EXPECT_EQ(client.get("/x").first, Code::closing);
  EXPECT_EQ(client.set("/x", "").first, Code::closing);
}

INSTANTIATE_TEST_SUITE_P(Over, Contract, testing::Values("memory", "real"),
                         [](const auto& about) { return std::string(about.param); });

}  // namespace
}  // namespace settle::zk
