#include "daemon/cluster/store/checkpoint_cache.h"

#include <utility>

#include "daemon/base/log.h"
#include "daemon/cluster/store/checkpoint_file.h"

namespace settle::cluster {
namespace {

constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1'000;
constexpr std::chrono::minutes shrink_every{10};

std::size_t bytes_of(const KnownBodies& bodies) {
  std::size_t sum = 0;
  for (const auto& [place, bytes] : bodies) sum += bytes.size();
  return sum;
}

}  // namespace

CheckpointCache::CheckpointCache(CheckpointCacheOptions options) : options_(std::move(options)) {
  thread_.run([this] {
    auto opened = CheckpointFile::open(options_.path);
    if (!opened) {
      log(LogLevel::warning, "checkpoint-cache-made-anew",
          {{"file", options_.path}, {"error", opened.error().message}});
      CheckpointFile::remove(options_.path);
      opened = CheckpointFile::open(options_.path);
    }
    if (!opened) return give_up(opened.error());
    file_ = std::move(*opened);
    shrink();
  });
}

CheckpointCache::~CheckpointCache() {
  thread_.run([this] { write_waiting(); });
}

/// Again and again, on the thread.
void CheckpointCache::shrink() {
  if (file_ == nullptr) return;
  const std::int64_t before = options_.wall_ms() - options_.keep_days * day_ms;
  const Status shrunk = file_->shrink(before, options_.bytes_max);
  if (!shrunk) return give_up(shrunk.error());
  thread_.after(shrink_every, [this] { shrink(); });
}

Recollection CheckpointCache::recall(std::uint32_t partition) {
  Recollection found;
  thread_.run([&] {
    write_waiting();
    if (file_ == nullptr) return;
    auto recalled = file_->recall(partition);
    if (!recalled) return give_up(recalled.error());
    found = std::move(*recalled);
  });
  recalled_bytes_ += bytes_of(found.bodies);
  return found;
}

void CheckpointCache::keep(CheckpointNews news) {
  if (is_given_up_) return;
  const std::size_t bytes = bytes_of(news.bodies);
  const std::lock_guard lock(mutex_);
  // What is left out is fetched when it is wanted.
  if (waiting_bytes_ + bytes > options_.waiting_max) return;
  waiting_bytes_ += bytes;
  waiting_.push_back(std::move(news));
  if (waiting_.size() == 1) thread_.post([this] { write_waiting(); });
}

void CheckpointCache::write_waiting() {
  std::vector<CheckpointNews> news;
  {
    const std::lock_guard lock(mutex_);
    news = std::exchange(waiting_, {});
    waiting_bytes_ = 0;
  }
  if (news.empty() || file_ == nullptr) return;
  const auto written = file_->keep(news, options_.wall_ms());
  if (!written) return give_up(written.error());
  kept_bytes_ += *written;
}

void CheckpointCache::give_up(const Error& error) {
  file_.reset();
  CheckpointFile::remove(options_.path);
  if (is_given_up_.exchange(true)) return;
  log(LogLevel::warning, "checkpoint-cache-given-up",
      {{"file", options_.path}, {"error", error.message}});
}

CheckpointCache::View CheckpointCache::view() const {
  return {is_given_up_, recalled_bytes_, kept_bytes_};
}

}  // namespace settle::cluster
