#include "daemon/cloud/offers.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "daemon/cloud/chance.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

constexpr Time start{std::chrono::hours(24 * 20'000)};

TEST(Offers, AreTheFlavorAloneWhereNoneAreNamed) {
  EXPECT_EQ(offers_of({{"flavor", "m1"}}, "a"), (std::vector<Offer>{{"m1", "a"}}));
  EXPECT_EQ(offers_of({}, ""), (std::vector<Offer>{{"", ""}}));
}

TEST(Offers, ComeInTheirOrderThoseOfThePlannedZoneFirst) {
  const std::map<std::string, std::string> launch{{"offers", "m5@b,m5a,c5@a,m5@b,m6@c"}};
  EXPECT_EQ(offers_of(launch, "a"),
            (std::vector<Offer>{{"m5a", "a"}, {"c5", "a"}, {"m5", "b"}, {"m6", "c"}}));
  EXPECT_EQ(offers_of(launch, ""),
            (std::vector<Offer>{{"m5", "b"}, {"m5a", ""}, {"c5", "a"}, {"m6", "c"}}));
}

TEST(OfferBoard, LeavesAnOfferAloneForLongerEachTimeAndForgetsItWhenItHasBeenQuiet) {
  OfferBoard board;
  const Offer offer{"m5", "a"};
  Time now = start;
  for (const Duration pause : {60'000ms, 120'000ms, 240'000ms, 480'000ms, 600'000ms, 600'000ms}) {
    EXPECT_FALSE(board.is_closed(offer, now));
    board.had_no_room(offer, now);
    board.had_no_room(offer, now + 1ms);  // Was under way at the same time.
    EXPECT_TRUE(board.is_closed(offer, now + pause - 1ms));
    EXPECT_FALSE(board.is_closed({"m5", "b"}, now)) << "another zone is another offer";
    EXPECT_FALSE(board.is_closed({"m5a", "a"}, now)) << "and so is another type";
    now += pause;
  }
  EXPECT_EQ(board.remembered(now + 599'999ms), 1U);
  EXPECT_EQ(board.remembered(now + 600'000ms), 0U);
  board.had_no_room(offer, now + 600'000ms);
  EXPECT_FALSE(board.is_closed(offer, now + 660'000ms));
  board.had_room(offer);
  EXPECT_EQ(board.remembered(now), 0U);
}

TEST(OfferWalk, SparesWhatIsClosedUnlessTheTokenBelongsToAnother) {
  OfferBoard board;
  board.had_no_room({"m5", "a"}, start);
  OfferWalk walk(offers_of({{"offers", "m5,m6"}}, "a"), board, start, false, std::nullopt);
  EXPECT_EQ(walk.next(), (Offer{"m6", "a"}));
  EXPECT_EQ(walk.why(), Reason::cloud_no_capacity);
  walk.is_of_another();
  EXPECT_EQ(walk.next(), (Offer{"m5", "a"}));
  EXPECT_EQ(walk.next(), std::nullopt);
}

// A cloud with tokens as EC2 documents them: what was made under one is answered again, other
// parameters under it are refused. `binds_refused`: also those of a launch that found no room.
class TokenCloud {
 public:
  enum class Said { made, no_room, of_another };
  TokenCloud(Chance& chance, bool binds_refused) : chance_(chance), binds_refused_(binds_refused) {}

  Said launch(const std::string& token, const Offer& offer) {
    const auto bound = bound_.find(token);
    if (bound != bound_.end() && !(bound->second == offer)) return Said::of_another;
    if (made_.find(token) != made_.end()) return Said::made;
    const bool is_full = full_.count(offer.flavor) > 0;
    if (!is_full || binds_refused_) bound_[token] = offer;
    if (is_full) return Said::no_room;
    made_.insert(token);
    ++instances_;
    return Said::made;
  }
  void shuffle(const std::vector<Offer>& offers) {
    full_.clear();
    for (const Offer& offer : offers) {
      if (chance_.below(2) == 0) full_.insert(offer.flavor);
    }
  }
  void make_room() { full_.clear(); }
  [[nodiscard]] int instances() const { return instances_; }
  [[nodiscard]] bool has(const std::string& token) const { return made_.count(token) > 0; }

 private:
  Chance& chance_;
  const bool binds_refused_;
  std::map<std::string, Offer> bound_;
  std::set<std::string> made_;
  std::set<std::string> full_;
  int instances_ = 0;
};

enum class Sent { done, refused, unknown };

/// One send as an adapter makes it; now and then its answer is lost.
Sent send(OfferWalk walk, TokenCloud& cloud, OfferBoard& board, const std::string& token, Time now,
          Chance& chance, std::optional<Offer>& sent) {
  while (const std::optional<Offer> offer = walk.next()) {
    sent = offer;
    const TokenCloud::Said said = cloud.launch(token, *offer);
    if (chance.below(5) == 0) return Sent::unknown;
    if (said == TokenCloud::Said::made) return Sent::done;
    sent.reset();
    if (said == TokenCloud::Said::of_another) {
      walk.is_of_another();
    } else {
      board.had_no_room(*offer, now);
      walk.was_refused(Reason::cloud_no_capacity);
    }
  }
  return Sent::refused;
}

TEST(OfferWalk, ATokenThatMayHaveMadeOneIsAskedForWithEveryOffer) {
  OfferBoard board;
  board.had_no_room({"m5", "a"}, start);
  board.had_no_room({"m6", "a"}, start);
  OfferWalk walk(offers_of({{"offers", "m5,m6,c5"}}, "a"), board, start, true, Offer{"m6", "a"});
  EXPECT_EQ(walk.next(), (Offer{"m6", "a"}));
  EXPECT_EQ(walk.next(), (Offer{"c5", "a"}));
  EXPECT_EQ(walk.next(), (Offer{"m5", "a"}));
  EXPECT_EQ(walk.next(), std::nullopt);
}

TEST(OfferWalk, OneTokenIsOneInstanceWhateverIsLostFullOrForgotten) {
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    Chance chance(seed);
    TokenCloud cloud(chance, seed % 2 == 0);
    const std::vector<Offer> offers =
        offers_of({{"offers", "m5,m6@b,c5,c6@a"}}, chance.below(2) == 0 ? "a" : "");
    OfferBoard board;
    Time now = start;
    std::optional<Offer> sent;
    int token = 1;
    Sent result = Sent::unknown;
    for (int tries = 0; result != Sent::done; ++tries) {
      ASSERT_LT(tries, 200) << "seed " << seed;
      if (tries < 20) cloud.shuffle(offers);
      if (tries >= 20) cloud.make_room();
      if (chance.below(3) == 0) sent.reset();               // Another process, which knows nothing,
      if (chance.below(3) == 0) board.had_room(offers[0]);  // or knows something else.
      const std::string name = "t-" + std::to_string(token);
      const bool may_exist = tries > 0 && result == Sent::unknown;
      result = send(OfferWalk(offers, board, now, may_exist, sent), cloud, board, name, now, chance,
                    sent);
      ASSERT_FALSE(result == Sent::refused && cloud.has(name)) << "seed " << seed;
      if (result == Sent::refused) ++token;  // The intent ends, and the next has another token.
      now += 90s;
    }
    EXPECT_EQ(cloud.instances(), 1) << "seed " << seed;
  }
}

}  // namespace
}  // namespace settle
