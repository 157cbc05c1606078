// Texts that the build compiles in; see cmake/embed_texts.cmake.
#pragma once

#include <cstddef>

namespace starling::sim {

struct EmbeddedText {
  const char* name;
  const char* text;
};

extern const EmbeddedText kScenarioTexts[];
extern const size_t kScenarioTextCount;

}  // namespace starling::sim
