#include "storage/metainfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "tests/storage/torrent_vectors.h"
#include "tests/support/damaged_bytes.h"

namespace starling::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string Bencoded(absl::string_view text) { return absl::StrCat(text.size(), ":", text); }
std::string Hashes(int count) { return Bencoded(std::string(size_t{20} * count, 'h')); }

absl::StatusOr<Metainfo> Parse(absl::string_view torrent) {
  return ParseMetainfo(AsBytes(torrent));
}
// A torrent of a single file of 20 bytes whose outer dictionary has `more` before info.
absl::StatusOr<Metainfo> ParseWith(absl::string_view more) {
  return Parse(absl::StrCat("d", more, "4:infod6:lengthi20e4:name1:x12:piece lengthi16384e6:pieces",
                            Hashes(1), "ee"));
}
absl::StatusOr<Metainfo> ParseInfoText(absl::string_view info) { return ParseInfo(AsBytes(info)); }
std::string ErrorOf(const absl::StatusOr<Metainfo>& metainfo) {
  return metainfo.ok() ? "none" : std::string(metainfo.status().message());
}
std::string MultiInfo(absl::string_view files, int pieces, int piece_length = 16384) {
  return absl::StrCat("d5:filesl", files, "e4:name1:t12:piece lengthi", piece_length, "e6:pieces",
                      Hashes(pieces), "e");
}

TEST(Metainfo, ReadsASingleFile) {
  const std::string info =
      absl::StrCat("d6:lengthi40000e4:name5:a.bin12:piece lengthi16384e6:pieces", Hashes(3), "e");
  const absl::StatusOr<Metainfo> metainfo = ParseInfoText(info);
  ASSERT_TRUE(metainfo.ok()) << metainfo.status();
  EXPECT_EQ(metainfo->name, "a.bin");
  EXPECT_TRUE(metainfo->is_single_file);
  ASSERT_EQ(metainfo->files.size(), 1u);
  EXPECT_EQ(metainfo->files[0].JoinedPath(), "a.bin");
  EXPECT_EQ(metainfo->total_size, 40000u);
  EXPECT_EQ(metainfo->piece_count(), 3u);
  EXPECT_EQ(metainfo->PieceSize(PieceIndex(1)), 16384u);
  EXPECT_EQ(metainfo->PieceSize(PieceIndex(2)), 40000u - 2 * 16384);
  EXPECT_EQ(metainfo->PieceHash(PieceIndex(2)).hex(), ToHex(AsBytes(std::string(20, 'h'))));
  EXPECT_EQ(metainfo->info_hash(), InfoHash::From(Sha1(AsBytes(info))));
  EXPECT_EQ(metainfo->info, info);
  EXPECT_FALSE(metainfo->is_private);
}

TEST(Metainfo, PlacesFilesOneAfterTheOther) {
  const auto metainfo = ParseInfoText(MultiInfo(
      "d6:lengthi10e4:pathl1:aeed6:lengthi0e4:pathl1:d1:eeed6:lengthi20000e4:pathl1:d1:fee", 2));
  ASSERT_TRUE(metainfo.ok()) << metainfo.status();
  ASSERT_EQ(metainfo->files.size(), 3u);
  EXPECT_THAT(metainfo->files[1].path, ElementsAre("t", "d", "e"));
  EXPECT_EQ(metainfo->files[1].offset, 10u);
  EXPECT_EQ(metainfo->files[2].offset, 10u);
  EXPECT_EQ(metainfo->total_size, 20010u);
  EXPECT_FALSE(metainfo->is_single_file);
}

TEST(Metainfo, KnowsPaddingAttributesAndSymlinks) {
  const auto metainfo = ParseInfoText(
      MultiInfo("d4:attr1:x6:lengthi10e4:pathl1:aeed4:attr1:p6:lengthi16374e4:pathl4:.pad5:"
                "16374eed4:attr1:l6:"
                "lengthi999e4:pathl1:le12:symlink pathl1:d1:aeed6:lengthi1e4:pathl1:zee",
                2));
  ASSERT_TRUE(metainfo.ok()) << metainfo.status();
  EXPECT_TRUE(metainfo->files[0].is_executable());
  EXPECT_TRUE(metainfo->files[1].is_padding());
  EXPECT_TRUE(metainfo->files[2].is_symlink());
  EXPECT_THAT(metainfo->files[2].symlink, ElementsAre("d", "a"));
  EXPECT_EQ(metainfo->files[2].length, 0u) << "a symlink takes no space, whatever it says";
  EXPECT_EQ(metainfo->files[3].offset, 16384u);
}

TEST(Metainfo, PrefersNamesThatSayTheyAreUtf8) {
  const auto metainfo =
      ParseInfoText(absl::StrCat("d5:filesld6:lengthi1e4:pathl1:\xe9"
                                 "e10:path.utf-8l2:\xc3\xa9"
                                 "eee4:name1:\xe9"
                                 "10:name.utf-82:\xc3\xa9"
                                 "12:piece lengthi16384e6:pieces",
                                 Hashes(1), "e"));
  ASSERT_TRUE(metainfo.ok()) << metainfo.status();
  EXPECT_EQ(metainfo->files[0].JoinedPath(), "\xc3\xa9/\xc3\xa9");
}

TEST(Metainfo, ReadsTrackerTiersBeforeAnnounce) {
  const auto metainfo =
      ParseWith("8:announce8:http://a13:announce-listll8:http://b7:udp://cel8:http://dee");
  ASSERT_TRUE(metainfo.ok()) << metainfo.status();
  EXPECT_THAT(metainfo->trackers,
              ElementsAre(ElementsAre("http://b", "udp://c"), ElementsAre("http://d")));
}

TEST(Metainfo, TakesAnnounceWhereTheListIsMissingOrEmpty) {
  for (const char* list :
       {"", "13:announce-listle", "13:announce-listllee", "13:announce-listi1e"}) {
    const auto metainfo = ParseWith(absl::StrCat("8:announce8:http://a", list));
    ASSERT_TRUE(metainfo.ok()) << metainfo.status();
    EXPECT_THAT(metainfo->trackers, ElementsAre(ElementsAre("http://a"))) << list;
  }
}

TEST(Metainfo, TakesAFlatAnnounceList) {
  const auto metainfo = ParseWith("13:announce-listl8:http://a8:http://be");
  ASSERT_TRUE(metainfo.ok());
  EXPECT_THAT(metainfo->trackers, ElementsAre(ElementsAre("http://a"), ElementsAre("http://b")));
}

TEST(Metainfo, KeepsAtMostSoManyTrackersAndNoneWithControlCharacters) {
  std::string list = "13:announce-listl";
  for (int i = 0; i < 1000; ++i)
    absl::StrAppend(&list, "l", Bencoded(absl::StrCat("http://", i)), "e");
  const auto many = ParseWith(list + "e");
  ASSERT_TRUE(many.ok());
  EXPECT_EQ(many->trackers.size(), kTrackersMax);
  const auto bad = ParseWith(absl::StrCat("8:announce", Bencoded("http://a\r\nX: y")));
  ASSERT_TRUE(bad.ok());
  EXPECT_THAT(bad->trackers, IsEmpty());
}

TEST(Metainfo, ReadsWebSeedsAsStringOrList) {
  const absl::string_view info = "4:infod6:lengthi20e4:name1:x12:piece lengthi16384e6:pieces";
  const auto parse = [&](absl::string_view seeds) {
    return Parse(absl::StrCat("d", info, Hashes(1), "e8:url-list", seeds, "e"));
  };
  EXPECT_THAT(parse("8:http://a")->web_seeds, ElementsAre("http://a"));
  EXPECT_THAT(parse("l8:http://a8:http://be")->web_seeds, ElementsAre("http://a", "http://b"));
  EXPECT_THAT(parse("0:")->web_seeds, IsEmpty());
  EXPECT_THAT(parse("i3e")->web_seeds, IsEmpty());
}

TEST(Metainfo, ReadsNodesAndSkipsDamagedOnes) {
  const auto good = Parse(absl::StrCat(
      "d4:infod6:lengthi20e4:name1:x12:piece lengthi16384e6:pieces", Hashes(1),
      "e5:nodesll9:127.0.0.1i6881eel1:ai0eel1:ai70000eel1:aeli5ei5eei7el4:host1:pel3:::1i1eeee"));
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_THAT(good->nodes, ElementsAre(Pair("127.0.0.1", 6881), Pair("::1", 1)));
}

TEST(Metainfo, ReadsCommentCreatorAndDate) {
  const auto metainfo = ParseWith("7:comment2:hi10:created by2:me13:creation datei-5e");
  ASSERT_TRUE(metainfo.ok());
  EXPECT_EQ(metainfo->comment, "hi");
  EXPECT_EQ(metainfo->created_by, "me");
  EXPECT_EQ(metainfo->creation_date, -5);
}

TEST(Metainfo, IsPrivateOnlyIfItSaysOne) {
  const auto parse = [](absl::string_view flag) {
    return ParseInfoText(absl::StrCat("d6:lengthi20e4:name1:x12:piece lengthi16384e6:pieces",
                                      Hashes(1), "7:private", flag, "e"));
  };
  EXPECT_TRUE(parse("i1e")->is_private);
  EXPECT_FALSE(parse("i0e")->is_private);
  EXPECT_FALSE(parse("1:1")->is_private);
}

TEST(Metainfo, ToleratesWhatFollowsTheTorrent) {
  const auto metainfo = Parse(absl::StrCat(
      "d4:infod6:lengthi20e4:name1:x12:piece lengthi16384e6:pieces", Hashes(1), "ee\r\n"));
  EXPECT_TRUE(metainfo.ok()) << metainfo.status();
}

TEST(Metainfo, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf(Parse("")), HasSubstr("not a torrent file"));
  EXPECT_THAT(ErrorOf(Parse("<html>")), HasSubstr("not a torrent file"));
  EXPECT_THAT(ErrorOf(Parse("de")), HasSubstr("no info dictionary"));
  EXPECT_THAT(ErrorOf(Parse("d4:infodee")), HasSubstr("no piece hashes"));
  const auto info = [](absl::string_view start, int hashes) {
    return ErrorOf(ParseInfoText(absl::StrCat("d", start, "6:pieces", Hashes(hashes), "e")));
  };
  EXPECT_THAT(info("6:lengthi9e12:piece lengthi16384e", 1), HasSubstr("no name"));
  EXPECT_THAT(info("6:lengthi9e4:name1:x", 1), HasSubstr("no piece length"));
  EXPECT_THAT(info("6:lengthi9e4:name1:x12:piece lengthi0e", 1), HasSubstr("piece length of 0"));
  EXPECT_THAT(info("6:lengthi9e4:name1:x12:piece lengthi536870912e", 1), HasSubstr("piece length"));
  EXPECT_THAT(info("6:lengthi-1e4:name1:x12:piece lengthi16384e", 1), HasSubstr("length"));
  EXPECT_THAT(info("6:lengthi0e4:name1:x12:piece lengthi16384e", 0), HasSubstr("nothing in it"));
  EXPECT_THAT(info("6:lengthi9e4:name1:x12:piece lengthi16384e", 2),
              HasSubstr("should have 1 piece hashes, but has 2"));
  EXPECT_THAT(info("4:name1:x12:piece lengthi16384e", 1), HasSubstr("names no files"));
  EXPECT_THAT(info("5:filesle4:name1:x12:piece lengthi16384e", 1), HasSubstr("nothing in it"));
  EXPECT_THAT(info("5:filesli1ee4:name1:x12:piece lengthi16384e", 1), HasSubstr("something else"));
  EXPECT_THAT(info("5:filesld6:lengthi1e4:pathleee4:name1:x12:piece lengthi16384e", 1),
              HasSubstr("no usable path"));
  EXPECT_THAT(info("5:filesld6:lengthi1e4:pathli1eeee4:name1:x12:piece lengthi16384e", 1),
              HasSubstr("no usable path"));
}

TEST(Metainfo, RefusesSizesThatOverflow) {
  std::string files;
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&files, "d6:lengthi", uint64_t{1} << 49, "e4:pathl1:aee");
  }
  EXPECT_THAT(ErrorOf(ParseInfoText(MultiInfo(files, 1))), HasSubstr("larger than any disk"));
  EXPECT_THAT(ErrorOf(ParseInfoText(MultiInfo("d6:lengthi9223372036854775807e4:pathl1:aee", 1))),
              HasSubstr("impossible length"));
  EXPECT_THAT(ErrorOf(ParseInfoText(
                  MultiInfo(absl::StrCat("d6:lengthi", uint64_t{1} << 50, "e4:pathl1:aee"), 1))),
              HasSubstr("too many pieces"));
}

TEST(Metainfo, RefusesPathsThatAreTooLongOrTooDeep) {
  const auto with_path = [](const std::string& path) {
    return ErrorOf(ParseInfoText(MultiInfo(absl::StrCat("d6:lengthi1e4:pathl", path, "ee"), 1)));
  };
  std::string deep;
  for (size_t i = 0; i < kPathDepthMax; ++i) deep += "1:d";
  EXPECT_EQ(with_path(deep), "none");
  EXPECT_THAT(with_path(deep + "1:d"), HasSubstr("no usable path"));
  EXPECT_EQ(with_path(Bencoded(std::string(kNameSizeMax, 'x'))), "none");
  EXPECT_THAT(with_path(Bencoded(std::string(kNameSizeMax + 1, 'x'))), HasSubstr("no usable path"));
}

TEST(Metainfo, RefusesWhatIsTooLarge) {
  EXPECT_THAT(ErrorOf(Parse(std::string(kMetainfoSizeMax + 1, 'd'))), HasSubstr("64 MiB"));
  EXPECT_THAT(ErrorOf(ParseInfoText(std::string(kInfoSizeMax + 1, 'd'))), HasSubstr("32 MiB"));
}

TEST(Metainfo, RefusesMoreFilesThanTheLimit) {
  std::string files;
  for (size_t i = 0; i <= kFilesMax; ++i) files += "de";
  EXPECT_THAT(ErrorOf(ParseInfoText(MultiInfo(files, 1))), HasSubstr("too many files"));
}

TEST(Metainfo, KeepsAtMostSoManyWebSeedsAndNodes) {
  std::string seeds;
  std::string nodes;
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&seeds, Bencoded(absl::StrCat("http://", i)));
    nodes += "l1:hi5ee";
  }
  const auto metainfo =
      Parse(absl::StrCat("d4:infod6:lengthi20e4:name1:x12:piece lengthi16384e6:pieces", Hashes(1),
                         "e5:nodesl", nodes, "e8:url-listl", seeds, "ee"));
  ASSERT_TRUE(metainfo.ok()) << metainfo.status();
  EXPECT_EQ(metainfo->web_seeds.size(), kWebSeedsMax);
  EXPECT_EQ(metainfo->nodes.size(), kNodesMax);
}

TEST(Metainfo, CleansUrls) {
  const auto metainfo = ParseWith("8:announce12: http://a\r\n ");
  ASSERT_TRUE(metainfo.ok());
  EXPECT_THAT(metainfo->trackers, ElementsAre(ElementsAre("http://a")));
}

TEST(Metainfo, RefusesNamesThatWouldFillTheMemory) {
  // Each of many files repeats the long name of the folder.
  std::string files;
  for (int i = 0; i < 70'000; ++i) files += "d6:lengthi1e4:pathl1:aee";
  const std::string info =
      absl::StrCat("d5:filesl", files, "e4:name", Bencoded(std::string(4096, 'n')),
                   "12:piece lengthi1048576e6:pieces", Hashes(1), "e");
  EXPECT_THAT(ErrorOf(ParseInfoText(info)), HasSubstr("names of its files are too long"));
}

TEST(Metainfo, ReadsTheTorrentsThatLibtorrentMakes) {
  const auto parse = [](absl::string_view hex) { return Parse(*FromHex(hex)); };
  const auto v1 = parse(kV1Torrent);
  ASSERT_TRUE(v1.ok()) << v1.status();
  EXPECT_EQ(v1->info_hash().hex(), "ecf531eb1e658476cca5244c004918b02328a0b5");
  EXPECT_FALSE(v1->info_hash_v2.has_value());

  const auto v2 = parse(kV2Torrent);
  ASSERT_TRUE(v2.ok()) << v2.status();
  EXPECT_TRUE(v2->is_v2_only());
  EXPECT_EQ(v2->info_hash_v2->hex(),
            "9866a9ebfd863ab444335269395ac6a74f74c7ed6ae682f9bb8cc1bbd2c82f76");
  EXPECT_EQ(v2->info_hash().hex(), "9866a9ebfd863ab444335269395ac6a74f74c7ed");
  ASSERT_EQ(v2->files.size(), 3u);
  EXPECT_EQ(v2->files[2].JoinedPath(), "d/sub/b.bin");
  EXPECT_EQ(v2->files[2].offset, 32768u) << "each file starts a piece";
  EXPECT_EQ(v2->total_size, 24000u + 40960u);
  EXPECT_EQ(v2->piece_count(), 5u);
  EXPECT_EQ(v2->PieceSize(PieceIndex(1)), 24000u - 16384);
  EXPECT_EQ(v2->PieceSize(PieceIndex(2)), 16384u);
  EXPECT_EQ(v2->PieceSize(PieceIndex(4)), 40960u - 2 * 16384);

  const auto hybrid = parse(kHybridTorrent);
  ASSERT_TRUE(hybrid.ok()) << hybrid.status();
  EXPECT_EQ(hybrid->info_hash().hex(), "ad2cfc302447f705e69013ed3ceecb0aa435eb10");
  EXPECT_EQ(hybrid->info_hash_v2->hex(),
            "d96837d5a748695bc909043aaf3ca5571fa5c3c64ec23305c459a465a266e1ab");
  EXPECT_EQ(hybrid->files.size(), 5u);
  EXPECT_TRUE(hybrid->files[1].is_padding());
  EXPECT_EQ(hybrid->files[0].pieces_root->hex().substr(0, 8), "e374a5e7");
  EXPECT_EQ(hybrid->total_size, 81920u);

  const auto single = parse(kHybridSingleTorrent);
  ASSERT_TRUE(single.ok()) << single.status();
  EXPECT_TRUE(single->is_single_file);
  EXPECT_EQ(single->info_hash().hex(), "f7a8450476b644af78c0a14e5d9e3af9dc90a12b");
}

TEST(Metainfo, RefusesAHybridWhoseHalvesDiffer) {
  std::string torrent = *FromHex(kHybridTorrent);
  const size_t at = torrent.find("6:lengthi24000e4:path");
  ASSERT_NE(at, std::string::npos);
  torrent.replace(at, 15, "6:lengthi24001e");
  torrent.replace(torrent.find("6:lengthi8768e"), 14, "6:lengthi8767e");
  EXPECT_THAT(ErrorOf(Parse(torrent)), HasSubstr("describe different files"));
}

TEST(Metainfo, WritesWhatItRead) {
  for (const absl::string_view hex :
       {kV1Torrent, kV2Torrent, kHybridTorrent, kHybridSingleTorrent}) {
    const std::string torrent = *FromHex(hex);
    EXPECT_EQ(EncodeMetainfo(*Parse(torrent)), torrent);
  }
  const std::string full = absl::StrCat(
      "d8:announce8:http://a13:announce-listll8:http://a8:http://bel7:udp://cee7:comment2:hi10:"
      "created by2:me13:creation datei1234e4:infod6:lengthi20e4:name1:x12:piece lengthi16384e6:"
      "pieces",
      Hashes(1), "7:privatei1ee5:nodesll9:127.0.0.1i6881eee8:url-listl8:http://see");
  const auto metainfo = Parse(full);
  ASSERT_TRUE(metainfo.ok()) << metainfo.status();
  EXPECT_EQ(EncodeMetainfo(*metainfo), full);
}

TEST(Metainfo, SurvivesDamage) {
  for (const absl::string_view hex : {kV1Torrent, kHybridTorrent}) {
    const std::string torrent = *FromHex(hex);
    const auto parse = [](ByteView bytes) {
      const auto metainfo = ParseMetainfo(bytes);
      if (!metainfo.ok()) return;
      for (uint32_t i = 0; i < metainfo->piece_count(); ++i) {
        EXPECT_LE(metainfo->PieceSize(PieceIndex(i)), metainfo->piece_length);
      }
      EXPECT_TRUE(ParseMetainfo(AsBytes(EncodeMetainfo(*metainfo))).ok());
    };
    test::ForEachDamage(torrent, parse);
    test::ForEachNoise(7, 2000, 600, torrent, parse);
  }
}

}  // namespace
}  // namespace starling::storage
