// One process that owns everything: claims each partition in the store when it begins, and keeps
// it until another process claims it there.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "daemon/tenancy/tenancy.h"

namespace settle {

class SoleTenancy final : public Tenancy {
 public:
  /// `store` outlives it, and is not used by others until begin() has returned.
  SoleTenancy(Store& store, std::uint32_t partitions, std::string node);

  [[nodiscard]] Status begin(Listener listener) override;
  [[nodiscard]] bool may_act(std::uint32_t partition, Epoch epoch) const override;
  void release(std::uint32_t partition, Epoch epoch, std::function<void()> done) override;
  void doubt(std::uint32_t partition) override;
  void withdraw() override {}  // There is nobody else.
  void announce(const std::string& /*revision*/) override {}
  [[nodiscard]] Status agree(const std::string& /*revision*/, bool /*is_forced*/) override {
    return std::monostate{};
  }
  void note_cloud(bool /*is_answered*/) override {}  // Whoever else there might be reaches no more.
  [[nodiscard]] std::string peer_key() const override { return {}; }
  void end() override {}
  [[nodiscard]] std::string elsewhere(std::uint32_t /*partition*/) const override { return {}; }
  [[nodiscard]] bool is_over() const override { return is_over_; }
  [[nodiscard]] std::size_t held() const override { return is_over_ ? 0 : epochs_.size(); }
  [[nodiscard]] TenancyView view() const override;

 private:
  Store& store_;
  const std::uint32_t partitions_;
  const std::string node_;
  std::vector<Epoch> epochs_;  // Constant after begin().
  std::atomic<bool> is_over_{false};
};

}  // namespace settle
