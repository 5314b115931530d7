! snn_plugin.h for Fortran: the types of a plugin, as C lays them out. The header is the manual.
module snn_plugin
    use, intrinsic :: iso_c_binding
    implicit none
    integer(c_int32_t), parameter :: snn_plugin_abi = 1
    integer(c_int32_t), parameter :: snn_closed = 0, snn_above_low = 1, snn_below_high = 2, snn_integer = 4, snn_required = 8

    type, bind(c) :: snn_function
        type(c_funptr) :: address = c_null_funptr
        type(c_ptr) :: signature = c_null_ptr
    end type

    type, bind(c) :: snn_state
        type(c_ptr) :: name
        real(c_double) :: start
        type(c_ptr) :: meaning
    end type

    type, bind(c) :: snn_parameter
        type(c_ptr) :: name, unit
        real(c_double) :: initial, low, high
        integer(c_int32_t) :: flags
        type(c_ptr) :: meaning
    end type

    type, bind(c) :: snn_neuron
        integer(c_int32_t) :: struct_size = 0, reserved = 0
        type(c_ptr) :: name, summary, states
        integer(c_size_t) :: state_count
        type(c_ptr) :: parameters
        integer(c_size_t) :: parameter_count
        type(snn_function) :: rest, step, adjoint
    end type

    type, bind(c) :: snn_plugin_type
        integer(c_int32_t) :: struct_size = 0, abi = snn_plugin_abi
        type(c_ptr) :: name, neurons
        integer(c_size_t) :: neuron_count
    end type

contains
    ! The descriptor of a plugin with one neuron of its own name, for snn_plugin_entry to return.
    function one_neuron(name, summary, states, parameters, step, step_arguments, adjoint, adjoint_arguments) result(address)
        character(len=*), intent(in) :: name, summary, step_arguments, adjoint_arguments
        type(snn_state), intent(in) :: states(:)
        type(snn_parameter), intent(in) :: parameters(:)
        type(c_funptr), intent(in) :: step, adjoint
        type(c_ptr) :: address
        type(snn_state), pointer :: own_states(:)
        type(snn_parameter), pointer :: own_parameters(:)
        type(snn_neuron), pointer :: neuron
        type(c_ptr), pointer :: neurons(:)
        type(snn_plugin_type), pointer :: plugin
        allocate (own_states, source=states)
        allocate (own_parameters, source=parameters)
        allocate (neuron, neurons(1), plugin)
        neuron%struct_size = int(c_sizeof(neuron), c_int32_t)
        neuron%name = text(name)
        neuron%summary = text(summary)
        neuron%states = c_loc(own_states)
        neuron%state_count = size(states)
        neuron%parameters = c_loc(own_parameters)
        neuron%parameter_count = size(parameters)
        neuron%step = snn_function(step, text("void(" // step_arguments // ")"))
        neuron%adjoint = snn_function(adjoint, text("void(" // adjoint_arguments // ")"))
        neurons(1) = c_loc(neuron)
        plugin%struct_size = int(c_sizeof(plugin), c_int32_t)
        plugin%name = text(name)
        plugin%neurons = c_loc(neurons)
        plugin%neuron_count = 1
        address = c_loc(plugin)
    end function

    ! A C string that lives as long as the process.
    function text(words) result(address)
        character(len=*), intent(in) :: words
        type(c_ptr) :: address
        character(kind=c_char), pointer :: copy(:)
        integer :: i
        allocate (copy(len(words) + 1))
        do i = 1, len(words)
            copy(i) = words(i:i)
        end do
        copy(len(words) + 1) = c_null_char
        address = c_loc(copy)
    end function
end module
