#include "storage/metainfo_encode.h"

#include "base/bencode.h"
#include "base/check.h"

namespace starling::storage {
namespace {

using bencode::Writer;

void WriteFiles(const Metainfo& metainfo, Writer& writer) {
  writer.Key("files").BeginList();
  for (const FileEntry& file : metainfo.files) {
    writer.BeginDict();
    if (!file.attr.empty()) writer.Key("attr").String(file.attr);
    writer.Key("length").Integer(static_cast<int64_t>(file.length));
    writer.Key("path").BeginList();
    CHECK(file.path.size() > 1);
    for (size_t i = 1; i < file.path.size(); ++i) writer.String(file.path[i]);
    writer.End();
    if (!file.symlink.empty()) {
      writer.Key("symlink path").BeginList();
      for (const std::string& name : file.symlink) writer.String(name);
      writer.End();
    }
    writer.End();
  }
  writer.End();
}

void WriteTrackers(const Metainfo& metainfo, Writer& writer) {
  if (metainfo.trackers.empty()) return;
  writer.Key("announce").String(metainfo.trackers[0].empty() ? "" : metainfo.trackers[0][0]);
  if (metainfo.trackers.size() == 1 && metainfo.trackers[0].size() == 1) return;
  writer.Key("announce-list").BeginList();
  for (const std::vector<std::string>& tier : metainfo.trackers) {
    writer.BeginList();
    for (const std::string& url : tier) writer.String(url);
    writer.End();
  }
  writer.End();
}

}  // namespace

std::string EncodeInfo(const Metainfo& metainfo) {
  std::string text;
  Writer writer(&text);
  writer.BeginDict();
  if (!metainfo.is_single_file) WriteFiles(metainfo, writer);
  if (metainfo.is_single_file) {
    CHECK(metainfo.files.size() == 1);
    if (!metainfo.files[0].attr.empty()) writer.Key("attr").String(metainfo.files[0].attr);
    writer.Key("length").Integer(static_cast<int64_t>(metainfo.files[0].length));
  }
  writer.Key("name").String(metainfo.name);
  writer.Key("piece length").Integer(metainfo.piece_length);
  writer.Key("pieces").String(metainfo.piece_hashes);
  if (metainfo.is_private) writer.Key("private").Integer(1);
  writer.End();
  return text;
}

std::string EncodeMetainfo(const Metainfo& metainfo) {
  std::string text;
  Writer writer(&text);
  writer.BeginDict();
  WriteTrackers(metainfo, writer);
  if (!metainfo.comment.empty()) writer.Key("comment").String(metainfo.comment);
  if (!metainfo.created_by.empty()) writer.Key("created by").String(metainfo.created_by);
  if (metainfo.creation_date.has_value()) {
    writer.Key("creation date").Integer(*metainfo.creation_date);
  }
  writer.Key("info").Raw(AsBytes(metainfo.info));
  if (!metainfo.nodes.empty()) {
    writer.Key("nodes").BeginList();
    for (const auto& [host, port] : metainfo.nodes) {
      writer.BeginList().String(host).Integer(port).End();
    }
    writer.End();
  }
  if (!metainfo.piece_layers.empty()) {
    writer.Key("piece layers").Raw(AsBytes(metainfo.piece_layers));
  }
  if (!metainfo.web_seeds.empty()) {
    writer.Key("url-list").BeginList();
    for (const std::string& url : metainfo.web_seeds) writer.String(url);
    writer.End();
  }
  writer.End();
  return text;
}

}  // namespace starling::storage
