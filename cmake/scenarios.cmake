# The scenarios of sim/scenarios/, compiled into the simulator's library: a new one is a new file.

file(GLOB scenario_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sim/scenarios/*.toml)
set(scenario_names)
foreach(file IN LISTS scenario_files)
  get_filename_component(name ${file} NAME_WE)
  list(APPEND scenario_names ${name})
endforeach()
list(SORT scenario_names)
string(REPLACE ";" "," scenario_names "${scenario_names}")

set(scenario_source ${CMAKE_BINARY_DIR}/generated/scenario_texts.cc)
add_custom_command(
  OUTPUT ${scenario_source}
  COMMAND ${CMAKE_COMMAND} -D OUT=${scenario_source} -D FOLDER=${CMAKE_SOURCE_DIR}/sim/scenarios
          -D NAMES=${scenario_names} -P ${CMAKE_SOURCE_DIR}/cmake/embed_texts.cmake
  DEPENDS ${scenario_files} ${CMAKE_SOURCE_DIR}/cmake/embed_texts.cmake
  VERBATIM)
target_sources(starling_sim PRIVATE ${scenario_source})
