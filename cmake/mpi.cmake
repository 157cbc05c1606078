# Sweeps on clusters: of cli/sim_ranks_mpi.cc and cli/sim_ranks_alone.cc one is compiled, by whether
# there is an MPI. The library is linked by its path, so that whoever links ours needs no FindMPI.

option(STARLING_MPI "Let sweeps run under mpirun, where MPI is found" ON)

set(ranks_mpi ${CMAKE_SOURCE_DIR}/cli/sim_ranks_mpi.cc)
set(ranks_alone ${CMAKE_SOURCE_DIR}/cli/sim_ranks_alone.cc)
if(STARLING_MPI)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI QUIET COMPONENTS CXX)
endif()
if(STARLING_MPI AND MPI_CXX_FOUND)
  set_source_files_properties(${ranks_alone} PROPERTIES HEADER_FILE_ONLY ON)
  # The interface in C is all we use.
  set(mpi_libraries ${MPI_CXX_LIBRARIES})
  list(FILTER mpi_libraries EXCLUDE REGEX "mpi_?cxx|mpicxx")
  target_link_libraries(starling_cli PRIVATE ${mpi_libraries})
  set_source_files_properties(${ranks_mpi} PROPERTIES
    INCLUDE_DIRECTORIES "${MPI_CXX_INCLUDE_DIRS}"
    COMPILE_DEFINITIONS "${MPI_CXX_COMPILE_DEFINITIONS}")
else()
  set_source_files_properties(${ranks_mpi} PROPERTIES HEADER_FILE_ONLY ON)
endif()
