// What doctor found: each finding with what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/fwd.hpp>

namespace settle {

enum class Mark : std::uint8_t { good, doubtful, bad };

struct Finding {
  Mark mark = Mark::good;
  std::string about;
  std::string text;
  std::string remedy;  // Empty where there is nothing to do.
};

class Examination {
 public:
  void good(std::string about, std::string text) {
    findings_.push_back({Mark::good, std::move(about), std::move(text), {}});
  }
  void doubt(std::string about, std::string text, std::string remedy) {
    findings_.push_back({Mark::doubtful, std::move(about), std::move(text), std::move(remedy)});
  }
  void bad(std::string about, std::string text, std::string remedy) {
    findings_.push_back({Mark::bad, std::move(about), std::move(text), std::move(remedy)});
  }
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }

 private:
  std::vector<Finding> findings_;
};

/// The servers of ZooKeeper at `url` ("zookeeper://..."), one by one and together, and who may
/// touch the cluster's tree. `credentials` is a file; empty: none.
void examine_ensemble(const std::string& url, const std::string& credentials,
                      Examination& examination);

/// What the daemon says of its clouds, and of what they hold that no group knows of.
void examine_clouds(const boost::json::value& clouds, const boost::json::value& orphans,
                    Examination& examination);

}  // namespace settle
