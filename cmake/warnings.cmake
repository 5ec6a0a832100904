# One interface target carries our warnings; dependencies are SYSTEM and see none of them.
add_library(ioc_options INTERFACE)
target_compile_options(ioc_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wnull-dereference -Wno-missing-field-initializers)
if(IOC_WERROR)
  target_compile_options(ioc_options INTERFACE -Werror)
endif()
# GCC 12.2 reports these from inside std::variant, std::optional and Boost at -O2: its bugs 105562 and 105593, not ours.
target_compile_options(ioc_options INTERFACE -Wno-maybe-uninitialized -Wno-null-dereference)
if(IOC_SANITIZE)
  target_compile_options(ioc_options INTERFACE -fsanitize=${IOC_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(ioc_options INTERFACE -fsanitize=${IOC_SANITIZE})
endif()
