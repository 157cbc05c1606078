# cmake -D OUT=FILE.cc -D FOLDER=DIR -D NAMES="a;b" -P embed_texts.cmake
# Writes the texts DIR/a.toml, DIR/b.toml ... into a source file, so that the program carries them:
#   extern const EmbeddedText kScenarioTexts[]; extern const size_t kScenarioTextCount;

set(text "// Made from sim/scenarios/*.toml by cmake/embed_texts.cmake.\n")
string(APPEND text "#include \"sim/embedded_text.h\"\n\nnamespace starling::sim {\n\n")
string(APPEND text "const EmbeddedText kScenarioTexts[] = {\n")
set(count 0)
string(REPLACE "," ";" NAMES "${NAMES}")
foreach(name IN LISTS NAMES)
  file(READ ${FOLDER}/${name}.toml content)
  string(APPEND text "    {\"${name}\", R\"embedded(${content})embedded\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND text "};\nconst size_t kScenarioTextCount = ${count};\n\n}  // namespace starling::sim\n")
file(WRITE ${OUT} "${text}")
