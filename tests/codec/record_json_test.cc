#include <string>

#include <gtest/gtest.h>

#include "daemon/codec/binary.h"
#include "daemon/codec/json.h"
#include "daemon/codec/json_tree.h"
#include "tests/codec/filler.h"

namespace settle {
namespace {

std::string keys_of(const JsonTree& tree, const JsonNode& object) {
  std::string keys;
  for (const JsonNode* node = tree.first(object); node != nullptr; node = tree.next(*node)) {
    if (!keys.empty()) keys += ' ';
    keys += node->key;
  }
  return keys;
}

DecisionRecord small_record() {
  DecisionRecord record;
  record.group.value = "web";
  record.at = *parse_time("2026-11-23T09:14:30Z");
  record.partition = 7;
  record.epoch = 3;
  record.round = 42;
  record.revision = "r-1";
  record.engine = "0.1.0";
  record.desired_to = 27;
  record.limits = {2, 40};
  Voice voice;
  voice.name = "cpu";
  voice.verdict = Verdict::proposes;
  voice.proposes = 27;
  voice.input = Reading{ReadingKind::value, Decimal::of(724, -1)};
  voice.input_at = record.at;
  voice.reason = Reason::proposed;
  voice.facts = {{"target", Decimal(55)}, {"wait", Duration(90'250)}, {"ready", std::int64_t{20}}};
  record.voices.push_back(voice);
  record.digest = "ab";
  return record;
}

TEST(RecordJson, HasTheKeysInTheirOrder) {
  const auto record = Filler::thorough().made<DecisionRecord>();
  const std::string json = record_json(record);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  const auto tree = JsonTree::parse(json);
  ASSERT_TRUE(tree) << tree.error().message << json;
  const JsonNode& root = tree->root();
  EXPECT_EQ(keys_of(*tree, root),
            "decision group at partition epoch round revision engine desired limits voices steps "
            "withheld converged revisit_at digest tally rungs tzdata refusal_repeats");
  const auto first_of = [&](std::string_view key) { return *tree->first(*tree->find(root, key)); };
  EXPECT_EQ(keys_of(*tree, *tree->find(root, "desired")), "from to");
  EXPECT_EQ(keys_of(*tree, *tree->find(root, "limits")), "min max");
  EXPECT_EQ(keys_of(*tree, first_of("voices")),
            "name kind proposes input verdict reason because won facts");
  EXPECT_EQ(keys_of(*tree, *tree->find(first_of("voices"), "input")), "status value at");
  EXPECT_EQ(keys_of(*tree, first_of("steps")),
            "op instance token reason because replaces zone facts");
  EXPECT_EQ(keys_of(*tree, first_of("withheld")),
            "op instance guard reason because until count facts");
}

TEST(RecordJson, WritesTheRecordOfOneRound) {
  const DecisionRecord record = small_record();
  const std::string json = record_json(record);
  const std::string begin = R"({"decision":")" + decision_id(record) +
                            R"(","group":"web","at":"2026-11-23T09:14:30.000Z","partition":7,)"
                            R"("epoch":3,"round":42,"revision":"r-1","engine":"0.1.0",)"
                            R"("desired":{"from":null,"to":27},"limits":{"min":2,"max":40},)"
                            R"("voices":[{"name":"cpu","kind":"target","proposes":27,"input":)"
                            R"({"status":"value","value":72.4,"at":"2026-11-23T09:14:30.000Z"},)"
                            R"("verdict":"proposes","reason":"Proposed","because":")";
  EXPECT_EQ(json.substr(0, begin.size()), begin);
  const std::string end =
      R"("won":false,"facts":{"target":55,"wait":90.25,"ready":20}}],"steps":[],"withheld":[],)"
      R"("converged":false,"revisit_at":null,"digest":"ab","tally":{"ready":0,"building":0,)"
      R"("condemned":0,"draining":0,"missing":0,"in_flight":0,"ignored":0,"standby":0},"rungs":[],)"
      R"("tzdata":"","refusal_repeats":0})";
  ASSERT_GE(json.size(), end.size());
  EXPECT_EQ(json.substr(json.size() - end.size()), end);
}

TEST(RecordJson, SaysWhatAnInputWasThatHasNoValue) {
  for (const auto& [kind, status] :
       {std::pair{ReadingKind::no_data, "no_data"}, std::pair{ReadingKind::error, "error"},
        std::pair{ReadingKind::invalid, "invalid"}}) {
    DecisionRecord record = small_record();
    record.voices[0].input = Reading{kind, {}};
    record.voices[0].input_at.reset();
    const std::string expected =
        std::string(R"("input":{"status":")") + status + R"(","value":null,"at":null})";
    EXPECT_NE(record_json(record).find(expected), std::string::npos) << record_json(record);
  }
  DecisionRecord record = small_record();
  record.voices[0].input.reset();
  EXPECT_NE(record_json(record).find(R"("input":null)"), std::string::npos);
}

TEST(RecordJson, PrintsDecimalsExactly) {
  DecisionRecord record = small_record();
  for (const char* text : {"0.1", "123456789012345678", "0.000000000000000001", "-72.4"}) {
    record.voices[0].input = Reading{ReadingKind::value, *Decimal::parse(text)};
    EXPECT_NE(record_json(record).find(std::string(R"("value":)") + text + ","), std::string::npos)
        << text;
  }
}

TEST(RecordJson, IsJsonWhateverTheCloudSays) {
  DecisionRecord record = small_record();
  record.group.value = "a\"\n\xff\x1b[0m";
  EXPECT_TRUE(JsonTree::parse(record_json(record)));
}

}  // namespace
}  // namespace settle
