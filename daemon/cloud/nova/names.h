// From the names that people write into templates to the ids that Nova wants: images by Glance,
// networks by Neutron, flavors and server groups by Nova itself.
//
// An id stays as it is. A name that nothing bears, or several do, is the template's fault. What was
// found holds for a minute, so that a name that moves on is followed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/cloud/nova/api.h"
#include "daemon/cloud/nova/requests.h"

namespace settle::nova {

/// Whether it is a UUID, with dashes.
[[nodiscard]] bool is_id(const std::string& text);

/// The look that finds `name`, and what its answer says of it: ids of all that bear the name.
[[nodiscard]] Ask look_for(const Named& name);
[[nodiscard]] Result<std::vector<std::string>> read_ids(const Named& name, std::string_view json);

class Names : public std::enable_shared_from_this<Names> {
 public:
  struct Found {
    Ids ids;  // Of all that was asked for, if `judgement` is `done`.
    Judgement judgement;
  };
  using Done = std::function<void(const Found&)>;

  explicit Names(std::shared_ptr<Api> api) : api_(std::move(api)) {}
  /// Calls `done` exactly once, on any thread. Safe from any thread.
  void find(std::vector<Named> names, const Manner& manner, Done done);

 private:
  struct Known {
    std::string id;
    Time at;
  };
  struct Search {
    std::vector<Named> names;  // The last is next.
    Manner manner;
    Done done;
    Found found;
  };
  void go_on(const std::shared_ptr<Search>& search);
  void answered(const std::shared_ptr<Search>& search, const Reply& reply);
  [[nodiscard]] std::string recall(const Named& name);

  const std::shared_ptr<Api> api_;
  std::mutex mutex_;
  std::map<Named, Known> known_;  // Guarded by mutex_; as many as templates name.
};

}  // namespace settle::nova
