# What the simulator's report is made of, compiled into the program: our own page and plot
# specifications, and the library that draws the plots (Vega, Vega-Lite and Vega-Embed, BSD-3
# licence), fetched once from the npm registry at pinned versions. Node and npm are not needed.
# Without a network everything builds all the same; reports then show tables only.

set(STARLING_PLOT_DIR ${CMAKE_SOURCE_DIR}/build/plot CACHE PATH
    "Where the plot library is kept, for all build folders together")
option(STARLING_PLOTS "Compile the plot library into the program" ON)

set(plot_packages
  vega@6.4.0@ac75c2ab62e911608b3235c1123ee1a1c63d1b4fe2e5319845ac861928f4e954c5e3e976206d99ee87992828d66d487fee14c4fe65616da38f07bdb0084961ea
  vega-lite@6.5.0@7cc5c5eacd0cac88345135a72c87de16d8122f3561cb348aa1bcc6ae1e6b852fa62fa14e6051b79bba2e278536de08fae442be825f452084f9c3bc0b35a03390
  vega-embed@7.3.0@c10f2ce46692ceaa0a82645f6d1a25801ae313608fed92875ea1fb3628f132a3e3a5d5b14ace039fcb6fa7d83482242f87670afb7a79eacc63596334c0d9e01b)

# starling_fetch(url file sha512 result): `result` is true if `file` is there with that hash.
function(starling_fetch url file sha512 result)
  set(${result} TRUE PARENT_SCOPE)
  if(EXISTS ${file})
    file(SHA512 ${file} actual)
    if(actual STREQUAL sha512)
      return()
    endif()
  endif()
  # Beside its place first: several configurations may fetch at the same time.
  string(RANDOM LENGTH 8 suffix)
  message(STATUS "Fetching ${url}")
  file(DOWNLOAD ${url} ${file}.${suffix} TIMEOUT 120 INACTIVITY_TIMEOUT 20 STATUS status)
  list(GET status 0 code)
  if(code EQUAL 0)
    file(SHA512 ${file}.${suffix} actual)
    if(actual STREQUAL sha512)
      file(RENAME ${file}.${suffix} ${file})
      return()
    endif()
    set(status "1;the file is not the one that was pinned (SHA-512 differs)")
  endif()
  file(REMOVE ${file}.${suffix})
  list(GET status 1 reason)
  message(WARNING "Cannot fetch ${url}: ${reason}. Reports of the simulator will show tables "
                  "without plots. Configure again with a network, or put the file at ${file}.")
  set(${result} FALSE PARENT_SCOPE)
endfunction()

# starling_plot_library(file result): one script of all packages, each after its licence.
function(starling_plot_library file result)
  set(${result} FALSE PARENT_SCOPE)
  set(script "")
  foreach(package ${plot_packages})
    string(REPLACE "@" ";" parts ${package})
    list(GET parts 0 name)
    list(GET parts 1 version)
    list(GET parts 2 sha512)
    set(archive ${STARLING_PLOT_DIR}/${name}-${version}.tgz)
    starling_fetch(https://registry.npmjs.org/${name}/-/${name}-${version}.tgz ${archive}
                   ${sha512} is_there)
    if(NOT is_there)
      return()
    endif()
    set(folder ${CMAKE_BINARY_DIR}/plot/${name}-${version})
    set(minified ${folder}/package/build/${name}.min.js)
    if(NOT EXISTS ${minified})
      file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${folder}
           PATTERNS package/build/${name}.min.js package/LICENSE)
    endif()
    file(READ ${folder}/package/LICENSE licence)
    file(READ ${minified} code)
    # A browser would look for the map beside the report.
    string(REGEX REPLACE "\n//# sourceMappingURL=[^\n]*" "" code "${code}")
    string(APPEND script "/* ${name} ${version}\n${licence}*/\n${code}\n")
  endforeach()
  string(FIND "${script}" "</script" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "The plot library holds what would end the script it is put into")
  endif()
  file(CONFIGURE OUTPUT ${file} CONTENT "${script}" @ONLY NEWLINE_STYLE UNIX)
  set(${result} TRUE PARENT_SCOPE)
endfunction()

# starling_embed(target unit NAME FILE [NAME FILE]...): compiles `unit`.cc into `target`, which
# defines for each NAME the function `absl::string_view NAME()` in namespace starling: the bytes of
# FILE. The assembler takes them in as they are, so that even a megabyte costs no compile time.
function(starling_embed target unit)
  set(code "// Written by cmake/report.cmake.\n#include <cstdint>\n#include \"absl/strings/string_view.h\"\n\n")
  set(files "")
  set(arguments ${ARGN})
  while(arguments)
    list(POP_FRONT arguments name file)
    list(APPEND files ${file})
    string(APPEND code "asm(R\"(.section .rodata\nstarling_${name}_begin: .incbin \"${file}\"\n"
      "starling_${name}_end: .byte 0\n.global starling_${name}_begin\n"
      ".global starling_${name}_end\n.text)\");\n"
      "extern \"C\" const char starling_${name}_begin[];\n"
      "extern \"C\" const char starling_${name}_end[];\n"
      "namespace starling {\n"
      "absl::string_view ${name}();\n"
      "absl::string_view ${name}() {\n"
      "  const auto begin = reinterpret_cast<uintptr_t>(starling_${name}_begin);\n"
      "  const auto end = reinterpret_cast<uintptr_t>(starling_${name}_end);\n"
      "  return absl::string_view(starling_${name}_begin, end - begin);\n"
      "}\n"
      "}  // namespace starling\n\n")
  endwhile()
  set(source ${CMAKE_BINARY_DIR}/embedded/${unit}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "${code}" @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE ${source})
endfunction()

# The files that sim/report_files.h declares.
set(report_files "")
foreach(name page.html page.css page.js)
  string(REPLACE "." "_" symbol report_${name})
  list(APPEND report_files ${symbol} ${CMAKE_SOURCE_DIR}/sim/report/${name})
endforeach()
file(GLOB plot_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sim/report/*.vl.json)
foreach(file ${plot_files})
  get_filename_component(name ${file} NAME_WE)
  string(REPLACE "-" "_" symbol report_plot_${name})
  list(APPEND report_files ${symbol} ${file})
endforeach()
starling_embed(starling_sim report_files ${report_files})

# What cli/build_facts.h declares. The commit is asked for at each build, but only a new one
# compiles anything again.
set(embedded ${CMAKE_BINARY_DIR}/embedded)
set(plot_library ${embedded}/plot_library.js)
set(has_plots FALSE)
if(STARLING_PLOTS)
  starling_plot_library(${plot_library} has_plots)
endif()
if(NOT has_plots)
  file(CONFIGURE OUTPUT ${plot_library} CONTENT "")
endif()
file(CONFIGURE OUTPUT ${embedded}/compiler.txt
     CONTENT "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
add_custom_target(starling_commit BYPRODUCTS ${embedded}/commit.txt
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUTPUT=${embedded}/commit.txt
          -P ${CMAKE_SOURCE_DIR}/cmake/commit.cmake VERBATIM)
starling_embed(starling_cli build_facts plot_library ${plot_library}
               compiler_name ${embedded}/compiler.txt source_commit ${embedded}/commit.txt)
add_dependencies(starling_cli starling_commit)
