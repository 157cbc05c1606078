#include "sim/result_json.h"

#include "absl/strings/str_cat.h"
#include "base/json.h"

namespace starling::sim {
namespace {

void AppendTable(const Table& table, Json* json) {
  json->BeginObject().Key("name").Text(table.name);
  json->Key("file").Text(absl::StrCat(table.name, ".csv"));
  json->Key("about").Text(table.about).Key("rows").Number(table.rows.size());
  json->Key("columns").BeginArray();
  for (const Column& column : table.columns) {
    json->BeginObject().Key("name").Text(column.name).Key("unit").Text(column.unit);
    json->Key("meaning").Text(column.meaning).End();
  }
  json->End().End();
}

}  // namespace

std::string ProgramOf(const Provenance& provenance) {
  return absl::StrCat("starling ", provenance.version, provenance.commit.empty() ? "" : ", commit ",
                      provenance.commit);
}

std::string FormatTraceHash(uint64_t trace_hash) {
  return absl::StrCat("0x", absl::Hex(trace_hash, absl::kZeroPad16));
}

std::string ResultJson(const Result& result, const Provenance& provenance, bool in_lines) {
  Json json(in_lines ? 1 : 0);
  json.BeginObject().Key("schema_version").Signed(Result::kSchemaVersion);
  json.Key("scenario").Text(result.scenario).Key("seed").Number(result.seed);
  json.Key("version").Text(provenance.version).Key("commit").Text(provenance.commit);
  json.Key("compiler").Text(provenance.compiler).Key("command").Text(provenance.command);
  json.Key("trace_hash").Text(FormatTraceHash(result.trace_hash));
  json.Key("events").Number(result.events);
  json.Key("simulated_us").Signed(result.simulated.count());
  json.Key("partial").Bool(result.partial).Key("broken").BeginArray();
  for (const std::string& sentence : result.broken) json.Text(sentence);
  json.End().Key("metrics").BeginObject();
  for (const auto& [name, value] : result.metrics) json.Key(name).Exact(value);
  json.End().Key("tables").BeginArray();
  for (const Table& table : result.tables) AppendTable(table, &json);
  json.End().End();
  return in_lines ? json.text() + "\n" : json.text();
}

}  // namespace starling::sim
