# nta_layer(NAME FOLDER dir SOURCES a.cpp ... USES targets ...): one static library per layer, alias nta::NAME.
# nta_layer_test(NAME SOURCES ... USES ...): one test binary per layer, run with JUnit XML output.
add_library(nta_warnings INTERFACE)
target_compile_options(nta_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wconversion -Wshadow -Werror -ffp-contract=off>)

add_library(nta_sanitizers INTERFACE)
if(NTA_SANITIZE)
  # g++ 12 takes std::regex's own state for uninitialised when it is instrumented (GCC bug 105562).
  target_compile_options(nta_sanitizers INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${NTA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-maybe-uninitialized>)
  target_link_options(nta_sanitizers INTERFACE -fsanitize=${NTA_SANITIZE})
endif()

function(nta_layer name)
  cmake_parse_arguments(arg "" "FOLDER" "SOURCES;USES" ${ARGN})
  list(TRANSFORM arg_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/${arg_FOLDER}/)
  add_library(nta_${name} STATIC ${arg_SOURCES})
  add_library(nta::${name} ALIAS nta_${name})
  target_include_directories(nta_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  set_target_properties(nta_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(nta_${name} PUBLIC ${arg_USES} nta_sanitizers PRIVATE nta_warnings)
endfunction()

function(nta_layer_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  list(TRANSFORM arg_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/tests/${name}/)
  add_executable(nta_test_${name} ${arg_SOURCES})
  target_link_libraries(nta_test_${name} PRIVATE nta::${name} ${arg_USES} GTest::gtest_main GTest::gmock nta_warnings)
  target_compile_definitions(nta_test_${name} PRIVATE NTA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND nta_test_${name} --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${name}.xml)
endfunction()
