#include "daemon/runtime/journal_desk.h"

#include <algorithm>
#include <utility>

namespace settle {
namespace {

constexpr std::size_t asked_max = 512;

}  // namespace

JournalDesk::JournalDesk(std::unique_ptr<JournalReader> reader)
    : reader_(std::move(reader)), thread_([this] { run(); }) {}

JournalDesk::~JournalDesk() {
  stop();
}

bool JournalDesk::ask(Reading reading, std::chrono::milliseconds wait) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || asked_.size() >= asked_max) return false;
    asked_.push_back({std::move(reading), Steady::now() + wait});
  }
  changed_.notify_one();
  return true;
}

void JournalDesk::grown() {
  {
    const std::lock_guard lock(mutex_);
    has_grown_ = true;
  }
  changed_.notify_one();
}

void JournalDesk::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void JournalDesk::run() {
  while (true) {
    std::vector<Waiting> fresh;
    bool has_grown = false;
    bool is_stopping = false;
    {
      Steady::time_point until = Steady::now() + std::chrono::seconds(1);
      for (const Waiting& waiting : waiting_) until = std::min(until, waiting.until);
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, until,
                          [this] { return stopping_ || has_grown_ || !asked_.empty(); });
      fresh.swap(asked_);
      has_grown = std::exchange(has_grown_, false);
      is_stopping = stopping_;
    }
    const Steady::time_point now = Steady::now();
    const auto is_answered = [&](Waiting& waiting) {
      return waiting.reading(*reader_, is_stopping || waiting.until <= now);
    };
    const auto is_done = [&](Waiting& waiting) {
      const bool is_due = has_grown || is_stopping || waiting.until <= now;
      return is_due && is_answered(waiting);
    };
    std::erase_if(waiting_, is_done);
    for (Waiting& waiting : fresh) {
      if (!is_answered(waiting)) waiting_.push_back(std::move(waiting));
    }
    if (is_stopping) return;
  }
}

}  // namespace settle
