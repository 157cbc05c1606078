#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace starling::cli {

namespace {

int output_error = 0;  // the first

void Write(FILE* file, absl::string_view text) {
  const bool is_written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  if (!is_written && file == stdout && output_error == 0) output_error = errno;
}

}  // namespace

bool OutputIsTerminal() {
  const char* kind = std::getenv("TERM");
  const bool is_dumb = kind != nullptr && absl::string_view(kind) == "dumb";
  return ::isatty(STDOUT_FILENO) == 1 && !is_dumb;
}

int TerminalWidth() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

int TerminalHeight() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
  return size.ws_row;
}

bool TerminalTakesUtf8() {
  // The first of these that is set decides, as in setlocale(3).
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || value[0] == '\0') continue;
    const std::string upper = absl::AsciiStrToUpper(value);
    return absl::StrContains(upper, "UTF-8") || absl::StrContains(upper, "UTF8");
  }
  return false;
}

void PrintLine(absl::string_view line) { Write(stdout, absl::StrCat(line, "\n")); }

void PrintError(absl::string_view message) {
  Write(stderr, absl::StrCat("starling: ", message, "\n"));
}

bool OutputIsOpen() { return std::ferror(stdout) == 0; }

int OutputError() { return output_error; }

void Picture::Paint(std::vector<std::string> lines) {
  // The cursor cannot go above the screen: a picture that is too high would pile up.
  const size_t lines_max = static_cast<size_t>(std::max(TerminalHeight() - 1, 2));
  if (lines.size() > lines_max) {
    lines.resize(lines_max);
    lines.back() = "...";
  }
  std::string text;
  // One write a picture, so that it does not flicker: up, each line anew, and what is left below.
  if (lines_shown_ > 0) absl::StrAppend(&text, "\x1b[", lines_shown_, "A");
  for (const std::string& line : lines) absl::StrAppend(&text, "\r", line, "\x1b[K\n");
  absl::StrAppend(&text, "\x1b[J");
  lines_shown_ = lines.size();
  Write(stdout, text);
}

void Picture::Clear() {
  if (lines_shown_ == 0) return;
  Write(stdout, absl::StrCat("\x1b[", lines_shown_, "A\r\x1b[J"));
  lines_shown_ = 0;
}

}  // namespace starling::cli
