// What earlier versions wrote into ZooKeeper is read: tests/cluster/golden has the bytes of each
// format, kept as they were written. SETTLE_REWRITE=1 writes those of the newest format.
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/cluster/manifest.h"
#include "daemon/cluster/records.h"
#include "tests/places.h"

namespace settle::cluster {
namespace {

using Kept = std::map<std::string, std::string>;  // Bytes by what they are.

std::string path_of(std::uint32_t format) {
  return fmt::format("{}/tests/cluster/golden/format_{}.txt", source_folder(), format);
}

Kept read_kept(std::uint32_t format) {
  Kept kept;
  std::ifstream file(path_of(format));
  for (std::string name, hex; file >> name >> hex;) {
    std::string& bytes = kept[name];
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
      bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
    }
  }
  return kept;
}

void write_kept(std::uint32_t format, const Kept& kept) {
  std::ofstream file(path_of(format));
  for (const auto& [name, bytes] : kept) {
    file << name << ' ';
    for (const char c : bytes) file << fmt::format("{:02x}", static_cast<unsigned char>(c));
    file << '\n';
  }
}

const ClusterMeta meta{"c-7", 256, "murmur2", 1};
const MemberRecord member{"i-1", "m-1", "10.0.0.1:8470", "a",  "0.1.0", 3, Presence::draining, 1, 1,
                          {},    {},    false,           false};
const AssignmentRecord assignment{4, 2, {"n1", "", "n2", "n1"}};
const OwnershipRecord ownership{7, "n1", "i-1", 4, false, false};
const Body base{3, 12, {{{"api", "one"}, {"web", "two"}}, {}, {{"log/3", 40}}}};
const Body change{3, 13, {{{"web", "three"}}, {"api"}, {{"log/3", 41}}}};
const Manifest manifest{7,
                        13,
                        {BodyPlace{12, 60, 0x1122334455667788}, {BodyPlace{13, 50, 99}}},
                        {std::nullopt, {BodyPlace{11, 40, 5}, BodyPlace{12, 41, 6}}}};

Kept present() {
  return {{"assignment", encode(assignment)}, {"base", encode(base)},
          {"change", encode(change)},         {"manifest", encode(manifest)},
          {"member", encode(member)},         {"meta", encode(meta)},
          {"ownership", encode(ownership)}};
}

TEST(Formats, OfEarlierVersionsAreRead) {
  for (std::uint32_t format = format_min; format <= format_max; ++format) {
    Kept kept = read_kept(format);
    ASSERT_EQ(kept.size(), 7U) << path_of(format);
    EXPECT_EQ(*decode_assignment(kept["assignment"]), assignment);
    EXPECT_EQ(*decode_body(kept["base"]), base);
    EXPECT_EQ(*decode_body(kept["change"]), change);
    EXPECT_EQ(*decode_manifest(kept["manifest"]), manifest);
    EXPECT_EQ(*decode_member(kept["member"]), member);
    EXPECT_EQ(*decode_meta(kept["meta"]), meta);
    EXPECT_EQ(*decode_ownership(kept["ownership"]), ownership);
  }
}

// Whoever changes what is written sees it here: a reader of this format must not be misled.
TEST(Formats, OfThisVersionAreWrittenAsTheyWere) {
  if (std::getenv("SETTLE_REWRITE") != nullptr) write_kept(format_max, present());
  EXPECT_EQ(read_kept(format_max), present());
}

}  // namespace
}  // namespace settle::cluster
