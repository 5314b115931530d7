@testable import SNN

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The files of the repository these tests were compiled in.
enum Repository {
    /// The path of a file by its path within the repository.
    static func path(_ name: String) -> String {
        // Tests/SNNTests/Runs/Repository.swift
        let root = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        return ReadFile.join(root.joined(separator: "/"), name)
    }

    /// The names in a folder that end in `suffix`, without it, sorted.
    static func names(in folder: String, suffix: String) -> [String] {
        entries(folder).filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted()
    }

    /// The folders within a folder, sorted.
    static func folders(in folder: String) -> [String] {
        entries(folder).filter { !$0.hasPrefix(".") && ReadFile.isFolder(path("\(folder)/\($0)")) }.sorted()
    }

    private static func entries(_ folder: String) -> [String] {
        guard let open = opendir(path(folder)) else { return [] }
        defer { closedir(open) }
        var names: [String] = []
        while let entry = readdir(open) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            )
        }
        return names
    }
}
