#include "cli/text.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

TEST(Text, NothingFromAStrangerCommandsTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\r\n"), "a?[31mb??");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "0m"),
            "?0m");  // CSI as one character
  EXPECT_EQ(Printable("\xE2\x80\xAE"
                      "gpj.exe"),
            "?gpj.exe");  // right-to-left override
  EXPECT_EQ(Printable("Größe 大 👍"), "Größe 大 👍");
}

TEST(Text, InvalidUtf8IsRepaired) {
  for (int byte = 0x80; byte <= 0xFF; ++byte) {
    const std::string text = std::string("a") + static_cast<char>(byte) + "b";
    EXPECT_EQ(Printable(text),
              "a\xEF\xBF\xBD"
              "b")
        << byte;
  }
}

TEST(Text, WidthCountsCells) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("äöü"), 3);
  EXPECT_EQ(DisplayWidth("大きい"), 6);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);  // a combining accent
}

TEST(Text, ShortenKeepsWithinTheWidthAndNeverCutsACharacter) {
  const std::string text = "aä大👍e\xCC\x81z";
  for (int width = 0; width < 12; ++width) {
    const std::string shortened = Shorten(text, width);
    EXPECT_LE(DisplayWidth(shortened), width);
    EXPECT_EQ(Printable(shortened), shortened);
  }
  EXPECT_EQ(Shorten("abcdef", 4), "abc…");
  EXPECT_EQ(Shorten("abcd", 4), "abcd");
}

TEST(Text, PadFillsUpToTheWidth) {
  EXPECT_EQ(PadRight("ä", 3), "ä  ");
  EXPECT_EQ(PadLeft("大", 3), " 大");
  EXPECT_EQ(PadLeft("long", 2), "long");
}

TEST(Text, ShellQuoteMakesOneWord) {
  EXPECT_EQ(ShellQuote("/data/films-2026"), "/data/films-2026");
  EXPECT_EQ(ShellQuote("a b"), "'a b'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuote("magnet:?xt=urn:btih:1&dn=x"), "'magnet:?xt=urn:btih:1&dn=x'");
  EXPECT_EQ(ShellQuote("~/x"), "'~/x'");
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("$(reboot)"), "'$(reboot)'");
}

}  // namespace
}  // namespace starling::cli
