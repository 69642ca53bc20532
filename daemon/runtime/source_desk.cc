#include "daemon/runtime/source_desk.h"

#include <utility>

#include "daemon/base/log.h"
#include "daemon/partition/router.h"

namespace settle {

SourceDesk::SourceDesk(SourceDoor::Parts parts, SourceTools tools)
    : parts_(parts), tools_(std::move(tools)) {
  courier_ = std::make_unique<Courier<Errand>>(
      [this](std::vector<Errand> errands) { work(std::move(errands)); });
  SeatWatch watch;
  watch.seated = [this](Seating seating, const Offsets& positions) {
    courier_->leave(Seated{seating, positions});
  };
  watch.unseated = [this](Seating seating) { courier_->leave(Unseated{seating}); };
  parts_.engine.watch_seats(std::move(watch));
}

SourceDesk::~SourceDesk() {
  stop();
}

Result<SourceDesk::Prepared> SourceDesk::prepare(const Configs& configs) const {
  Prepared prepared;
  for (const auto& [name, config] : configs) {
    {
      const std::lock_guard lock(mutex_);
      const auto running = standings_.find(name);
      if (running != standings_.end() && running->second.config == config) {
        prepared.configs[name] = config;
        continue;
      }
    }
    Result<std::unique_ptr<Source>> made = open_source(name, config, tools_);
    if (made) {
      prepared.configs[name] = config;
      prepared.made[name] = std::move(*made);
      continue;
    }
    if (made.error().code != ErrorCode::not_found) {
      return Error{made.error().code, "source \"" + name + "\": " + made.error().message};
    }
    log(LogLevel::warning, "source-left-out", {{"source", name}, {"why", made.error().message}});
  }
  return prepared;
}

void SourceDesk::take(Prepared prepared, std::vector<SpecPointer> specs) {
  courier_->leave(Taking{std::make_shared<Prepared>(std::move(prepared)), std::move(specs)});
}

void SourceDesk::receive(const std::string& name, HookRequest request,
                         std::function<void(HookAnswer)> answer) {
  courier_->leave(Received{name, std::move(request), std::move(answer)});
}

void SourceDesk::work(std::vector<Errand> errands) {
  for (Errand& errand : errands) {
    std::visit([this](auto& one) { run(std::move(one)); }, errand);
  }
  if (std::exchange(is_follow_due_, false)) follow();
}

void SourceDesk::run(Seated&& errand) {
  const std::uint32_t partition = errand.seating.partition;
  seats_[partition] = std::move(errand);
  is_follow_due_ = true;
  const Seated& seat = seats_[partition];
  for (const auto& [name, standing] : standings_) {
    standing.source->seated(partition, standing.door->open(seat.seating, seat.positions));
  }
}

void SourceDesk::run(const Unseated& errand) {
  const std::uint32_t partition = errand.seating.partition;
  const auto found = seats_.find(partition);
  if (found == seats_.end() || found->second.seating != errand.seating) return;
  seats_.erase(found);
  is_follow_due_ = true;
  for (const auto& [name, standing] : standings_) {
    standing.door->close(partition);
    standing.source->unseated(partition);
  }
}

void SourceDesk::run(Taking&& errand) {
  Prepared& prepared = *errand.prepared;
  specs_ = std::move(errand.specs);
  is_follow_due_ = true;
  std::vector<std::string> over;
  for (const auto& [name, standing] : standings_) {
    const bool goes_on = prepared.configs.contains(name) && !prepared.made.contains(name);
    if (!goes_on) over.push_back(name);
  }
  for (const std::string& name : over) end(name);
  for (auto& [name, source] : prepared.made) {
    begin(name, prepared.configs.at(name), std::move(source));
  }
}

void SourceDesk::begin(const std::string& name, const CloudConfig& config,
                       std::shared_ptr<Source> source) {
  Standing standing;
  standing.config = config;
  standing.door = std::make_shared<SourceDoor>(name, SourceDoor::Limits{}, parts_);
  standing.source = std::move(source);
  standing.hook = dynamic_cast<HookSource*>(standing.source.get());
  standing.source->begin(*standing.door);
  for (const auto& [partition, seat] : seats_) {
    standing.source->seated(partition, standing.door->open(seat.seating, seat.positions));
  }
  log(LogLevel::info, "source-begun", {{"source", name}, {"type", config.type}});
  const std::lock_guard lock(mutex_);
  standings_[name] = std::move(standing);
}

void SourceDesk::end(const std::string& name) {
  Standing over;
  {
    const std::lock_guard lock(mutex_);
    const auto found = standings_.find(name);
    over = std::move(found->second);
    standings_.erase(found);
  }
  // Whoever reads its logs next goes on from what has been committed meanwhile.
  for (const auto& [partition, positions] : over.door->positions()) {
    const auto seat = seats_.find(partition);
    if (seat == seats_.end()) continue;
    for (const auto& [log_name, next] : positions) {
      seat->second.positions.insert_or_assign(log_name, next);
    }
  }
  over.source->end();
  over.door->shut();
  log(LogLevel::info, "source-ended", {{"source", name}});
}

void SourceDesk::run(Received&& errand) {
  const auto found = standings_.find(errand.name);
  if (found == standings_.end() || found->second.hook == nullptr) {
    return errand.answer({404, "Nothing here", "There is nothing to be sent to."});
  }
  found->second.hook->receive(std::move(errand.request), std::move(errand.answer));
}

void SourceDesk::follow() {
  std::vector<SpecPointer> here;
  for (const SpecPointer& spec : specs_) {
    if (seats_.contains(partition_of(spec->id.value, tools_.partitions))) here.push_back(spec);
  }
  for (auto& [name, standing] : standings_) {
    std::vector<SpecPointer> followed;
    if (standing.hook != nullptr) {
      followed = specs_;
    } else {
      for (const SpecPointer& spec : here) {
        if (takes_from(*spec, name)) followed.push_back(spec);
      }
    }
    if (followed == standing.followed) continue;
    standing.followed = followed;
    standing.source->follow(followed);
  }
}

std::vector<SourceStanding> SourceDesk::standings() const {
  std::vector<SourceStanding> shown;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, standing] : standings_) {
    SourceStanding one;
    one.name = name;
    one.type = standing.config.type;
    one.report = standing.source->report();
    one.report.in_flight = standing.door->in_flight();
    for (const auto& [partition, positions] : standing.door->positions()) {
      for (const auto& [log_name, next] : positions) {
        one.positions.push_back({partition, log_name.substr(name.size() + 1), next});
      }
    }
    shown.push_back(std::move(one));
  }
  return shown;
}

void SourceDesk::stop() {
  if (std::exchange(has_stopped_, true)) return;
  parts_.engine.watch_seats({});
  courier_->stop();
  std::vector<std::string> names;
  for (const auto& [name, standing] : standings_) names.push_back(name);
  for (const std::string& name : names) end(name);
}

}  // namespace settle
