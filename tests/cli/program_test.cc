// The program as a user meets it: words in, lines and exit codes out.

#include "cli/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/files.h"
#include "tests/cli/child_program.h"
#include "tests/cli/some_torrent.h"

namespace starling::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class ProgramTest : public ::testing::Test {
 protected:
  // A network and a state folder of its own.
  std::vector<std::string> Alone(std::vector<std::string> words) const {
    for (const std::string& word :
         {std::string("--dht-bootstrap"), std::string("none"), std::string("--trackers"),
          std::string("never"), std::string("--listen"), std::string("127.0.0.1:0"),
          std::string("--state"), folder_ / "state"}) {
      words.push_back(word);
    }
    return words;
  }
  std::string errors() const { return folder_ / "errors"; }
  // A file of `size` bytes that no two tests share.
  std::string MakeContent(const std::string& name, size_t size) const {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * i >> 7);
    WriteText(folder_ / name, bytes);
    return folder_ / name;
  }

  const ScratchFolder folder_;
};

TEST_F(ProgramTest, WrongUsageEndsWithTwoAndOneLine) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"bogus"},
                                             {"--bogus"},
                                             {"get"},
                                             {"get", "--x"},
                                             {"get", "a", "--peer", "x"},
                                             {"seed"},
                                             {"create"},
                                             {"create", "a", "b"},
                                             {"create", "a", "--piece-length", "3"},
                                             {"show"},
                                             {"dht"},
                                             {"dht", "bogus"},
                                             {"dht", "lookup"},
                                             {"dht", "lookup", "x"},
                                             {"dht", "ping", "x"},
                                             {"dht", "get", "x"},
                                             {"dht", "put"},
                                             {"dht", "put", "x", "--seq", "1"},
                                             {"dht", "put", "x", "--mutable"},
                                             {"dht", "node", "x"},
                                             {"demo", "x"},
                                             {"demo", "--size", "1"}}) {
    ChildProgram program(errors(), words);
    EXPECT_EQ(program.ReadAll(), "");
    EXPECT_EQ(program.Wait(), 2) << words.front();
    EXPECT_THAT(program.Errors(), MatchesRegex("starling: [^\n]+\n"));
  }
}

TEST_F(ProgramTest, ABenchNamesTheOptionThatIsWrong) {
  for (const auto& [option, value] : std::vector<std::pair<std::string, std::string>>{
           {"--variant", "foo"}, {"--dead", "3"}, {"--churn", "x"}, {"--seed", "3..1"}}) {
    ChildProgram program(errors(), {"dht", "bench", "--simulated", option, value});
    EXPECT_EQ(program.ReadAll(), "");
    EXPECT_EQ(program.Wait(), 2);
    EXPECT_THAT(program.Errors(), StartsWith("starling: " + option + " " + value + ": "));
  }
}

TEST_F(ProgramTest, WhatCannotBeDoneEndsWithOneAndOneLine) {
  WriteText(folder_ / "bad.torrent", "d4:infoe");
  WriteText(folder_ / "good.torrent", SomeTorrentFile());
  WriteText(folder_ / "file", "");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"show", folder_ / "nothing"},
           {"show", folder_ / "bad.torrent"},
           {"show", "magnet:?dn=x"},
           {"create", folder_ / "nothing", "-o", folder_ / "o"},
           {"create", folder_ / "file", "-o", folder_ / "good.torrent"},
           {"create", "/", "-o", folder_ / "o"},
           {"dht", "crawl", "--out", folder_ / "none/x.csv"},
           Alone({"get", folder_ / "good.torrent", "--save-torrent", folder_ / "none/x"}),
           Alone({"get", folder_ / "good.torrent", "--save-torrent", folder_ / "file"}),
           Alone({"get", folder_ / "bad.torrent"}),
           Alone({"get", folder_ / "good.torrent", "-d", folder_ / "file"}),
           Alone({"seed", folder_ / "good.torrent", "--dir", folder_ / "nothing"}),
           Alone({"seed", folder_ / "nothing"})}) {
    ChildProgram program(errors(), words);
    EXPECT_EQ(program.ReadAll(), "");
    EXPECT_EQ(program.Wait(), 1) << words.front();
    EXPECT_THAT(program.Errors(), MatchesRegex("starling: [^\n]+\n"));
  }
}

TEST_F(ProgramTest, OutputThatCannotBeWrittenIsAFailure) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--version"}, {"get", "--help"}, {"sim", "list"}}) {
    ChildProgram program(errors(), words, "/dev/full");
    EXPECT_EQ(program.Wait(), 1) << words.front();
    EXPECT_THAT(program.Errors(), MatchesRegex("starling: cannot write the output: [^\n]+\n"));
  }
}

TEST_F(ProgramTest, AWalkThatNobodyAnswersKeepsTheEarlierResult) {
  WriteText(folder_ / "nodes.csv", "found before");
  ChildProgram crawl(
      errors(), {"dht", "crawl", "--out", folder_ / "nodes.csv", "--bootstrap", "127.0.0.1:1",
                 "--listen", "127.0.0.1:0", "--state", folder_ / "state", "--timeout", "200ms"});
  EXPECT_EQ(crawl.Wait(), 1);
  EXPECT_EQ(*ReadFile(folder_ / "nodes.csv", 100), "found before");
}

TEST_F(ProgramTest, VersionAndHelpAreAnswers) {
  ChildProgram version(errors(), {"--version"});
  EXPECT_EQ(version.ReadAll(), "starling 0.1.0\n");
  EXPECT_EQ(version.Wait(), 0);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"get", "--help"},
                                             {"dht", "--help"},
                                             {"dht", "ping", "--help"},
                                             {"help", "seed"},
                                             {"get", "--x", "--help"}}) {
    ChildProgram help(errors(), words);
    EXPECT_THAT(help.ReadAll(), HasSubstr("usage: starling "));
    EXPECT_EQ(help.Wait(), 0);
  }
}

TEST_F(ProgramTest, ACreatedTorrentShowsWhatItHolds) {
  const std::string content = MakeContent("film.mkv", 100'000);
  ChildProgram create(errors(), {"create", content, "-o", folder_ / "film.torrent", "--tracker",
                                 "udp://t.example:1", "--comment", "it's", "--private",
                                 "--piece-length", "32Ki", "--state", folder_ / "state"});
  EXPECT_THAT(create.ReadAll(), AllOf(HasSubstr("info-hash "), HasSubstr("magnet:?xt=urn:btih:")));
  ASSERT_EQ(create.Wait(), 0) << create.Errors();
  ChildProgram show(errors(), {"show", folder_ / "film.torrent", "--json"});
  const boost::json::value torrent = boost::json::parse(show.ReadAll());
  EXPECT_EQ(torrent.at("name").as_string(), "film.mkv");
  EXPECT_EQ(torrent.at("total_size").as_int64(), 100'000);
  EXPECT_EQ(torrent.at("piece_length").as_int64(), 32'768);
  EXPECT_EQ(torrent.at("comment").as_string(), "it's");
  EXPECT_EQ(torrent.at("created_by").as_string(), "starling/0.1.0");
  EXPECT_TRUE(torrent.at("private").as_bool());
  // It is remembered by its hash.
  const std::string hash(torrent.at("info_hash_v1").as_string());
  ChildProgram again(errors(), {"show", hash, "--state", folder_ / "state"});
  EXPECT_THAT(again.ReadAll(), HasSubstr("film.mkv"));
}

TEST_F(ProgramTest, WhatOneSeedsAnotherGetsAndServesFromMemory) {
  const std::string content = MakeContent("film.mkv", 3'000'000);
  ChildProgram seed(errors(), Alone({"seed", content, "--json"}));
  const boost::json::value listening = boost::json::parse(seed.ReadTo("\"listening\""));
  const std::string address(listening.at("addresses").at(0).as_string());
  const boost::json::value seeding = boost::json::parse(seed.ReadTo("\"seeding\""));
  const std::string magnet(seeding.at("magnet").as_string());

  ChildProgram get(folder_ / "get-errors",
                   {"get", magnet, "-d", folder_ / "copy", "--peer", address, "--dht-bootstrap",
                    "none", "--listen", "127.0.0.1:0", "--timeout", "30s", "--save-torrent",
                    folder_ / "saved.torrent", "--state", folder_ / "other state"});
  const std::string said = get.ReadAll();
  EXPECT_EQ(get.Wait(), 0) << get.Errors();
  EXPECT_THAT(said, AllOf(HasSubstr("metadata from peers"), HasSubstr("complete, 3.00 MB"),
                          HasSubstr("starling seed 'magnet:?xt=urn:btih:"),
                          HasSubstr("--state '" + (folder_ / "other state") + "'")));
  EXPECT_EQ(ReadText(folder_ / "copy/film.mkv"), ReadText(content));
  EXPECT_THAT(ReadText(folder_ / "saved.torrent"), StartsWith("d"));

  seed.Signal(SIGTERM);
  EXPECT_EQ(seed.Wait(), 143);

  // Nobody else is online: the metadata comes from the state folder.
  ChildProgram serve(folder_ / "serve-errors",
                     {"seed", magnet, "--dir", folder_ / "copy", "--dht-bootstrap", "none",
                      "--listen", "127.0.0.1:0", "--state", folder_ / "other state"});
  EXPECT_THAT(serve.ReadTo("seeding"), HasSubstr("3.00 MB"));
  serve.Signal(SIGINT);
  EXPECT_EQ(serve.Wait(), 130);
}

TEST_F(ProgramTest, NothingGainedEndsWithOne) {
  ChildProgram get(errors(), Alone({"get", "0123456789abcdef0123456789abcdef01234567", "-d",
                                    folder_ / "copy", "--timeout", "300ms"}));
  EXPECT_EQ(get.Wait(), 1);
  EXPECT_THAT(get.Errors(), HasSubstr("nothing gained for 300 ms"));
}

TEST_F(ProgramTest, WhoFindsNobodyIsToldWhy) {
  ChildProgram get(errors(), Alone({"get", "0123456789abcdef0123456789abcdef01234567", "-d",
                                    folder_ / "copy", "--timeout", "5500ms"}));
  EXPECT_EQ(get.Wait(), 1);
  EXPECT_THAT(get.Errors(), HasSubstr("0123456789abcdef0123456789abcdef01234567: no peer, and "
                                      "nobody to ask for one: no DHT node answers, and "));
}

TEST_F(ProgramTest, SeedingWhatIsNotThereEndsWithOne) {
  WriteText(folder_ / "x.torrent", SomeTorrentFile());
  ChildProgram seed(errors(), Alone({"seed", folder_ / "x.torrent", "--dir", folder_.path()}));
  EXPECT_EQ(seed.Wait(), 1);
  EXPECT_THAT(seed.Errors(), HasSubstr("starling: debian.iso: nothing of it lies in"));
}

TEST_F(ProgramTest, DhtCommandsFindEachOther) {
  ChildProgram first(errors(), {"dht", "node", "--listen", "127.0.0.1:0", "--bootstrap", "none",
                                "--state", folder_ / "state"});
  const std::string line = first.ReadLine();
  ASSERT_THAT(line, MatchesRegex("listening on 127.0.0.1:[0-9]+ .*"));
  const std::string address = line.substr(13, line.find(' ', 13) - 13);
  const std::string id = first.ReadLine().substr(8);

  ChildProgram ping(folder_ / "ping-errors", {"dht", "ping", address, "--json"});
  EXPECT_EQ(boost::json::parse(ping.ReadAll()).at("id").as_string(), id);
  EXPECT_EQ(ping.Wait(), 0);

  ChildProgram lookup(folder_ / "lookup-errors",
                      {"dht", "lookup", "0123456789abcdef0123456789abcdef01234567", "--bootstrap",
                       address, "--listen", "127.0.0.1:0", "--state", folder_ / "state2"});
  EXPECT_THAT(lookup.ReadAll(), HasSubstr("0 peers; 1 hop"));
  EXPECT_EQ(lookup.Wait(), 0) << lookup.Errors();

  first.Signal(SIGINT);
  EXPECT_EQ(first.Wait(), 130);
}

TEST_F(ProgramTest, ItemsArePutAndFoundAgain) {
  ChildProgram node(errors(), {"dht", "node", "--listen", "127.0.0.1:0", "--bootstrap", "none",
                               "--state", folder_ / "state"});
  const std::string line = node.ReadLine();
  ASSERT_THAT(line, MatchesRegex("listening on 127.0.0.1:[0-9]+ .*"));
  const std::string address = line.substr(13, line.find(' ', 13) - 13);
  std::string said;
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "dht");
    for (const std::string& word :
         {std::string("--bootstrap"), address, std::string("--listen"), std::string("127.0.0.1:0"),
          std::string("--state"), folder_ / "state2"}) {
      words.push_back(word);
    }
    ChildProgram program(folder_ / "run-errors", words);
    said = program.ReadAll();
    const int code = program.Wait();
    said += program.Errors();
    return code;
  };
  EXPECT_EQ(run({"put", "Hello World!"}), 0);
  EXPECT_THAT(said, HasSubstr("target e5f96f6f38320f0f33959cb4d3d656452117aadb\n"));
  EXPECT_THAT(said, HasSubstr("stored by 1 of 1 node"));
  EXPECT_THAT(said, HasSubstr("starling dht get e5f96f6f38320f0f33959cb4d3d656452117aadb "
                              "--bootstrap " +
                              address + " --state "));
  EXPECT_EQ(run({"get", "e5f96f6f38320f0f33959cb4d3d656452117aadb"}), 0);
  EXPECT_EQ(said, "Hello World!");
  EXPECT_EQ(run({"get", "0123456789abcdef0123456789abcdef01234567"}), 1);
  EXPECT_THAT(said, HasSubstr("starling: no node has 0123456789abcdef"));

  const std::string key = folder_ / "my.key";
  EXPECT_EQ(run({"put", "--mutable", "--key", key, "one", "--json"}), 0);
  EXPECT_THAT(said, HasSubstr("starling: made a new key in "));
  const auto put = boost::json::parse(said.substr(0, said.find('\n')));
  EXPECT_EQ(put.at("seq").as_int64(), 1);
  EXPECT_EQ(run({"put", "--mutable", "--key", key, "two"}), 0);
  EXPECT_THAT(said, HasSubstr("seq 2\n"));
  EXPECT_EQ(run({"get", std::string(put.at("key").as_string())}), 0);
  EXPECT_EQ(said, "two");

  EXPECT_EQ(run({"put", "--mutable", "--key", key, "--seq", "1", "old"}), 1);
  EXPECT_THAT(said, HasSubstr("starling: the stored item has the sequence number 2"));
  EXPECT_THAT(said, HasSubstr("(error 302)"));
  EXPECT_EQ(run({"put", "--mutable", "--key", key, "--cas", "1", "three"}), 1);
  EXPECT_THAT(said, HasSubstr("(error 301)"));
  EXPECT_EQ(run({"put", std::string(997, 'x')}), 1);
  EXPECT_THAT(said, HasSubstr("(error 205)"));
  EXPECT_EQ(run({"put", "--mutable", "--key", key, "--salt", std::string(65, 's'), "x"}), 1);
  EXPECT_THAT(said, HasSubstr("(error 207)"));
  EXPECT_EQ(run({"put", "--bencoded", "li1e"}), 1);
  EXPECT_THAT(said, HasSubstr("(error 203)"));
}

TEST_F(ProgramTest, ASmallDemoVerifiesAllCopiesAndLeavesNothingBehind) {
  ::setenv("TMPDIR", folder_.path().c_str(), 1);
  ChildProgram demo(errors(), {"demo", "--size", "4M", "--leechers", "2", "--nodes", "3"});
  const std::string said = demo.ReadAll();
  EXPECT_EQ(demo.Wait(), 0) << demo.Errors();
  EXPECT_THAT(said, AllOf(HasSubstr("verified: 2 of 2 copies"), HasSubstr("N*F/rate"),
                          HasSubstr("starling seed FILE")));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr("demo")));
  }
  ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace starling::cli
