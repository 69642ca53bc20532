#include "daemon/runtime/delivery.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "daemon/codec/json.h"
#include "daemon/sources/http_events.h"

namespace settle {
namespace {

namespace json = boost::json;

std::string_view known_word(std::string_view text) {
  for (const std::string_view word : {"merged", "repeated", "LateOrRepeated", "FromTheFuture",
                                      "Invalid", "UnknownPolicy", "UnknownGroup", "full"}) {
    if (word == text) return word;
  }
  return "elsewhere";
}

/// What became of `count` events, from the answer of the member that was given them.
std::vector<std::string_view> outcomes_of(const HttpResponse& response, std::size_t count) {
  std::vector<std::string_view> outcomes(count, "elsewhere");
  boost::system::error_code error;
  const json::value body = json::parse(response.body, error);
  const json::value* results =
      !error && body.is_object() ? body.as_object().if_contains("results") : nullptr;
  if (results == nullptr || !results->is_array()) return outcomes;
  const json::array& rows = results->as_array();
  for (std::size_t at = 0; at < count && at < rows.size(); ++at) {
    const json::value* word =
        rows[at].is_object() ? rows[at].as_object().if_contains("outcome") : nullptr;
    if (word != nullptr && word->is_string()) outcomes[at] = known_word(word->as_string());
  }
  return outcomes;
}

HttpRequest batch_of(const std::vector<Signal>& signals, const std::string& self) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/v1/events";
  request.headers["content-type"] = "application/cloudevents-batch+json";
  request.headers[passed_on] = self;
  for (const Signal& signal : signals) {
    request.body += request.body.empty() ? "[" : ",";
    request.body += event_json(signal);
  }
  request.body += "]";
  return request;
}

/// Joins what several say about one hand-over.
struct Pieces {
  std::mutex mutex;
  std::vector<std::string_view> outcomes;  // Guarded by mutex, as is the next.
  std::size_t missing = 0;
  Delivery::Done done;

  void take(const std::vector<std::size_t>& places, const std::vector<std::string_view>& words) {
    {
      const std::lock_guard lock(mutex);
      for (std::size_t at = 0; at < places.size(); ++at) outcomes[places[at]] = words[at];
      if (--missing > 0) return;
    }
    done(std::move(outcomes));
  }
};

/// What goes to one member, in requests that it takes.
struct Parcel {
  std::string address;  // Empty: here.
  std::vector<std::size_t> places;
  std::vector<Signal> signals;
};

std::vector<Parcel> parcels(std::vector<Signal> signals, const Engine& engine) {
  std::map<std::string, std::size_t> open;  // By address: the parcel that still has room.
  std::vector<Parcel> made;
  for (std::size_t at = 0; at < signals.size(); ++at) {
    const std::string address = engine.elsewhere(signals[at].group);
    const auto [entry, is_new] = open.try_emplace(address, made.size());
    const bool is_full =
        !is_new && !address.empty() && made[entry->second].places.size() >= batch_events_max;
    if (is_full) entry->second = made.size();
    if (is_new || is_full) made.push_back({address, {}, {}});
    made[entry->second].places.push_back(at);
    made[entry->second].signals.push_back(std::move(signals[at]));
  }
  return made;
}

constexpr const char* measures_source = "alarms";

bool is_to_come_again(std::string_view word) {
  return word == "full" || word == "elsewhere";
}

/// What became of events, and of what alarms measured of them: an event whose measure found no room
/// is to come again as a whole, which the merge makes harmless.
struct Joined {
  std::mutex mutex;
  std::vector<std::string_view> words;     // Guarded by mutex, as are the next two.
  std::vector<std::string_view> measured;  // Of each of `owners`.
  int missing = 2;
  std::vector<std::size_t> owners;  // Of each measure: its event.
  Delivery::Done done;

  void take(std::vector<std::string_view>& into, std::vector<std::string_view> said) {
    {
      const std::lock_guard lock(mutex);
      into = std::move(said);
      if (--missing > 0) return;
    }
    for (std::size_t at = 0; at < owners.size(); ++at) {
      if (is_to_come_again(measured[at])) words[owners[at]] = measured[at];
    }
    done(std::move(words));
  }
};

}  // namespace

void Delivery::use(AlarmBook book) {
  auto fresh = std::make_shared<const AlarmBook>(std::move(book));
  const std::lock_guard lock(mutex_);
  book_ = std::move(fresh);
}

std::shared_ptr<const AlarmBook> Delivery::book() const {
  const std::lock_guard lock(mutex_);
  return book_;
}

void Delivery::deliver(std::vector<Signal> signals, const std::string& source, Done done) {
  const auto book = this->book();
  std::vector<Signal> measures;
  std::vector<std::size_t> owners;
  for (std::size_t at = 0; !book->is_empty() && at < signals.size(); ++at) {
    for (Signal& measure : book->measures_of(signals[at])) {
      measures.push_back(std::move(measure));
      owners.push_back(at);
    }
  }
  if (measures.empty()) return send(std::move(signals), source, std::move(done));
  const auto joined = std::make_shared<Joined>();
  joined->owners = std::move(owners);
  joined->done = std::move(done);
  send(std::move(signals), source, [joined](std::vector<std::string_view> words) {
    joined->take(joined->words, std::move(words));
  });
  send(std::move(measures), measures_source, [joined](std::vector<std::string_view> words) {
    joined->take(joined->measured, std::move(words));
  });
}

std::vector<Signal> Delivery::measures_of(const std::vector<LogPart::Entry>& entries) const {
  const auto book = this->book();
  std::vector<Signal> measures;
  if (book->is_empty()) return measures;
  for (const LogPart::Entry& entry : entries) {
    for (Signal& measure : book->measures_of(entry.signal)) measures.push_back(std::move(measure));
  }
  return measures;
}

void Delivery::deliver_measures(std::vector<Signal> measures,
                                std::function<void(std::string_view)> done) {
  send(std::move(measures), measures_source,
       [done = std::move(done)](const std::vector<std::string_view>& words) {
         const auto failed = std::find_if(words.begin(), words.end(), is_to_come_again);
         done(failed == words.end() ? "merged" : *failed);
       });
}

void Delivery::sound(const Sounded& sounded, std::function<void()> heard) {
  send(book()->soundings_of(sounded), measures_source,
       [heard = std::move(heard)](const std::vector<std::string_view>& words) {
         if (std::none_of(words.begin(), words.end(), is_to_come_again)) heard();
       });
}

void Delivery::send(std::vector<Signal> signals, const std::string& source, Done done) {
  if (signals.empty()) return done({});
  const auto pieces = std::make_shared<Pieces>();
  pieces->outcomes.resize(signals.size());
  pieces->done = std::move(done);
  std::vector<Parcel> parcels_made = parcels(std::move(signals), engine_);
  pieces->missing = parcels_made.size();
  for (Parcel& parcel : parcels_made) {
    if (parcel.address.empty()) {
      engine_.deliver(
          std::move(parcel.signals), source,
          [pieces, places = std::move(parcel.places)](const std::vector<std::string_view>& words) {
            pieces->take(places, words);
          });
      continue;
    }
    peers_.ask(parcel.address, batch_of(parcel.signals, engine_.tenancy().view().self),
               [pieces, places = std::move(parcel.places)](const HttpResponse& response) {
                 pieces->take(places, outcomes_of(response, places.size()));
               });
  }
}

void Delivery::deliver_here(std::vector<Signal> signals, const std::string& source, Done done) {
  engine_.deliver(std::move(signals), source, std::move(done));
}

}  // namespace settle
