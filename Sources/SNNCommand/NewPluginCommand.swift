import ArgumentParser
import SNN
import SNNKernel

/// `snn new-plugin`: a folder that builds, passes its tests, and trains; the rest is changing its equations.
struct NewPluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-plugin",
        abstract: "Create a neuron model in Swift that builds, is tested and trains; change its equations to yours.",
        discussion: """
            In a checkout of snn: plugins/NAME, registered in Package.swift. Elsewhere, with --package: a Swift package of \
            its own that depends on snn. Neurons in other languages, or as text, need neither: see docs/foreign-neurons.md \
            and docs/equations.md.
            """
    )

    @Argument(help: "Its name in Swift: a capital, then letters and digits, as in Saturating.")
    var name: String
    @Option(
        help: ArgumentHelp("Make a package of its own in this folder, which must not be there yet.", valueName: "dir")
    )
    var package: String?
    @Option(
        help: ArgumentHelp(
            "Where the checkout of snn is that the package depends on; without it the one around this folder.",
            valueName: "dir"
        )
    )
    var kernel: String?

    func run() throws {
        guard let first = name.utf8.first, (0x41...0x5A).contains(first), name.utf8.count <= 40,
            name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) })
        else {
            throw SNNError.parameter(
                "the name of a plugin must be a capital followed by letters and digits, at most 40, got '\(name)'"
            )
        }
        let template = PluginTemplate(name: name)
        let taken = try Library.registry().components
        guard !taken.contains(where: { $0.plugin == template.identifier || $0.name == template.identifier }) else {
            throw SNNError.parameter("there is a plugin '\(template.identifier)' already; choose another name")
        }
        if let package { try makePackage(template, in: package) } else { try makePlugin(template) }
    }

    /// A folder in the checkout that the current folder lies in.
    private func makePlugin(_ template: PluginTemplate) throws {
        guard let root = Checkout.around(".") else {
            throw SNNError.state(
                "no checkout of snn is around this folder; go into one, or make a package of its own with --package DIR"
            )
        }
        let folder = ReadFile.join(root, "plugins/\(name)")
        let manifest = try Checkout.registered(name, in: root)
        let recipe = ReadFile.join(root, "digits-\(template.identifier).json")
        try write([
            (ReadFile.join(folder, "\(name).swift"), template.model),
            (ReadFile.join(folder, "Plugin.swift"), template.entry),
            (ReadFile.join(folder, "Tests/\(name)Tests.swift"), template.test),
            (recipe, template.recipe),
        ])
        try AtomicFile.write(try ByteBuffer(Array(manifest.utf8)), to: ReadFile.join(root, "Package.swift"))
        Console.result("Package.swift: '\(name)' stands among the plugins")
        Console.result(
            """

            It is a leaky integrate-and-fire neuron so far. Make it yours in plugins/\(name)/\(name).swift; then
                make build
                build/snn plugin check \(template.identifier)
                build/snn train digits-\(template.identifier).json
                swift test --filter \(name)PluginTests
            plugins/README.md shows the way, in about fifteen minutes.
            """
        )
    }

    /// A package of its own.
    private func makePackage(_ template: PluginTemplate, in folder: String) throws {
        guard !ReadFile.exists(folder), !ReadFile.isFolder(folder) else {
            throw SNNError.file("\(folder) is there already; --package wants a folder that is not")
        }
        guard let root = Checkout.around(kernel ?? ".") else {
            throw SNNError.state("\(kernel ?? "this folder") is no checkout of snn; name one with --kernel DIR")
        }
        let kernel = try Checkout.absolute(root)
        guard !kernel.contains("\"") && !kernel.contains("\\") else {
            throw SNNError.parameter("the path of the checkout must hold neither quotes nor backslashes, got \(kernel)")
        }
        let sources = ReadFile.join(folder, "Sources")
        try write([
            (ReadFile.join(folder, "Package.swift"), template.manifest(kernel: kernel)),
            (ReadFile.join(sources, "\(name)Plugin/\(name).swift"), template.model),
            (ReadFile.join(sources, "\(name)Plugin/Plugin.swift"), template.entry),
            (ReadFile.join(sources, "demo/main.swift"), template.demo),
            (ReadFile.join(folder, "Tests/\(name)Tests.swift"), template.test),
        ])
        Console.result(
            """

            It is a leaky integrate-and-fire neuron so far, in a package that depends on \(kernel). In \(folder):
                swift test -c release -Xswiftc -enable-testing
                swift run -c release demo
            """
        )
    }

    /// Writes files that are not there yet.
    private func write(_ files: [(path: String, text: String)]) throws {
        for file in files where ReadFile.exists(file.path) {
            throw SNNError.file("\(file.path) is there already; nothing was written")
        }
        for file in files {
            let folder = file.path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/"
            )
            try ReadFile.createFolder(folder)
            try AtomicFile.write(try ByteBuffer(Array(file.text.utf8)), to: file.path)
            Console.result("wrote \(file.path)")
        }
    }
}
