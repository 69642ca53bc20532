// AWS's own test vectors: aws-sig-v4-test-suite (get-vanilla, get-vanilla-query-order-key-case,
// post-vanilla, post-x-www-form-urlencoded, get-header-value-trim), and the example of the AWS
// General Reference (IAM ListUsers).
#include "daemon/cloud/ec2/signature.h"

#include <gtest/gtest.h>

namespace settle::ec2 {
namespace {

const Credentials example{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
const Scope suite{"us-east-1", "service"};
const Time then{std::chrono::sys_days{std::chrono::year{2015} / 8 / 30} + std::chrono::hours{12} +
                std::chrono::minutes{36}};

http::Call call_of(std::string method, std::string url) {
  http::Call call;
  call.method = std::move(method);
  call.url = std::move(url);
  return call;
}

std::string signed_with(http::Call call, const Scope& scope = suite,
                        const Credentials& credentials = example) {
  sign(call, credentials, scope, then);
  const std::string& header = call.headers.back().second;
  return header.substr(header.find("Signature=") + 10);
}

TEST(Signature, AgreesWithThePublishedVectors) {
  const std::string place = "https://example.amazonaws.com/";
  EXPECT_EQ(signed_with(call_of("GET", place)),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signed_with(call_of("POST", place)),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  const std::string query = canonical_query({{"Param2", "value2"}, {"Param1", "value1"}});
  EXPECT_EQ(signed_with(call_of("GET", place + "?" + query)),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  http::Call form = call_of("POST", place);
  form.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  form.body = "Param1=value1";
  EXPECT_EQ(signed_with(form), "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
  http::Call blanks = call_of("GET", place);
  blanks.headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}};
  EXPECT_EQ(signed_with(blanks),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST(Signature, AgreesWithTheExampleOfTheReference) {
  http::Call call =
      call_of("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  EXPECT_EQ(signed_with(call, {"us-east-1", "iam"}),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(Signature, ATemporaryCredentialSendsAndSignsItsToken) {
  Credentials temporary = example;
  temporary.session_token = "token";
  http::Call call = call_of("GET", "https://example.amazonaws.com/");
  sign(call, temporary, suite, then);
  ASSERT_EQ(call.headers.size(), 3U);
  EXPECT_EQ(call.headers[1], http::Header("X-Amz-Security-Token", "token"));
  EXPECT_NE(call.headers[2].second.find("SignedHeaders=host;x-amz-date;x-amz-security-token"),
            std::string::npos);
}

TEST(Signature, SortsAQueryByNameAndEncodesIt) {
  EXPECT_EQ(canonical_query({{"b c", "d*e"}}), "b%20c=d%2Ae");
  EXPECT_EQ(canonical_query({{"B", "2"}, {"A.10", "x"}, {"A.1", ""}}), "A.1=&A.10=x&B=2");
}

}  // namespace
}  // namespace settle::ec2
