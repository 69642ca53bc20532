#include "cli/trial/prometheus_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace settle {
namespace {

using testing::HasSubstr;

std::string answer(const std::string& result) {
  return R"({"status":"success","data":{"resultType":"matrix","result":[)" + result + "]}}";
}

TEST(PrometheusAnswer, IsASeriesToTheMillisecond) {
  const auto csv = csv_of_range(answer(
      R"({"metric":{},"values":[[1435781430.781,"1.5"],[1435781445,"NaN"],[1435781460,"-3e2"]]})"));
  ASSERT_TRUE(csv) << csv.error().message;
  EXPECT_EQ(*csv,
            "timestamp,value\n2015-07-01T20:10:30.781Z,1.5\n2015-07-01T20:10:45.000Z,NaN\n"
            "2015-07-01T20:11:00.000Z,-3e2\n");
}

TEST(PrometheusAnswer, WithoutASeriesIsEmpty) {
  EXPECT_EQ(*csv_of_range(answer("")), "timestamp,value\n");
}

TEST(PrometheusAnswer, WithSeveralSeriesNamesTheLabelsToAggregateOver) {
  const auto csv = csv_of_range(answer(
      R"({"metric":{"job":"web","instance":"a","zone":"x"},"values":[]},{"metric":{"job":"web","instance":"b","zone":"y"},"values":[]})"));
  ASSERT_FALSE(csv);
  EXPECT_EQ(csv.error().message,
            "the query gives 2 series where one is wanted: aggregate over instance, zone");
}

TEST(PrometheusAnswer, ThatRefusesSaysWhatPrometheusSaid) {
  const auto csv =
      csv_of_range(R"({"status":"error","errorType":"bad_data","error":"parse error: unclosed"})");
  ASSERT_FALSE(csv);
  EXPECT_THAT(csv.error().message, HasSubstr("parse error: unclosed"));
}

TEST(PrometheusAnswer, OfAnotherShapeIsAnError) {
  for (
      const char* text :
      {"", "{", "[]", "{}", R"({"status":"success"})",
       R"({"status":"success","data":{"resultType":"vector","result":[]}})",
       R"({"status":"success","data":{"resultType":"matrix","result":{}}})",
       R"({"status":"success","data":{"resultType":"matrix","result":[3]}})",
       R"({"status":"success","data":{"resultType":"matrix","result":[{"values":[[1]]}]}})",
       R"({"status":"success","data":{"resultType":"matrix","result":[{"values":[["x","1"]]}]}})"}) {
    EXPECT_FALSE(csv_of_range(text)) << text;
  }
}

TEST(PrometheusAnswer, IsToldFromCsv) {
  EXPECT_TRUE(is_range_answer(" \n{\"status\""));
  EXPECT_FALSE(is_range_answer("timestamp,value\n"));
  EXPECT_FALSE(is_range_answer(""));
}

TEST(PrometheusAnswer, GetsTheInstancesThatAMeanIsOver) {
  const auto csv = with_instances(
      "timestamp,value\n2026-01-05T09:00:00Z,50\n2026-01-05T09:01:00Z,60\n2026-01-05T09:02:00Z,\n",
      "timestamp,value\n2026-01-05T09:00:30Z,4\n2026-01-05T09:02:00Z,0\n");
  ASSERT_TRUE(csv) << csv.error().message;
  EXPECT_EQ(*csv,
            "timestamp,value,instances\n2026-01-05T09:00:00.000Z,50,\n"
            "2026-01-05T09:01:00.000Z,60,4\n2026-01-05T09:02:00.000Z,,\n");
}

}  // namespace
}  // namespace settle
