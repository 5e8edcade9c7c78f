# Thrust, CUB and libcu++ headers (target Cccl::headers) from the CUDA toolkit or from the virtual environment's
# nvidia-cuda-cccl, and NTA_NVCC, the CUDA compiler if there is one.
file(GLOB venv_cuda ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/nvidia/cu13)
find_path(CCCL_INCLUDE_DIR thrust/version.h
  PATHS /usr/local/cuda/include/cccl ${venv_cuda}/include/cccl NO_DEFAULT_PATH)
if(NOT CCCL_INCLUDE_DIR)
  message(FATAL_ERROR "Thrust headers not found; run scripts/setup.sh")
endif()
add_library(Cccl::headers INTERFACE IMPORTED)
set_target_properties(Cccl::headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${CCCL_INCLUDE_DIR})

find_program(NTA_NVCC nvcc PATHS /usr/local/cuda/bin ${venv_cuda}/bin)
