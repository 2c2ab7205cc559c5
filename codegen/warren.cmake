# What a project on Warren uses in CMake.

# warren_generate(PLUGIN protoc-gen-warren SCHEMA folder OUT folder)
#
# Called in OUT's CMakeLists.txt.  A target `generate`: OUT is brought up to date with SCHEMA whenever a schema, a generator script or
# the plugin changed, before what is made of OUT is compiled.  Only what differs is written, so that nothing else is built again.
# OUT/manifest.txt says what there is; files that come or go make CMake run again at the next build.  A build writes no stubs into
# people's folders: `sync` by hand (./dev gen) does.
function(warren_generate)
  cmake_parse_arguments(arg "" "PLUGIN;SCHEMA;OUT" "" ${ARGN})
  file(GLOB_RECURSE protos CONFIGURE_DEPENDS ${arg_SCHEMA}/*.proto)
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/generate.stamp)
  set(made "")
  if(EXISTS ${arg_OUT}/manifest.txt)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${arg_OUT}/manifest.txt)
    file(STRINGS ${arg_OUT}/manifest.txt made)
    list(TRANSFORM made PREPEND ${arg_OUT}/)
  endif()
  cmake_path(RELATIVE_PATH arg_SCHEMA BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE schema)
  cmake_path(RELATIVE_PATH arg_OUT BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE out)
  add_custom_command(OUTPUT ${stamp} BYPRODUCTS ${made}
    COMMAND ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/sync --plugin $<TARGET_FILE:${arg_PLUGIN}> --schema ${schema} --out ${out} --no-stubs
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${arg_PLUGIN} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/sync ${protos}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Generating from ${schema}/" VERBATIM)
  add_custom_target(generate DEPENDS ${stamp})
endfunction()

# warren_service(NAME [EDGE] [LIBS library…])
#
# Called in services/<name>/: the library <name>_service (its generated table, and every *.c of the folder but main.c and *_test.c),
# the program <name> (main.c), and with TESTS a Check program of each *_test.c.  EDGE: browsers connect to it.  LIBS: what its own
# code needs.
# A handler that the schema demands and nobody wrote fails the library, with the file to write.
# Where TESTS is on, each *_test.c becomes a Check program of its own, the test service/<name>.
function(warren_service name)
  cmake_parse_arguments(arg "EDGE" "" "LIBS" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "warren_service(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(manifest ${PROJECT_SOURCE_DIR}/generated/manifest.txt)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  file(STRINGS ${manifest} table REGEX "^c/${name}_service\\.c$")
  if(NOT table)
    message(WARNING "the schema has no service ${name}, so that this folder is not built; declare it, or remove the folder")
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$|_test\\.c$")
  set(generated ${PROJECT_SOURCE_DIR}/generated/c)
  add_library(${name}_service STATIC ${generated}/${name}_service.c ${sources})
  target_include_directories(${name}_service PUBLIC ${generated} ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name}_service PUBLIC generated warren_service ${arg_LIBS})
  if(arg_EDGE)
    target_link_libraries(${name}_service PUBLIC warren_gateway)
  endif()
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE folder)
  add_custom_command(TARGET ${name}_service POST_BUILD
    COMMAND ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/check-handlers ${CMAKE_NM} $<TARGET_FILE:${name}_service>
      ${generated}/${name}_handlers.txt ${folder} schema
    VERBATIM)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.c)
    add_executable(${name} main.c)
    target_link_libraries(${name} PRIVATE ${name}_service)
  endif()
  if(TESTS)
    file(GLOB tests CONFIGURE_DEPENDS *_test.c)
    foreach(test IN LISTS tests)
      get_filename_component(test_name ${test} NAME_WE)
      add_executable(${test_name} ${test})
      target_link_libraries(${test_name} PRIVATE ${name}_service PkgConfig::CHECK)
      add_test(NAME service/${test_name} COMMAND ${test_name})
    endforeach()
  endif()
endfunction()
