#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What this machine has.
public enum Machine {
    /// Cores this process may use.
    public static var cores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Physical memory in bytes.
    static var memoryBytes: Int { Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))) }

    /// Throws ``SNNError/memory(_:)`` where `bytes` cannot fit, before an allocation takes the host program down.
    static func check(_ bytes: Double, for what: String) throws(SNNError) {
        guard bytes <= Double(memoryBytes) else {
            throw .memory("\(what) must fit the \(memoryBytes) bytes of this machine, it would take \(bytes.plain)")
        }
    }
}
