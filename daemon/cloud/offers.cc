#include "daemon/cloud/offers.h"

#include <algorithm>
#include <string_view>

namespace settle {
namespace {

Offer read_offer(std::string_view text, const std::string& planned_zone) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return {std::string(text), planned_zone};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

std::string text_of(const std::map<std::string, std::string>& launch, const std::string& key) {
  const auto found = launch.find(key);
  return found == launch.end() ? std::string() : found->second;
}

}  // namespace

std::vector<Offer> offers_of(const std::map<std::string, std::string>& launch,
                             const std::string& planned_zone) {
  std::vector<Offer> offers;
  const std::string listed = text_of(launch, "offers");
  std::string_view left = listed;
  while (!left.empty()) {
    const auto end = std::min(left.find(','), left.size());
    Offer offer = read_offer(left.substr(0, end), planned_zone);
    const bool is_new = std::find(offers.begin(), offers.end(), offer) == offers.end();
    if (is_new && !offer.flavor.empty()) offers.push_back(std::move(offer));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  if (offers.empty()) return {{text_of(launch, "flavor"), planned_zone}};
  std::stable_partition(offers.begin(), offers.end(), [&planned_zone](const Offer& offer) {
    return planned_zone.empty() || offer.zone == planned_zone;
  });
  return offers;
}

bool OfferBoard::is_closed(const Offer& offer, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = notes_.find({offer.zone, offer.flavor});
  return found != notes_.end() && now < found->second.until;
}

void OfferBoard::had_no_room(const Offer& offer, Time now) {
  const std::lock_guard lock(mutex_);
  forget(now);
  const std::pair<std::string, std::string> key{offer.zone, offer.flavor};
  if (notes_.size() >= offers_max && notes_.find(key) == notes_.end()) return;
  Note& note = notes_[key];
  // Of several that were under way at once, the first to hear it has said it.
  if (now < note.until) return;
  note.pause = note.pause == Duration::zero() ? pause_first : std::min(note.pause * 2, pause_most);
  note.until = now + note.pause;
}

void OfferBoard::had_room(const Offer& offer) {
  const std::lock_guard lock(mutex_);
  notes_.erase({offer.zone, offer.flavor});
}

std::size_t OfferBoard::remembered(Time now) {
  const std::lock_guard lock(mutex_);
  forget(now);
  return notes_.size();
}

void OfferBoard::forget(Time now) {
  std::erase_if(
      notes_, [now](const auto& entry) { return entry.second.until + entry.second.pause <= now; });
}

OfferWalk::OfferWalk(std::vector<Offer> offers, const OfferBoard& board, Time now, bool may_exist,
                     const std::optional<Offer>& sent)
    : asks_all_(may_exist) {
  candidates_.reserve(offers.size() + 1);
  if (sent) candidates_.push_back({*sent});
  for (Offer& offer : offers) {
    if (offer == sent) continue;
    const bool is_closed = board.is_closed(offer, now);
    candidates_.push_back({std::move(offer), is_closed});
  }
}

std::optional<Offer> OfferWalk::next() {
  const auto take = [this](bool is_closed) -> std::optional<Offer> {
    for (Candidate& candidate : candidates_) {
      if (candidate.was_asked || candidate.is_closed != is_closed) continue;
      candidate.was_asked = true;
      return candidate.offer;
    }
    return std::nullopt;
  };
  std::optional<Offer> open = take(false);
  return open || !asks_all_ ? open : take(true);
}

void OfferWalk::was_refused(Reason why) {
  // That there is no room says most: it passes by itself.
  if (why_ != Reason::cloud_no_capacity) why_ = why;
}

Reason OfferWalk::why() const {
  const bool was_spared =
      std::any_of(candidates_.begin(), candidates_.end(),
                  [](const Candidate& candidate) { return !candidate.was_asked; });
  if (was_spared) return Reason::cloud_no_capacity;
  return why_.value_or(Reason::cloud_refused);
}

}  // namespace settle
