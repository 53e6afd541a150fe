# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=file.c -DNAME=prefix -DFILES=a.json,b.json -P embed.cmake
# Writes the files as C arrays, NUL terminated, with a table of names (file name without .json) and contents.
string(REPLACE "," ";" files "${FILES}")
set(arrays "")
set(rows "")
set(names "")
set(i 0)
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  string(REGEX REPLACE "\\.json$" "" name ${name})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char file_${i}[] = {\n${bytes}0x00};\n")
  string(APPEND rows "    {\"${name}\", (const char *)file_${i}},\n")
  string(APPEND names "\"${name}\", ")
  math(EXPR i "${i} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/embed.cmake. */\n#include \"drivers/sim/images.h\"\n\n${arrays}\n"
  "const struct sim_image_file ${NAME}_files[] = {\n${rows}    {0, 0},\n};\n"
  "const char *const ${NAME}_names[] = {${names}0};\n")
