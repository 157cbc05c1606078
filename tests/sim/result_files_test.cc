// What a Result looks like as CSV and as JSON.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/result_csv.h"
#include "sim/result_json.h"
#include "tests/support/made_up_result.h"

namespace starling::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TableCsv, WritesNumbersThatReadBackAndNothingForNothing) {
  const Table table{"t",
                    "",
                    {{"a", "s", ""}, {"b", "", ""}, {"c", "1", ""}},
                    {{0.1, std::string("x"), kNoValue}, {1e21, std::string(), 3.0}}};
  EXPECT_EQ(TableCsv(table), "a,b,c\n0.1,x,\n1e+21,,3\n");
}

TEST(TableCsv, QuotesWhatWouldEndAField) {
  const Table table{
      "t", "", {{"a", "", ""}}, {{std::string("x,\"y\"\nz")}, {std::string("plain text")}}};
  EXPECT_EQ(TableCsv(table), "a\n\"x,\"\"y\"\"\nz\"\nplain text\n");
}

TEST(MetricsCsv, IsInAlphabeticalOrder) {
  Result result;
  result.metrics = {{"b", 2}, {"a.p50", 0.25}};
  EXPECT_EQ(MetricsCsv(result), "metric,value\na.p50,0.25\nb,2\n");
}

TEST(ResultJson, IsOneLineOrMany) {
  const Result result = MadeUpResult(10, 10);
  const Provenance provenance{"0.1.0", "abc", "GNU 12.2.0", "starling sim run x --seed 7"};
  const std::string line = ResultJson(result, provenance, /*in_lines=*/false);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_THAT(line, HasSubstr("\"schema_version\":1,\"scenario\":\"made-up\",\"seed\":7,"));
  EXPECT_THAT(line, HasSubstr("\"trace_hash\":\"0x0000000000c0ffee\""));
  EXPECT_THAT(line, HasSubstr("\"simulated_us\":2800000000,\"partial\":false,\"broken\":[]"));
  const std::string lines = ResultJson(result, provenance, /*in_lines=*/true);
  EXPECT_THAT(lines, HasSubstr("\n  \"t_min_s\": 2066\n"));
  EXPECT_EQ(lines.back(), '\n');
}

TEST(ResultJson, NamesEachTableWithItsFileAndColumns) {
  const std::string line = ResultJson(MadeUpResult(10, 10), {}, /*in_lines=*/false);
  EXPECT_THAT(line,
              HasSubstr("{\"name\":\"nodes\",\"file\":\"nodes.csv\",\"about\":\"One row a "
                        "member.\",\"rows\":11,\"columns\":[{\"name\":\"node\",\"unit\":\"1\","
                        "\"meaning\":\"Its number.\"}"));
}

TEST(ResultJson, TellsOfWhatBrokeAndThatItIsPartial) {
  Result result;
  result.partial = true;
  result.broken = {"C1: \"too early\""};
  result.metrics["nothing"] = kNoValue;
  const std::string line = ResultJson(result, {}, /*in_lines=*/false);
  EXPECT_THAT(line, HasSubstr("\"partial\":true,\"broken\":[\"C1: \\\"too early\\\"\"]"));
  EXPECT_THAT(line, HasSubstr("{\"nothing\":null}"));
}

}  // namespace
}  // namespace starling::sim
