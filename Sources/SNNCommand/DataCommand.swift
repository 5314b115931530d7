import ArgumentParser
import SNN
import SNNKernel

/// `snn data`: the data sets that are known by name.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "List, fetch and import data sets.",
        subcommands: [DataListCommand.self, DataFetchCommand.self, DataImportCommand.self],
        defaultSubcommand: DataListCommand.self
    )
}

/// `snn data list`.
struct DataListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the known sets and whether they are here."
    )

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let sets = DataCatalogue.list(directory: data.directory)
        if output.json {
            return Console.result(JSONValue.object(["sets": .array(sets.map(Self.json))]).text())
        }
        var table = Table(["set", "train", "test", "sample", "here", "licence", "title"], [.left, .right, .right])
        for set in sets {
            let entry = set.entry
            table.add([
                entry.name, entry.trainCount.grouped, entry.testCount.grouped, Self.shape(entry.shape),
                set.folder == nil ? "carried" : set.isPresent ? "yes" : "no", entry.licence, entry.title,
            ])
        }
        table.show()
        Console.result("")
        Console.result("Looked in \(DataCatalogue.resolveDirectory(explicit: data.directory))")
        for set in sets where !set.isPresent {
            Console.result("Get \(set.entry.name): \(set.entry.advice(set.folder ?? ""))")
        }
    }

    private static func shape(_ shape: SampleShape) -> String {
        "\(shape.channels) x \(shape.height) x \(shape.width)"
    }

    private static func json(_ set: DataCatalogue.Presence) -> JSONValue {
        let entry = set.entry
        let extents = [entry.shape.channels, entry.shape.height, entry.shape.width]
        return .object([
            "name": .string(entry.name), "title": .string(entry.title), "licence": .string(entry.licence),
            "credit": .string(entry.credit), "train": .number(Double(entry.trainCount)),
            "test": .number(Double(entry.testCount)), "shape": .array(extents.map { .number(Double($0)) }),
            "classes": .array(entry.classNames.map { .string($0) }), "present": .bool(set.isPresent),
            "folder": set.folder.map { .string($0) } ?? .null, "missing": .array(set.missing.map { .string($0) }),
        ])
    }
}

/// `snn data fetch`.
struct DataFetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Download a set from its public address and check it."
    )

    @Argument(help: "mnist or fashion-mnist.")
    var name: String
    @OptionGroup var data: DataOptions

    func run() throws {
        // Where training will look for it.
        let directory = DataCatalogue.resolveDirectory(explicit: data.directory)
        let folder = try Fetch.fetch(name, directory: directory) { Console.log($0) }
        if !folder.isEmpty { Console.result("\(name) is in \(folder)") }
    }
}

/// `snn data import`.
struct DataImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Copy a set from a folder after checking it."
    )

    @Argument(help: "The set, as `snn data list` calls it.")
    var name: String
    @Argument(help: ArgumentHelp("The folder that holds its files, as published or unpacked.", valueName: "dir"))
    var folder: String
    @OptionGroup var data: DataOptions

    func run() throws {
        let directory = DataCatalogue.resolveDirectory(explicit: data.directory)
        let folder = try Fetch.importSet(name, from: folder, directory: directory) { Console.log($0) }
        if !folder.isEmpty { Console.result("\(name) is in \(folder)") }
    }
}
