# cmake -P plugin_headers.cmake: the headers that a strategy plug-in is compiled against, as a tree (FOLDER/core/…), and in it
# strategies/plugin_abi.hpp with the version and a hash of all of them. A plug-in carries both, and the program compares.
#   -DSOURCE=src -DFOLDER=include/stom -DVERSION=0.1.0 -DHEADERS=core/time.hpp,…
string(REPLACE "," ";" headers "${HEADERS}")
file(REMOVE_RECURSE ${FOLDER})
set(all "")
foreach(header ${headers})
  get_filename_component(folder ${header} DIRECTORY)
  file(COPY ${SOURCE}/${header} DESTINATION ${FOLDER}/${folder})
  file(SHA256 ${SOURCE}/${header} hash)
  string(APPEND all "${header} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 16 hash)
file(WRITE ${FOLDER}/strategies/plugin_abi.hpp
"// Written by the build: which headers these are.
#pragma once
#define STOM_PLUGIN_VERSION \"${VERSION}\"
#define STOM_PLUGIN_HEADERS \"${hash}\"
")
