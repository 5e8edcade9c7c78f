# LibTorch from the torch wheel of the project's virtual environment (or LIBTORCH_ROOT): LibTorch::headers,
# LibTorch::torch. Not find_package(Torch), which demands nvcc and edits global CUDA flags.
if(NOT LIBTORCH_ROOT)
  execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/.venv/bin/python -c
      "import importlib.util, os; print(os.path.dirname(importlib.util.find_spec('torch').origin))"
    OUTPUT_VARIABLE LIBTORCH_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT EXISTS "${LIBTORCH_ROOT}/version.py")
  message(FATAL_ERROR "LibTorch not found; run scripts/setup.sh, or pass -DLIBTORCH_ROOT=<folder of the torch package>")
endif()
file(STRINGS "${LIBTORCH_ROOT}/version.py" version_line REGEX "^__version__")
if(NOT version_line MATCHES "2\\.11\\.")
  message(FATAL_ERROR "LibTorch 2.11 is needed, ${LIBTORCH_ROOT} has ${version_line}; run scripts/setup.sh")
endif()
set(LibTorch_FOUND TRUE)
set(lib ${LIBTORCH_ROOT}/lib)

add_library(LibTorch::headers INTERFACE IMPORTED)
set_target_properties(LibTorch::headers PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${LIBTORCH_ROOT}/include;${LIBTORCH_ROOT}/include/torch/csrc/api/include"
  INTERFACE_COMPILE_FEATURES cxx_std_20
  # The wheel ships fmt's headers (12, found before the system's 9) but exports no fmt symbol; the two live in
  # different inline namespaces, so inline they do not clash. spdlog itself stays out of files that see torch.
  INTERFACE_COMPILE_DEFINITIONS FMT_HEADER_ONLY=1)

# One link item, so that CMake cannot reorder it; the CUDA libraries stay although no symbol of them is used.
# libstdc++ comes first: libtorch.so exports a std::filesystem of its own, whose remove_all crashes.
set(torch_libs -lstdc++,${lib}/libtorch.so,${lib}/libtorch_cpu.so,${lib}/libc10.so)
foreach(cuda_lib torch_cuda c10_cuda)
  if(EXISTS ${lib}/lib${cuda_lib}.so)
    string(APPEND torch_libs ,${lib}/lib${cuda_lib}.so)
  endif()
endforeach()
file(GLOB nvidia_libs ${LIBTORCH_ROOT}/../nvidia/*/lib)
set(rpath_links)
foreach(folder ${nvidia_libs})
  list(APPEND rpath_links -Wl,-rpath-link,${folder})
endforeach()
add_library(LibTorch::torch INTERFACE IMPORTED)
target_link_libraries(LibTorch::torch INTERFACE LibTorch::headers)
target_link_options(LibTorch::torch INTERFACE
  # libstdc++ first: libtorch and libtorch_cpu export their own, incomplete std::filesystem (remove_all jumps to 0).
  -Wl,--push-state,--no-as-needed,-lstdc++,${torch_libs},--pop-state
  -Wl,--disable-new-dtags,-rpath,${lib} ${rpath_links})
