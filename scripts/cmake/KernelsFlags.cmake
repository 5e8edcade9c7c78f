# nta_kernels_flags(TARGET FOLDER): how the kernels are compiled. No contraction of a * b + c on any device, since CPU
# and CUDA must give equal bits; Thrust's serial back end under sanitizers, as TBB is not instrumented. The register
# options keep ptxas from saving the last few registers for occupancy by spilling them (tests/kernels/test_ptxas_report.py).
function(nta_kernels_flags target folder)
  # What g++ compiles takes no CUDA device for granted: Thrust's default would include cuda_runtime.h.
  if(NTA_SANITIZE)
    target_compile_definitions(${target} PRIVATE NTA_SERIAL_THRUST THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP)
  else()
    target_compile_definitions(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_TBB>)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O3>)
  endif()
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--fmad=false --expt-relaxed-constexpr -Xcompiler=-Wall,-Wextra,-ffp-contract=off>)
  set_source_files_properties(${folder}/cuda_group.cu PROPERTIES COMPILE_OPTIONS -maxrregcount=64)
  set_source_files_properties(${folder}/cuda_fold.cu PROPERTIES COMPILE_OPTIONS -maxrregcount=64)
endfunction()
