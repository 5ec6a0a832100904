# ccache where present: a second build, or another preset, reuses objects.
find_program(IOC_CCACHE ccache)
if(IOC_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${IOC_CCACHE})
endif()
