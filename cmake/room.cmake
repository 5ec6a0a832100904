# ioc_room(<name> SOURCES … LINK …): folder = target = namespace. Includes are absolute from server/.
function(ioc_room name)
  cmake_parse_arguments(ARG "" "ROOT" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  if(NOT ARG_ROOT)
    set(ARG_ROOT ${PROJECT_SOURCE_DIR}/server)
  endif()
  add_library(ioc_${name} STATIC ${ARG_SOURCES})
  target_include_directories(ioc_${name} PUBLIC ${ARG_ROOT})
  target_link_libraries(ioc_${name} PUBLIC ${ARG_LINK} PRIVATE ioc_options ${ARG_PRIVATE_LINK})
endfunction()

# ioc_test(<name> SOURCES … LINK … [LABELS …]): one GoogleTest binary, every case a ctest.
function(ioc_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest_main GTest::gmock ioc_options)
  # The rooms are optimised, the tests themselves need not be: half of a release build's time otherwise.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0> $<$<CONFIG:RelWithDebInfo>:-g0>)
  target_compile_definitions(${name} PRIVATE IOC_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set(properties TIMEOUT 120)
  if(ARG_LABELS)  # an empty list would swallow the next word
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
include(GoogleTest)
