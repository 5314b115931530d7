! Leaky integrate-and-fire in Fortran.  gfortran -O3 -march=native -shared -fPIC snn_plugin.f90 leaky.f90 -o leaky_fortran.so
module leaky
    use snn_plugin
    implicit none
contains
    ! u = alpha v + i;  s = 1 where u >= threshold;  v = u - threshold s
    subroutine step(n, current, v, spike, distance, alpha, threshold) bind(c, name="")
        integer(c_size_t), value :: n
        real(c_float), value :: alpha, threshold
        real(c_float) :: current(n), v(n), spike(n), distance(n)
        distance = alpha * v + current - threshold
        spike = merge(1.0, 0.0, distance >= 0)
        v = distance + threshold - threshold * spike
    end subroutine

    subroutine adjoint(n, slope, d_spike, d_v, d_current, alpha, threshold) bind(c, name="")
        integer(c_size_t), value :: n
        real(c_float), value :: alpha, threshold
        real(c_float) :: slope(n), d_spike(n), d_v(n), d_current(n)
        d_current = d_v + (d_spike - threshold * d_v) * slope
        d_v = alpha * d_current
    end subroutine

    function snn_plugin_entry(host_abi, host) result(plugin) bind(c)
        integer(c_int32_t), value :: host_abi
        type(c_ptr), value :: host
        type(c_ptr) :: plugin
        type(c_funptr) :: functions(2)
        functions(1) = c_funloc(step)
        functions(2) = c_funloc(adjoint)
        plugin = c_null_ptr
        if (host_abi /= snn_plugin_abi .or. .not. c_associated(host)) return
        plugin = one_neuron("leaky_fortran", "Leaky integrate-and-fire in Fortran.", &
            [snn_state(text("v"), 0d0, text("membrane"))], &
            [snn_parameter(text("alpha"), text("1"), 0.9d0, 0d0, 1d0, snn_closed, text("share left after a step")), &
             snn_parameter(text("threshold"), text("1"), 1d0, 0d0, huge(1d0), snn_above_low, text("firing threshold"))], &
            functions(1), "size_t n, const float *current, float *v, float *spike, float *distance, " // &
            "float alpha, float threshold", &
            functions(2), "size_t n, const float *slope, const float *d_spike, float *d_v, float *d_current, " // &
            "float alpha, float threshold")
    end function
end module
