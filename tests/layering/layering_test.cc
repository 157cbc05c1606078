// The arrows between folders, read off every #include line; and what protocol code must never
// touch: clocks, sockets, files, random devices, threads. A rule that nothing checks is a wish.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Strings = std::set<std::string>;

const fs::path kRoot = STARLING_SOURCE_DIR;

struct Source {
  std::string path;    // relative, "dht/node.cc"
  std::string folder;  // "dht"
  std::string unit;    // "node"
  std::vector<std::string> lines;
};

std::vector<Source> ReadSources(const Strings& folders) {
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      Source source;
      source.path = fs::relative(entry.path(), kRoot);
      source.folder = folder;
      source.unit = entry.path().stem();
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      sources.push_back(source);
    }
  }
  return sources;
}

// The box of the architecture that a file belongs to; `node` holds two.
std::string BoxOf(const std::string& folder, const std::string& unit) {
  if (folder != "node") return folder;
  for (const char* prefix : {"asio_", "real_", "system_random", "log"}) {
    if (unit.rfind(prefix, 0) == 0) return "asio";
  }
  return "client";
}

struct Include {
  std::string name;
  bool ours;
};

std::vector<Include> IncludesOf(const Source& source) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  std::smatch match;
  for (const std::string& line : source.lines) {
    if (std::regex_search(line, match, kInclude)) {
      includes.push_back({match[2], match[1] == "\""});
    }
  }
  return includes;
}

const std::map<std::string, Strings>& Arrows() {
  static const std::map<std::string, Strings> kArrows = {
      {"base", {"base"}},
      {"dht", {"base", "dht"}},
      {"storage", {"base", "storage"}},
      {"peer", {"base", "storage", "peer"}},
      {"client", {"base", "dht", "storage", "peer", "client"}},
      {"asio", {"base", "dht", "storage", "peer", "client", "asio"}},
      {"sim", {"base", "dht", "storage", "peer", "client", "sim"}},
      {"cli", {"base", "dht", "storage", "peer", "client", "asio", "sim", "cli"}},
  };
  return kArrows;
}

const Strings kFolders = {"base", "dht", "storage", "peer", "node", "sim", "cli"};
const Strings kFileUnits = {"file_store", "open_files", "worker_pool", "resume", "create"};

bool MayTouchFiles(const Source& source) {
  return source.folder == "cli" || (source.folder == "storage" && kFileUnits.contains(source.unit));
}

bool IsRealWorld(const Source& source) {
  return source.folder == "cli" || BoxOf(source.folder, source.unit) == "asio";
}

TEST(Layering, FindsTheSources) { EXPECT_GT(ReadSources(kFolders).size(), 40u); }

TEST(Layering, EveryArrowIsOneOfTheArchitecture) {
  for (const Source& source : ReadSources(kFolders)) {
    const Strings& allowed = Arrows().at(BoxOf(source.folder, source.unit));
    for (const Include& include : IncludesOf(source)) {
      const size_t slash = include.name.find('/');
      const std::string folder = include.name.substr(0, slash);
      if (!include.ours || slash == std::string::npos || !kFolders.contains(folder)) continue;
      const std::string target = BoxOf(folder, fs::path(include.name).stem());
      EXPECT_TRUE(allowed.contains(target)) << source.path << " includes " << include.name;
    }
  }
}

TEST(Layering, TheSimulatorTouchesNoFileUnitOfStorage) {
  for (const Source& source : ReadSources({"sim", "peer", "dht", "node"})) {
    if (IsRealWorld(source)) continue;
    for (const Include& include : IncludesOf(source)) {
      const fs::path path(include.name);
      EXPECT_FALSE(path.parent_path() == "storage" && kFileUnits.contains(path.stem()))
          << source.path << " includes " << include.name;
    }
  }
}

TEST(Layering, BoostStaysInTheRealWorldAndCryptoInFewFiles) {
  static const Strings kCrypto = {"digest", "ed25519", "system_random"};
  for (const Source& source : ReadSources(kFolders)) {
    for (const Include& include : IncludesOf(source)) {
      const std::string top = include.name.substr(0, include.name.find('/'));
      if (top == "boost" || top == "openssl") {
        EXPECT_TRUE(IsRealWorld(source)) << source.path << " includes " << include.name;
      }
      if (top == "cryptopp") {
        EXPECT_TRUE(kCrypto.contains(source.unit) && source.path.ends_with(".cc"))
            << source.path << " includes " << include.name;
      }
    }
  }
}

TEST(Layering, ProtocolCodeIncludesNoWayToTheWorld) {
  static const Strings kFiles = {"fstream",    "filesystem", "fcntl.h",    "unistd.h", "dirent.h",
                                 "sys/stat.h", "sys/mman.h", "sys/uio.h",  "cstdio",   "stdio.h",
                                 "iostream",   "sys/file.h", "sys/types.h"};
  static const Strings kNever = {"random", "ctime",       "time.h",  "sys/time.h", "sys/socket.h",
                                 "poll.h", "sys/epoll.h", "netdb.h", "future",     "iostream"};
  static const Strings kThreads = {"thread", "mutex", "condition_variable", "pthread.h"};
  for (const Source& source : ReadSources(kFolders)) {
    if (IsRealWorld(source)) continue;
    // CHECK prints before it ends the program, and buffers travel between threads.
    const bool is_check = source.path == "base/check.cc";
    const bool is_buffer = source.path == "base/buffer.cc";
    for (const Include& include : IncludesOf(source)) {
      EXPECT_FALSE(kNever.contains(include.name)) << source.path << " includes " << include.name;
      EXPECT_FALSE(kFiles.contains(include.name) && !MayTouchFiles(source) && !is_check)
          << source.path << " includes " << include.name;
      EXPECT_FALSE(kThreads.contains(include.name) && !MayTouchFiles(source) && !is_buffer)
          << source.path << " includes " << include.name;
    }
  }
}

TEST(Layering, ProtocolCodeReadsNoClockAndNoRandomDevice) {
  static const std::regex kForbidden(
      R"(steady_clock|system_clock|high_resolution_clock|absl::Now|GetCurrentTime|gettimeofday|)"
      R"(clock_gettime|random_device|absl::BitGen|std::mt19937|\brand\(|getrandom|getenv)");
  for (const Source& source : ReadSources(kFolders)) {
    if (IsRealWorld(source) || MayTouchFiles(source)) continue;
    for (const std::string& line : source.lines) {
      const std::string code = line.substr(0, line.find("//"));
      EXPECT_FALSE(std::regex_search(code, kForbidden)) << source.path << ": " << line;
    }
  }
}

TEST(Layering, NoFileIsLongerThan400LinesWithoutAReason) {
  // The reason stands among the first lines: "Longer than 400 lines because ...".
  Strings folders = kFolders;
  folders.insert("tests");
  folders.insert("bench");
  for (const Source& source : ReadSources(folders)) {
    const bool explained = std::any_of(
        source.lines.begin(), source.lines.begin() + std::min<size_t>(15, source.lines.size()),
        [](const std::string& line) { return line.find("Longer than 400 lines") != line.npos; });
    EXPECT_TRUE(source.lines.size() <= 400 || explained)
        << source.path << " has " << source.lines.size() << " lines";
  }
}

TEST(Layering, LinesStayWithin100Columns) {
  for (const Source& source : ReadSources(kFolders)) {
    for (size_t i = 0; i < source.lines.size(); ++i) {
      EXPECT_LE(source.lines[i].size(), 100u) << source.path << ":" << i + 1;
    }
  }
}

}  // namespace
