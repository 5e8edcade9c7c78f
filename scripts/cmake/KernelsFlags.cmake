# nta_kernels_flags(TARGET): how the kernels are compiled. No contraction of a * b + c on any device, since CPU and
# CUDA must give equal bits; Thrust's serial back end under sanitizers, as TBB is not instrumented.
function(nta_kernels_flags target)
  if(NTA_SANITIZE)
    target_compile_definitions(${target} PRIVATE NTA_SERIAL_THRUST)
  endif()
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--fmad=false --expt-relaxed-constexpr -Xcompiler=-Wall,-Wextra,-ffp-contract=off>)
endfunction()
