# What a project on Warren uses in CMake.

# warren_service(NAME [EDGE] [LIBS library…])
#
# In services/<name>/: the library <name>_service (its generated table, and every *.c of the folder but main.c),
# and the program <name> (main.c).  EDGE: browsers connect to it.  LIBS: what its own code needs.
function(warren_service name)
  cmake_parse_arguments(arg "EDGE" "" "LIBS" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "warren_service(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  set(generated ${PROJECT_SOURCE_DIR}/generated/c)
  add_library(${name}_service STATIC ${generated}/${name}_service.c ${sources})
  target_include_directories(${name}_service PUBLIC ${generated} ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name}_service PUBLIC generated warren_service ${arg_LIBS})
  if(arg_EDGE)
    target_link_libraries(${name}_service PUBLIC warren_gateway)
  endif()
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.c)
    add_executable(${name} main.c)
    target_link_libraries(${name} PRIVATE ${name}_service)
  endif()
endfunction()
