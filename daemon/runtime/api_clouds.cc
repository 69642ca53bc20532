// Calls about clouds: how they stand here, and what they hold that no group knows of.
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "daemon/admin/render_clouds.h"
#include "daemon/runtime/api.h"

namespace settle {
namespace {

HttpServer::Reply made(HttpResponse response) {
  return [response = std::move(response)] { return response; };
}

/// Every cloud is asked for all that it holds; the last to answer answers for all.
struct Roll {
  std::mutex mutex;
  std::vector<CloudHolding> holdings;  // Guarded by mutex, as is the next.
  std::size_t unanswered = 0;
};

}  // namespace

void Api::carry_out(const ListClouds& /*call*/, HttpRequest /*request*/, Answer answer) {
  answer(made(json_response(clouds_json(cloud_standings(parts_.engine.clouds())))));
}

void Api::carry_out(const ListOrphans& /*call*/, HttpRequest /*request*/, Answer answer) {
  auto roll = std::make_shared<Roll>();
  std::vector<std::shared_ptr<WatchedCloud>> clouds;
  for (const auto& [name, access] : parts_.engine.clouds()) {
    if (!access.watched) continue;
    roll->holdings.push_back({name, {}});
    clouds.push_back(access.watched);
  }
  roll->unanswered = clouds.size();
  const auto known = std::make_shared<const std::set<GroupId>>(parts_.known_groups());
  if (clouds.empty()) return answer(made(json_response(orphans_json({}, {}))));
  for (std::size_t at = 0; at < clouds.size(); ++at) {
    // An answer may come when the API is gone: it holds nothing of it.
    clouds[at]->list_all([roll, known, at, answer](const Listed& listed) {
      {
        const std::lock_guard lock(roll->mutex);
        roll->holdings[at].listed = listed;
        if (--roll->unanswered > 0) return;
      }
      answer([roll, known] { return json_response(orphans_json(roll->holdings, *known)); });
    });
  }
}

}  // namespace settle
