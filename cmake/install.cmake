# `cmake --install` puts the program, the libraries and their headers in place;
# `find_package(starling)` gives starling::asio (the whole node), starling::sim
# and starling::cli (the program, for one with strategies of one's own).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/starling)
install(TARGETS starling_base starling_dht starling_storage starling_peer starling_client
                starling_asio starling_sim starling_cli
        EXPORT starling-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET starling)
  install(TARGETS starling RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT starling-targets NAMESPACE starling:: DESTINATION ${package_dir})
foreach(folder base dht storage peer node sim cli)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/starling
          FILES_MATCHING PATTERN "*.h")
endforeach()
configure_package_config_file(cmake/starling-config.cmake.in
  ${CMAKE_BINARY_DIR}/starling-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/starling-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/starling-config.cmake
              ${CMAKE_BINARY_DIR}/starling-config-version.cmake
        DESTINATION ${package_dir})
