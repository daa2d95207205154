# The page's files become part of the viewer room: bytes, types and tags in one generated source.
function(tessera_embed_page)
  set(openseadragon ${CMAKE_SOURCE_DIR}/web/node_modules/openseadragon/build/openseadragon/openseadragon.min.js)
  if(NOT EXISTS ${openseadragon})
    message(FATAL_ERROR "web/node_modules lacks OpenSeadragon: run script/bootstrap (it runs 'npm ci' in web/)")
  endif()
  file(GLOB page CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/page/*)
  set(generated ${CMAKE_BINARY_DIR}/page_files_generated.cc)
  find_program(TESSERA_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${TESSERA_PYTHON} ${CMAKE_SOURCE_DIR}/tools/embed_page.py ${generated} ${page} ${openseadragon}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/embed_page.py ${page} ${openseadragon}
    VERBATIM)
  target_sources(viewer PRIVATE ${generated})
endfunction()
