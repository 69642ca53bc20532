// doctor's look at ZooKeeper: judges what its servers say of themselves and what they let us do.
#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/credentials.h"
#include "cli/examination.h"
#include "daemon/cluster/layout.h"
#include "daemon/cluster/store/connection.h"
#include "daemon/zookeeper/server_report.h"

namespace settle {
namespace {

constexpr zk::Milliseconds slow_answer{100};
constexpr double slow_average_ms = 50;
constexpr std::uint64_t many_outstanding = 100;
constexpr std::uint64_t many_watches = 100'000;
/// What our client sends at most, and a server takes unless its jute.maxbuffer was lowered.
constexpr std::size_t request_bytes = std::size_t{512} * 1024;

constexpr const char* about = "ensemble";

using Version = std::vector<int>;

Version numbers_of(const std::string& version) {
  Version numbers;
  std::istringstream parts(version);
  for (std::string part; std::getline(parts, part, '.');)
    numbers.push_back(std::atoi(part.c_str()));
  return numbers;
}

/// Holes that Apache has published, by the versions that have them. Source:
/// https://zookeeper.apache.org/security.html
struct Hole {
  const char* name;
  const char* what;
  Version from;    // The first version that has it,
  Version mended;  // and the first of the same line that does not.
};
const std::vector<Hole>& holes() {
  static const std::vector<Hole> known{
      {"CVE-2023-44981", "a stranger may join a quorum with SASL", {3, 0}, {3, 7, 2}},
      {"CVE-2023-44981", "a stranger may join a quorum with SASL", {3, 8, 0}, {3, 8, 3}},
      {"CVE-2023-44981", "a stranger may join a quorum with SASL", {3, 9, 0}, {3, 9, 1}},
      {"CVE-2024-23944", "watches tell paths to whom the ACL forbids", {3, 6, 0}, {3, 8, 4}},
      {"CVE-2024-23944", "watches tell paths to whom the ACL forbids", {3, 9, 0}, {3, 9, 2}},
      {"CVE-2024-51504", "the admin server believes X-Forwarded-For", {3, 9, 0}, {3, 9, 3}},
  };
  return known;
}

void examine_version(const zk::ServerReport& report, Examination& examination) {
  const Version version = numbers_of(report.version);
  std::vector<std::string> found;
  for (const Hole& hole : holes()) {
    if (version >= hole.from && version < hole.mended) {
      found.push_back(fmt::format("{} ({})", hole.name, hole.what));
    }
  }
  if (found.empty()) return;
  examination.doubt(about,
                    fmt::format("{} runs {}, published with {}", report.server, report.version,
                                fmt::join(found, ", ")),
                    "update it; Debian mends 3.8.0 under the same number: 3.8.0-11+deb12u2 has "
                    "both of 3.8");
}

void examine_server(const zk::ServerReport& report, Examination& examination) {
  if (!report.is_tcp_open) {
    examination.bad(about, fmt::format("{} does not answer", report.server),
                    "start it, or take it out of the address");
    return;
  }
  if (!report.permits_words) {
    examination.doubt(about, fmt::format("{} answers, and may not say how it is", report.server),
                      "4lw.commands.whitelist=srvr,mntr in its zoo.cfg");
    return;
  }
  if (!report.is_serving) {
    examination.bad(about, fmt::format("{} answers and serves nobody", report.server),
                    "it sees no quorum: look at its log and at the others");
    return;
  }
  const std::string text = fmt::format(
      "{} is {} ({}), answers in {} ms, its requests take {} ms on average and {} ms at most",
      report.server, report.mode, report.version, report.answered_in.count(),
      report.latency_average_ms, report.latency_max_ms);
  const bool is_slow = report.answered_in > slow_answer ||
                       report.latency_average_ms > slow_average_ms ||
                       report.outstanding > many_outstanding;
  if (is_slow) {
    examination.doubt(about, text,
                      "its log wants a disk of its own (dataLogDir), and its heap no swap");
  } else {
    examination.good(about, text);
  }
  if (!report.watches) {
    examination.doubt(about,
                      fmt::format("{} does not say how many watches it holds", report.server),
                      "4lw.commands.whitelist=srvr,mntr in its zoo.cfg");
  } else if (*report.watches > many_watches) {
    examination.doubt(about, fmt::format("{} holds {} watches", report.server, *report.watches),
                      "settled needs about three for each partition; see who has the others: wchc");
  }
  examine_version(report, examination);
}

void examine_quorum(const std::vector<zk::ServerReport>& reports, Examination& examination) {
  std::size_t serving = 0;
  std::size_t leading = 0;
  bool is_alone = false;
  for (const zk::ServerReport& report : reports) {
    if (report.is_serving) ++serving;
    if (report.mode == "leader") ++leading;
    is_alone = is_alone || report.mode == "standalone";
  }
  const std::string text = fmt::format("{} of {} servers serve", serving, reports.size());
  if (serving * 2 <= reports.size()) {
    examination.bad(about, text + ": no quorum, nothing can be committed",
                    "start servers until more than half of them serve");
  } else if (is_alone) {
    examination.doubt(about, text + ", by itself: what it loses is lost",
                      "run three of them as one ensemble");
  } else if (reports.size() > 1 && leading != 1) {
    examination.bad(about, fmt::format("{}, and {} of them lead", text, leading),
                    "the address names servers of more than one ensemble, or an election goes on");
  } else if (reports.size() % 2 == 0) {
    examination.doubt(about, text + ": as many may fail as with one server less",
                      "run an odd number of servers");
  } else if (serving < reports.size()) {
    examination.doubt(about, text, "the next one that fails may be one too many: start it");
  } else {
    examination.good(about, text + ", and one of them leads");
  }
}

void examine_path(const std::vector<std::string>& servers, Examination& examination) {
  std::vector<std::string> far;
  for (const std::string& server : servers) {
    if (!zk::is_loopback(server)) far.push_back(server);
  }
  if (far.empty()) {
    examination.good("secrecy",
                     "what goes to ZooKeeper stays on this machine, or goes by a tunnel");
    return;
  }
  examination.doubt("secrecy",
                    fmt::format("what goes to {} can be read on the way, the credentials too: "
                                "Debian's client has no TLS",
                                fmt::join(far, ", ")),
                    "let stunnel listen on loopback: docs/ZOOKEEPER.md");
}

/// Whether `connection` may read what every member reads first.
enum class Sight { sees, forbidden, nothing, unknown };
Sight sight_of(cluster::Connection& connection) {
  const auto meta = connection.get(cluster::layout::meta);
  if (meta) return Sight::sees;
  if (meta.error().code == ErrorCode::not_found) return Sight::nothing;
  return meta.error().code == ErrorCode::invalid ? Sight::forbidden : Sight::unknown;
}

void examine_tree(const EnsemblePlace& place, const std::string& digest, Examination& examination) {
  auto stranger = cluster::Connection::open(place, "");
  if (!stranger) {
    examination.bad("zookeeper", stranger.error().message, "see the findings on the ensemble");
    return;
  }
  if (!(*stranger)->takes_requests_of(request_bytes)) {
    examination.bad("zookeeper", "a server does not take requests of 512 KiB",
                    "leave jute.maxbuffer at its default of 1 MiB, on all servers alike");
  } else {
    examination.good("zookeeper", "takes requests of 512 KiB (jute.maxbuffer)");
  }
  switch (sight_of(**stranger)) {
    case Sight::sees:
      return examination.doubt(
          "access", fmt::format("anyone who reaches a server may change {}", place.name_space),
          "give settled credentials before the tree is made; `settlectl store migrate` to a new "
          "path makes it anew");
    case Sight::nothing:
      return examination.good("access", fmt::format("no cluster at {} yet", place.name_space));
    case Sight::unknown:
      return examination.bad("access", "ZooKeeper does not let itself be read", "try again");
    case Sight::forbidden:
      break;
  }
  if (digest.empty()) {
    return examination.good("access",
                            "strangers may not read the tree, and we are one: name "
                            "--credentials to see more");
  }
  const auto ours = cluster::Connection::open(place, digest);
  if (ours && sight_of(**ours) == Sight::sees) {
    return examination.good("access",
                            "our credentials open the tree, and strangers may not read it");
  }
  examination.bad("access", "the tree was made with other credentials than ours",
                  "settled needs those it was made with");
}

}  // namespace

void examine_ensemble(const std::string& url, const std::string& credentials,
                      Examination& examination) {
  const auto place = parse_place(url);
  const auto digest = read_credentials(credentials);
  if (!place || !digest) {
    return examination.bad("zookeeper", (place ? digest.error() : place.error()).message,
                           "mend `store` in the configuration, or what --ensemble names");
  }
  std::vector<zk::ServerReport> reports;
  for (const std::string& server : place->servers) reports.push_back(zk::ask_server(server));
  for (const zk::ServerReport& report : reports) examine_server(report, examination);
  examine_quorum(reports, examination);
  examine_path(place->servers, examination);
  examine_tree(*place, *digest, examination);
}

}  // namespace settle
