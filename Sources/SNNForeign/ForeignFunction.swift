@preconcurrency import CFFI
import CSNN
import SNNKernel

/// What an argument of a foreign function is for.
enum ForeignRole: Hashable, Sendable {
    case count, steps, timeStep, host
    /// A parameter, by its place.
    case parameter(Int)
    case current, spike, sent, distance, potential, slope
    /// dL/d(spike) or dL/d(sent).
    case ofSent
    case ofCurrent
    /// A state row, and the gradient of one.
    case state(Int)
    case ofState(Int)
}

/// A foreign function that is ready to be called: its address, how its arguments are passed (libffi), what each is for,
/// and those that never change.
final class ForeignFunction: @unchecked Sendable {
    private let address: @convention(c) () -> Void
    private let interface: UnsafeMutablePointer<ffi_cif>
    private let types: UnsafeMutablePointer<UnsafeMutablePointer<ffi_type>?>
    let roles: [ForeignRole]
    private let isStatus: Bool
    /// The words of every argument, those that change as zero.
    private let constants: [UInt64]
    /// A call past libffi, given the words: what its own time is measured against.
    var direct: (@Sendable (UnsafeMutablePointer<UInt64>) -> Void)?

    /// A function whose arguments are `signature`'s, in the same order as `roles` and `constants`.
    init(
        _ address: @escaping @convention(c) () -> Void,
        _ signature: ForeignSignature,
        roles: [ForeignRole],
        constants: [UInt64]
    ) throws(SNNError) {
        self.address = address
        self.roles = roles
        self.constants = constants
        isStatus = signature.returnsStatus
        interface = .allocate(capacity: 1)
        interface.initialize(to: ffi_cif())
        types = .allocate(capacity: max(1, signature.arguments.count))
        for (place, argument) in signature.arguments.enumerated() {
            (types + place).initialize(to: argument.isPointer ? Self.type(of: nil) : Self.type(of: argument.kind))
        }
        let result: UnsafeMutablePointer<ffi_type> = isStatus ? Self.type(of: .int32) : Self.void
        let status = ffi_prep_cif(interface, FFI_DEFAULT_ABI, UInt32(signature.arguments.count), result, types)
        guard status == FFI_OK else { throw .plugin("libffi cannot call it (status \(status.rawValue))") }
    }

    deinit {
        interface.deallocate()
        types.deallocate()
    }

    // Tables of libffi that nobody changes.
    nonisolated(unsafe) private static let void = withUnsafeMutablePointer(to: &ffi_type_void) { $0 }
    nonisolated(unsafe) private static let pointer = withUnsafeMutablePointer(to: &ffi_type_pointer) { $0 }
    nonisolated(unsafe) private static let int32 = withUnsafeMutablePointer(to: &ffi_type_sint32) { $0 }
    nonisolated(unsafe) private static let int64 = withUnsafeMutablePointer(to: &ffi_type_sint64) { $0 }
    nonisolated(unsafe) private static let unsigned = withUnsafeMutablePointer(to: &ffi_type_uint64) { $0 }
    nonisolated(unsafe) private static let float = withUnsafeMutablePointer(to: &ffi_type_float) { $0 }
    nonisolated(unsafe) private static let double = withUnsafeMutablePointer(to: &ffi_type_double) { $0 }

    /// How libffi passes a number, or a pointer.
    private static func type(of kind: ForeignSignature.Kind?) -> UnsafeMutablePointer<ffi_type> {
        switch kind {
        case nil, .host: pointer
        case .size: unsigned
        case .int32, .int: int32
        case .int64: int64
        case .float: float
        case .double: double
        }
    }

    /// The word of a number as a type of C holds it.
    static func word(_ number: Double, as kind: ForeignSignature.Kind) -> UInt64 {
        switch kind {
        case .float: UInt64(Float(number).bitPattern)
        case .double: number.bitPattern
        case .int32, .int: UInt64(UInt32(bitPattern: Int32(number)))
        case .int64: UInt64(bitPattern: Int64(number))
        case .size, .host: UInt64(number)
        }
    }

    /// The arguments of a series of calls on one thread.
    struct Frame: ~Copyable {
        private let function: ForeignFunction
        private let words: UnsafeMutablePointer<UInt64>
        private let places: UnsafeMutablePointer<UnsafeMutableRawPointer?>

        init(_ function: ForeignFunction) {
            self.function = function
            let count = function.roles.count
            words = .allocate(capacity: max(1, count))
            places = .allocate(capacity: max(1, count))
            for (place, word) in function.constants.enumerated() {
                (words + place).initialize(to: word)
                (places + place).initialize(to: UnsafeMutableRawPointer(words + place))
            }
        }

        deinit {
            words.deallocate()
            places.deallocate()
        }

        /// The place of an argument, for ``point(_:to:)``; nil where the function does not take it.
        func place(of role: ForeignRole) -> Int? { function.roles.firstIndex(of: role) }

        /// Sets an argument, where the function takes it.
        func set(_ role: ForeignRole, _ number: Int) {
            if let place = place(of: role) { words[place] = UInt64(number) }
        }

        /// Sets a row, where the function takes it.
        func set(_ role: ForeignRole, _ row: UnsafeMutablePointer<Float>) { point(place(of: role), to: row) }

        /// Sets the row at a place.
        func point(_ place: Int?, to row: UnsafeMutablePointer<Float>) {
            if let place { words[place] = UInt64(UInt(bitPattern: row)) }
        }

        /// Calls the function; 0, or what it returned for failure.
        func call() -> Int32 {
            if let direct = function.direct {
                direct(words)
                return 0
            }
            var result: ffi_arg = 0
            ffi_call(function.interface, function.address, &result, places)
            return function.isStatus ? Int32(truncatingIfNeeded: result) : 0
        }
    }
}
