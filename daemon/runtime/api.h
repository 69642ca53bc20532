// The API: each call of a request carried out against the engine, the journal and the sources
// (api_sources.cc, api_letters.cc), the clouds (api_clouds.cc), and answered; in a cluster by
// whichever member owns what it is about (api_cluster.cc).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "daemon/admin/render.h"
#include "daemon/admin/routes.h"
#include "daemon/runtime/clouds.h"
#include "daemon/runtime/delivery.h"
#include "daemon/runtime/engine.h"
#include "daemon/runtime/http_server.h"
#include "daemon/runtime/journal_desk.h"
#include "daemon/runtime/peers.h"
#include "daemon/runtime/source_desk.h"

namespace settle {

class Api {
 public:
  struct Parts {
    Engine& engine;
    JournalDesk& desk;
    Peers& peers;
    Delivery& delivery;
    Metrics& metrics;
    SourceDesk& sources;
    EventTap& tap;
    const Clock& clock;
    Timers& timers;                        // What it still holds when this ends is dropped first.
    std::function<DaemonStatus()> status;  // Safe from any thread; so are the others.
    std::function<bool()> is_alive;        // Every loop turns.
    std::function<Zone(const GroupId&)> zone_of;  // UTC for a group that is not known.
    std::function<DaemonGauges()> gauges;
    std::function<std::set<GroupId>()> known_groups;  // Of the configuration.
  };

  explicit Api(Parts parts);

  /// For the server: carries out one request. Never blocks.
  void take(HttpRequest request, HttpServer::Answer answer);

 private:
  using Answer = HttpServer::Answer;
  using ViewReply = std::function<HttpResponse(const GroupView&, Time now)>;

  void carry_out(const CheckHealth& call, HttpRequest request, Answer answer);
  void carry_out(const CheckReady& call, HttpRequest request, Answer answer);
  void carry_out(const ReadMetrics& call, HttpRequest request, Answer answer);
  void carry_out(const ReadStatus& call, HttpRequest request, Answer answer);
  void carry_out(const ListGroups& call, HttpRequest request, Answer answer);
  void carry_out(const DescribeGroup& call, HttpRequest request, Answer answer);
  void carry_out(const ExplainWhyNot& call, HttpRequest request, Answer answer);
  void carry_out(const SupposeGroup& call, HttpRequest request, Answer answer);
  void carry_out(const ListUpcoming& call, HttpRequest request, Answer answer);
  void carry_out(const ListMemory& call, HttpRequest request, Answer answer);
  void carry_out(const ListDecisions& call, HttpRequest request, Answer answer);
  void carry_out(const ReadDecision& call, HttpRequest request, Answer answer);
  void carry_out(const ListDeadLetters& call, HttpRequest request, Answer answer);
  void carry_out(const ReadDeadLetter& call, HttpRequest request, Answer answer);
  void carry_out(const SettleDeadLetter& call, HttpRequest request, Answer answer);
  void carry_out(const ListSources& call, HttpRequest request, Answer answer);
  void carry_out(const ListClouds& call, HttpRequest request, Answer answer);
  void carry_out(const ListOrphans& call, HttpRequest request, Answer answer);
  void carry_out(const TakeHook& call, HttpRequest request, Answer answer);
  void carry_out(const WatchEvents& call, HttpRequest request, Answer answer);
  void carry_out(const ListMembers& call, HttpRequest request, Answer answer);
  void carry_out(const ListPartitions& call, HttpRequest request, Answer answer);
  void carry_out(const DrainMember& call, HttpRequest request, Answer answer);
  void carry_out(const TakeEvents& call, HttpRequest request, Answer answer);
  void carry_out(const GiveOrder& call, HttpRequest request, Answer answer);

  [[nodiscard]] static bool is_passed_on(const HttpRequest& request);
  static void note_asker(HttpRequest& request);
  /// Whether the call is about a group of another member; it is then answered by that one.
  bool is_of_another(const ApiCall& call, const HttpRequest& request, const Answer& answer);
  void pass_on(const std::string& address, HttpRequest request, Answer answer);
  void deliver(std::vector<Signal> signals, const HttpRequest& request, Answer answer);
  void show(const GroupId& group, Answer answer, ViewReply reply);
  void give(const Signal& order, const std::string& owner, const std::string& note,
            const Answer& answer);
  void read(JournalDesk::Reading reading, Duration wait, const Answer& answer);
  void keep_watching(const WatchEvents& watch, Time until, Answer answer);
  void replay(const StoredDeadLetter& letter, const std::string& owner, const Answer& answer);
  void settle(const StoredDeadLetter& letter, const std::string& owner, std::string_view word,
              const Answer& answer);
  void bury(const HttpRequest& request, const std::string& detail);
  std::string nonce();

  const Parts parts_;
  const std::string nonce_prefix_;  // Differs with each start of the daemon.
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::int64_t> buried_at_{0};
};

}  // namespace settle
