import ArgumentParser
import SNN
import SNNKernel
import SNNLaws

/// `snn plugin`: for those who write one.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "For those who write a plugin: check its models against every law.",
        subcommands: [PluginCheckCommand.self]
    )
}

/// `snn plugin check`: whether a plugin obeys the laws.
struct PluginCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check every model of a plugin against every law that applies.",
        discussion: """
            Without --json the laws that are broken stand last, the one to repair first at the very end; the code is 1 \
            then. The speed is that of one thread at 32 samples of 1000 neurons.
            """
    )

    @Argument(
        help: ArgumentHelp("A plugin, one of its models, a shared object, or NAME.neuron.", valueName: "name|file")
    )
    var name: String
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Check it with a parameter in place of its default: reset=hard; may be repeated.",
            valueName: "name=value"
        )
    )
    var settings: [String] = []
    @OptionGroup var output: OutputOptions

    func run() throws {
        let check = try PluginCheck(name: name, settings: settings)
        let progress = CheckProgress()
        var found: [ComponentFindings] = []
        for part in check.parts {
            found.append(try check.examine(part) { progress.update("\(part.name): \($0.rawValue)") })
            progress.clear()
            if !output.json { Self.show(found[found.count - 1], isFirst: found.count == 1) }
        }
        if output.json {
            Console.result(check.json(found).text())
        } else {
            Self.conclude(check.name, found)
        }
        if !PluginCheck.broken(found).isEmpty { throw Exit.failure }
    }

    private static func show(_ part: ComponentFindings, isFirst: Bool) {
        if !isFirst { Console.result("") }
        Console.result("\(part.name) (\(part.kind))")
        var table = Table(["", "", ""])
        for finding in part.findings.reversed() {
            let detail = finding.detail.isEmpty ? finding.law.sentence : finding.detail
            table.add([finding.verdict.words, finding.law.rawValue, detail])
        }
        table.show(indent: 2)
        guard let speed = part.speed else { return }
        let backward = speed.backward.map { ", \($0.fixed(2)) backward" } ?? ""
        Console.result("  \(speed.forward.fixed(2)) ns a neuron and step forward\(backward)")
    }

    /// One line where all is well; else every broken law again, the one to repair first last.
    private static func conclude(_ name: String, _ found: [ComponentFindings]) {
        let broken = PluginCheck.broken(found)
        Console.result("")
        guard !broken.isEmpty else {
            let laws = Set(found.flatMap(\.findings).filter { $0.verdict == .holds }.map(\.law)).count
            return Console.result("\(name): all \(laws) laws that apply hold")
        }
        Console.result("\(name) breaks \(broken.count) \(broken.count == 1 ? "law" : "laws")")
        for law in broken {
            for part in found {
                for finding in part.broken where finding.law == law {
                    Console.result("broken: \(law.rawValue): \(part.name): \(finding.detail) (\(law.sentence))")
                }
            }
        }
    }
}

extension Verdict {
    /// For people.
    fileprivate var words: String {
        switch self {
        case .holds: "holds"
        case .broken: "BROKEN"
        case .notApplicable: "does not apply"
        }
    }
}

/// Says on standard error what is under way where it takes more than a moment.
private final class CheckProgress {
    private static let moment = 1.0
    private var start = Clock.seconds
    private var isDrawn = false

    func update(_ what: String) {
        guard Clock.seconds - start > Self.moment else { return }
        if Console.isTerminal {
            Console.draw("\r\u{1B}[Kchecking \(what)")
        } else if !isDrawn {
            Console.log("checking \(what)")
        }
        isDrawn = true
    }

    func clear() {
        if isDrawn, Console.isTerminal { Console.draw("\r\u{1B}[K") }
        isDrawn = false
        start = Clock.seconds
    }
}
