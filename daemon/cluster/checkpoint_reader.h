// Reads one partition's checkpoint back and verifies every byte of it. Where something is damaged
// it says the same from the generation before; where it cannot, it gives what stood after the last
// commit that can be read, whole, and says so. It never skips a commit, and it never makes nothing
// out of something.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/cluster/manifest.h"
#include "daemon/cluster/recollection.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

struct Restored {
  Content content;
  Manifest manifest;
  std::int32_t version = -1;  // Of the manifest's node; -1: there is none.
  /// Empty: every byte is as it was written. Otherwise what was damaged, in one sentence.
  std::string damage;
  bool is_exact = true;             // Nothing that was committed is missing, damaged or not.
  std::vector<std::string> strays;  // Nodes that no generation counts.
  TreeMark tree;
  /// Where nothing is damaged, the bodies that were fetched; the rest was known already.
  KnownBodies fetched;
};

class CheckpointReader {
 public:
  using Done = std::function<void(Result<Restored>)>;
  /// Reads once. The caller keeps neither: it lives until it has answered. What is `recalled` and
  /// the manifest names is not fetched.
  static void read(zk::CuratorFramework& client, std::uint32_t partition, KnownBodies recalled,
                   Done done);

  CheckpointReader(zk::CuratorFramework& client, std::uint32_t partition, KnownBodies recalled,
                   Done done);

 private:
  using Self = std::shared_ptr<CheckpointReader>;
  void read_manifest(const Self& self);
  void list(const Self& self);
  void take_names(const Self& self, const std::vector<std::string>& names);
  void recall(std::set<std::string>& counted, const std::vector<std::string>& names);
  void read_pieces(const Self& self, const std::vector<std::string>& names);
  void finish(const Self& self);
  void finish_by_manifest(const Self& self);
  void finish_by_previous();
  void finish_without_manifest(const std::string& damage);
  [[nodiscard]] Result<std::string> bytes_of(const BodyPlace& place, bool is_base) const;
  [[nodiscard]] Result<Body> body(const BodyPlace& place, bool is_base) const;
  [[nodiscard]] const std::string* known(const BodyPlace& place) const;
  void note_fetched();
  [[nodiscard]] Status play(const Generation& generation, Content& content) const;
  void give_older(Content content);
  void fail(const Error& error) { done_(error); }

  zk::CuratorFramework& client_;
  const std::uint32_t partition_;
  const Done done_;
  KnownBodies recalled_;
  std::map<std::string, std::string> pieces_;  // By name.
  std::vector<std::string> spare_;             // Nodes that are read if others are damaged.
  std::size_t awaited_ = 0;
  bool has_failed_ = false;
  bool has_manifest_ = false;
  Error damage_;
  Restored restored_;
};

}  // namespace settle::cluster
