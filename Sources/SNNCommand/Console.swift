#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The two streams: results on standard output, all else on standard error.
enum Console {
    /// Whether standard error is a terminal, where a line can be redrawn.
    static var isTerminal: Bool { isatty(2) == 1 && environment("TERM") != "dumb" }

    /// Columns of the terminal; 80 where it does not say.
    static var columns: Int {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
        return Int(size.ws_col)
    }

    /// Whether the terminal shows more than ASCII.
    static var isUnicode: Bool {
        let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? ""
        return locale.lowercased().contains("utf")
    }

    /// A line of a result; where it cannot be written the program ends, as it would otherwise seem to have worked.
    static func result(_ line: String) {
        guard !write(line + "\n", to: 1) else { return }
        error("cannot write to standard output: \(String(cString: strerror(errno)))")
        Exit.failure.leave()
    }

    /// A line of a log.
    static func log(_ line: String) { _ = write(line + "\n", to: 2) }

    /// The sentence that says why a command failed.
    static func error(_ sentence: String) { log("snn: " + sentence) }

    /// Text on standard error, as it is.
    static func draw(_ text: String) { _ = write(text, to: 2) }

    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether all of it was written.
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return false }
            bytes = bytes.dropFirst(written)
        }
        return true
    }

    private static func writeBytes(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, start, count)
        #else
        Darwin.write(descriptor, start, count)
        #endif
    }
}

extension Exit {
    /// Ends the program with this code.
    func leave() -> Never { exit(rawValue) }
}
