# SPDX-License-Identifier: Apache-2.0
# One set of compiler rules for every room. ssc_target(NAME) applies it.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

option(SSC_WERROR "warnings are errors; off where a package is built with compilers of tomorrow" ON)
# A distribution says itself how far it fortifies.
if(NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE" AND NOT SSC_SANITIZE)
  set(SSC_FORTIFY $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()

function(ssc_target target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE SSC_VERSION="${PROJECT_VERSION}")
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wstrict-prototypes
    -Wmissing-prototypes -Wformat=2 $<$<BOOL:${SSC_WERROR}>:-Werror> -fno-common -fstack-protector-strong)
  if(SSC_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${SSC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${SSC_SANITIZE})
  endif()
  target_compile_options(${target} PRIVATE ${SSC_FORTIFY})
  if(SSC_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(SSC_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic) # threads count, too
    target_link_options(${target} PRIVATE --coverage)
  endif()
endfunction()
