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

# Where a pointer has 32 bits, time ends in 2038 unless asked otherwise. Most libraries have not asked: a source that hands
# a time to one of them is named with ssc_library_time(), and takes it as the library does.
include(CheckTypeSize)
check_type_size(time_t SSC_TIME_T)
if(NOT SSC_TIME_T EQUAL 8)
  set(SSC_LONG_TIME _FILE_OFFSET_BITS=64 _TIME_BITS=64)
endif()
function(ssc_library_time)
  if(NOT SSC_TIME_T EQUAL 8)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -U_TIME_BITS)
  endif()
endfunction()

function(ssc_target target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE SSC_VERSION="${PROJECT_VERSION}" ${SSC_LONG_TIME})
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
