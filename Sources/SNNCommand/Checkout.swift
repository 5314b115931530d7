import SNN
import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A checkout of this package on the user's machine.
enum Checkout {
    private static let array = "let plugins = ["

    /// The checkout that a folder is or lies in.
    static func around(_ folder: String) -> String? {
        guard var path = try? absolute(folder) else { return nil }
        while true {
            if let manifest = try? ReadFile.text(ReadFile.join(path, "Package.swift")), manifest.contains(array),
                ReadFile.isFolder(ReadFile.join(path, "plugins"))
            {
                return path
            }
            guard let slash = path.lastIndex(of: "/"), path.count > 1 else { return nil }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }

    /// The path from the root of the file system.
    static func absolute(_ folder: String) throws(SNNError) -> String {
        guard let real = realpath(folder, nil) else { throw .file("there is no folder \(folder)") }
        defer { free(real) }
        return String(cString: real)
    }

    /// The manifest with a plugin's name among those of the others, in alphabetical order.
    static func registered(_ name: String, in root: String) throws(SNNError) -> String {
        let path = ReadFile.join(root, "Package.swift")
        let manifest = try ReadFile.text(path)
        guard let start = manifest.firstRange(of: array), let end = manifest[start.upperBound...].firstIndex(of: "]")
        else {
            throw .file("\(path) must hold «\(array)» and the names of the plugins")
        }
        var names = manifest[start.upperBound..<end].split { !$0.isLetter && !$0.isNumber }.map(String.init)
        guard !names.contains(name) else { throw .state("\(path) names a plugin '\(name)' already") }
        names = (names + [name]).sorted()
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        let line = array + list + "]"
        let text = line.count <= 120 ? line : array + "\n    " + list + ",\n]"
        return manifest[..<start.lowerBound] + text + manifest[manifest.index(after: end)...]
    }
}
