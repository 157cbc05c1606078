// The whole program in a child process, so that its exit code, its output and what signals do to it
// can be seen. Everything stays on 127.0.0.1.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/program.h"
#include "tests/cli/scratch_folder.h"

namespace starling::cli {

class ChildProgram {
 public:
  // Standard output is a pipe, or the file `output` if there is one; standard error `errors`.
  ChildProgram(const std::string& errors, std::vector<std::string> words,
               const std::string& output = "")
      : errors_(errors) {
    int pipe_ends[2];
    EXPECT_EQ(::pipe2(pipe_ends, O_CLOEXEC), 0);
    std::fflush(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(output.empty() ? pipe_ends[1] : ::open(output.c_str(), O_WRONLY), STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      ::alarm(60);  // no child outlives its test by much
      const int code = RunProgram(std::move(words));
      std::fflush(nullptr);
      ::_exit(code);
    }
    ::close(pipe_ends[1]);
    output_ = ::fdopen(pipe_ends[0], "r");
  }
  ~ChildProgram() {
    if (!is_over_) ::kill(child_, SIGKILL);
    Wait();
    std::fclose(output_);
  }
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  // The next line of output, waiting for it; empty at its end.
  std::string ReadLine() {
    std::string line;
    for (int c = std::fgetc(output_); c != EOF && c != '\n'; c = std::fgetc(output_)) {
      line += static_cast<char>(c);
    }
    return line;
  }
  // Reads on to a line that holds `text`; empty if none comes.
  std::string ReadTo(const std::string& text) {
    while (std::feof(output_) == 0) {
      const std::string line = ReadLine();
      if (line.find(text) != std::string::npos) return line;
    }
    return "";
  }
  std::string ReadAll() {
    std::string all;
    for (int c = std::fgetc(output_); c != EOF; c = std::fgetc(output_)) {
      all += static_cast<char>(c);
    }
    return all;
  }
  void Signal(int signal) const { ::kill(child_, signal); }
  // The exit code, once it has ended; -1 if a signal killed it.
  int Wait() {
    if (!std::exchange(is_over_, true)) ::waitpid(child_, &status_, 0);
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }
  std::string Errors() const { return ReadText(errors_); }

 private:
  const std::string errors_;
  pid_t child_ = -1;
  FILE* output_ = nullptr;
  int status_ = 0;
  bool is_over_ = false;
};

}  // namespace starling::cli
