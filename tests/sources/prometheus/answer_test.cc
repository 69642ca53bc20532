#include "daemon/sources/prometheus/answer.h"

#include <gtest/gtest.h>

#include "daemon/sources/prometheus/call.h"
#include "daemon/sources/prometheus/freshness.h"

namespace settle::prometheus {
namespace {

std::string vector_of(const std::string& result) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + result + "]}}";
}

std::string error_of(const std::string& body) {
  const auto answer = read_answer(body);
  return answer ? "" : answer.error().message;
}

TEST(PrometheusAnswer, AVectorIsReadExactly) {
  const auto answer = read_answer(vector_of(
      R"({"metric":{"group":"web","az":"a"},"value":[1435781451.781,"72.4"]},)"
      R"({"metric":{},"value":[1435781451,"1e+06"]},{"metric":{},"value":[1435781451,"NaN"]},)"
      R"({"metric":{},"value":[1435781451,"-Inf"]})"));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->elements.size(), 4U);
  const Element& first = answer->elements[0];
  EXPECT_EQ(first.labels, (std::map<std::string, std::string>{{"group", "web"}, {"az", "a"}}));
  EXPECT_EQ(first.at, Time(Duration(1'435'781'451'781)));
  EXPECT_EQ(first.reading, (Reading{ReadingKind::value, Decimal::of(724, -1)}));
  EXPECT_EQ(answer->elements[1].reading.value, Decimal(1'000'000));
  EXPECT_EQ(answer->elements[2].reading.kind, ReadingKind::invalid);
  EXPECT_EQ(answer->elements[3].reading.kind, ReadingKind::invalid);
}

TEST(PrometheusAnswer, AScalarIsOneElementWithoutLabels) {
  const auto answer = read_answer(
      R"({"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"3"]},)"
      R"("warnings":["remote read: one store did not answer"]})");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->elements.size(), 1U);
  EXPECT_EQ(answer->elements[0].reading.value, Decimal(3));
  EXPECT_EQ(answer->warnings, std::vector<std::string>{"remote read: one store did not answer"});
}

TEST(PrometheusAnswer, WhatIsWrongIsSaidPrecisely) {
  EXPECT_EQ(error_of(R"({"status":"error","errorType":"bad_data","error":"parse error"})"),
            "bad_data: parse error");
  EXPECT_EQ(error_of(R"({"status":"success","data":{"resultType":"matrix","result":[]}})"),
            "the query gives a range of samples, where a scalar or an instant vector is wanted");
  EXPECT_EQ(error_of(R"({"status":"success","data":{"resultType":"string","result":[1,"a"]}})"),
            "the query gives a text, where a scalar or an instant vector is wanted");
  EXPECT_EQ(error_of(vector_of(R"({"metric":{},"histogram":[1,{}]})")),
            "the query gives a histogram, where a number is wanted");
  EXPECT_EQ(error_of(vector_of(R"({"metric":{},"value":[1,"many"]})")),
            "a value is [seconds, \"number\"]");
  EXPECT_EQ(error_of(vector_of(R"({"metric":{},"value":[-1,"1"]})")),
            "a value is [seconds, \"number\"]");
  EXPECT_EQ(error_of("[]"), "the answer is no JSON object");
  EXPECT_EQ(error_of("{}"), "this is no answer of Prometheus to an instant query");
  for (const std::string& torn : {std::string("<html>"), std::string(""), std::string("\xff{}"),
                                  vector_of("").substr(0, 40)}) {
    EXPECT_EQ(error_of(torn).rfind("the answer is not JSON: ", 0), 0U) << torn;
  }
}

TEST(PrometheusAnswer, TimesAreReadHoweverTheyAreWritten) {
  EXPECT_EQ(time_of("1435781451.781"), Time(Duration(1'435'781'451'781)));
  EXPECT_EQ(time_of("1.435781451781e+09"), Time(Duration(1'435'781'451'781)));
  EXPECT_EQ(time_of("1.4357814517819e9"), Time(Duration(1'435'781'451'781)));
  EXPECT_EQ(time_of("0"), Time());
  for (const char* none : {"-1", "NaN", "", "1e30", "soon"}) EXPECT_EQ(time_of(none), std::nullopt);
}

TEST(PrometheusAnswer, LabelsThatDifferAreNamed) {
  const auto answer =
      read_answer(vector_of(R"({"metric":{"job":"web","az":"a"},"value":[1,"1"]},)"
                            R"({"metric":{"job":"web","az":"b","shard":"1"},"value":[1,"1"]})"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(differing_labels({&answer->elements[0], &answer->elements[1]}), "az, shard");
}

TEST(PrometheusVerdict, TellsARefusedQueryFromAPrometheusOutOfReach) {
  using Kind = Verdict::Kind;
  const auto verdict = [](int status, std::string body = {}) {
    return verdict_on({http::End::answered, status, {}, std::move(body), {}});
  };
  EXPECT_EQ(verdict(200).kind, Kind::answered);
  EXPECT_EQ(verdict(400, R"({"status":"error","errorType":"bad_data","error":"no"})").why,
            "bad_data: no");
  EXPECT_EQ(verdict(422).kind, Kind::refused);
  for (const int status : {301, 401, 403, 404, 429, 500, 503}) {
    EXPECT_EQ(verdict(status).kind, Kind::out_of_reach) << status;
    EXPECT_NE(verdict(status).why.find(std::to_string(status)), std::string::npos) << status;
  }
  EXPECT_EQ(verdict_on({http::End::too_large, 0, {}, {}, "too large"}).kind, Kind::refused);
  EXPECT_EQ(verdict_on({http::End::unanswered, 0, {}, {}, "timeout"}).kind, Kind::out_of_reach);
}

TEST(PrometheusCall, TheQueryIsInTheBody) {
  const http::Call call = query_call("https://p/", "a{b=\"c d\"} + 1", Duration{1'500}, "s3cret");
  EXPECT_EQ(call.url, "https://p/api/v1/query");
  EXPECT_EQ(call.body, "query=a%7Bb%3D%22c%20d%22%7D%20%2B%201&timeout=1500ms");
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.deadline, Duration{1'500});
}

TEST(PrometheusFreshness, AsksForTheNewestSampleOfEachSelector) {
  const auto query = [](std::string_view text, std::string_view by = {}) {
    return freshness_of(text, by).query;
  };
  EXPECT_EQ(query("up"), "max(timestamp(up))");
  EXPECT_EQ(query("100 * avg(instance:cpu:ratio{group=\"a)b\"})"),
            "max(timestamp(instance:cpu:ratio{group=\"a)b\"}))");
  EXPECT_EQ(query("sum by (group, az) (rate(http_total{code!~\"5..\"}[5m]))", "group"),
            "max by (group)(timestamp(http_total{code!~\"5..\"}))");
  EXPECT_EQ(query("a / on (x) group_left (y) a"), "max(timestamp(a))");
  EXPECT_EQ(query("a / b"),
            "min(label_replace(max(timestamp(a)), \"settle_part\", \"0\", \"\", \"\") or "
            "label_replace(max(timestamp(b)), \"settle_part\", \"1\", \"\", \"\"))");
  EXPECT_EQ(query("{__name__=\"x\"} # up"), "max(timestamp({__name__=\"x\"}))");
  EXPECT_EQ(query("quantile(0.9, a) > bool 1e+3"), "max(timestamp(a))");
  EXPECT_EQ(query("histogram_quantile(0.9, sum by(le)(rate(b[5m:30s])))"), "max(timestamp(b))");
}

TEST(PrometheusFreshness, SaysNothingWhereNothingCanBeSaid) {
  for (const char* text :
       {"1", "time()", "up offset 5m", "up @ 1609746000", "vector(1)", "", "a+b+c+d+e+f+g+h+i"}) {
    EXPECT_EQ(freshness_of(text, {}).query, "") << text;
  }
  EXPECT_TRUE(freshness_of("queue or vector(0)", {}).may_come_from_nothing);
  EXPECT_TRUE(freshness_of("absent(up)", {}).may_come_from_nothing);
  EXPECT_FALSE(freshness_of("sum(vector)", {}).may_come_from_nothing);
}

}  // namespace
}  // namespace settle::prometheus
