// Reads one partition's checkpoint back and verifies every byte of it. Where something is damaged
// it says the same from the generation before; where it cannot, it gives what stood after the last
// commit that can be read, whole, and says so. It never skips a commit, and it never makes nothing
// out of something.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cluster/manifest.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

/// So much goes into one node; ZooKeeper takes a megabyte, and is slow with it.
inline constexpr std::size_t piece_bytes = std::size_t{60} * 1024;

/// The nodes of a body, by name below the partition's chunks: "000000000012-b-0".
[[nodiscard]] std::vector<std::string> piece_names(const BodyPlace& place, bool is_base);

struct Restored {
  Content content;
  Manifest manifest;
  std::int32_t version = -1;  // Of the manifest's node; -1: there is none.
  /// Empty: every byte is as it was written. Otherwise what was damaged, in one sentence.
  std::string damage;
  bool is_exact = true;             // Nothing that was committed is missing, damaged or not.
  std::vector<std::string> strays;  // Nodes that no generation counts.
};

class CheckpointReader {
 public:
  using Done = std::function<void(Result<Restored>)>;
  /// Reads once. The caller keeps neither: it lives until it has answered.
  static void read(zk::CuratorFramework& client, std::uint32_t partition, Done done);

  CheckpointReader(zk::CuratorFramework& client, std::uint32_t partition, Done done);

 private:
  using Self = std::shared_ptr<CheckpointReader>;
  void read_manifest(const Self& self);
  void list(const Self& self);
  void take_names(const Self& self, const std::vector<std::string>& names);
  void read_pieces(const Self& self, const std::vector<std::string>& names);
  void finish();
  void finish_by_manifest();
  void finish_without_manifest(const std::string& damage);
  [[nodiscard]] Result<Body> body(const BodyPlace& place, bool is_base) const;
  [[nodiscard]] Status play(const Generation& generation, Content& content) const;
  void give_older(Content content);
  void fail(const Error& error) { done_(error); }

  zk::CuratorFramework& client_;
  const std::uint32_t partition_;
  const Done done_;
  std::map<std::string, std::string> pieces_;  // By name.
  std::size_t awaited_ = 0;
  bool has_failed_ = false;
  bool has_manifest_ = false;
  Error damage_;
  Restored restored_;
};

}  // namespace settle::cluster
