# nta_embed_text(TARGET name OUT file.cpp FUNCTION f FILES a.json ...): the files' text inside the
# program, as `std::span<nta::Document const> nta::f()` (libnta/flows/documents.hpp).
function(nta_embed_text)
  cmake_parse_arguments(arg "" "TARGET;OUT;FUNCTION" "FILES" ${ARGN})
  set(rows "")
  foreach(file ${arg_FILES})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND rows "    {\"${name}\", R\"nta(${text})nta\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${arg_OUT} CONTENT
"#include \"libnta/flows/documents.hpp\"

namespace nta {
std::span<Document const> ${arg_FUNCTION}() {
  static constexpr Document kDocuments[] = {
@rows@  };
  return kDocuments;
}
}  // namespace nta
" @ONLY)
  target_sources(${arg_TARGET} PRIVATE ${arg_OUT})
endfunction()
