import SNN
import SNNKernel

// The entry point: everything that a caller can cause ends as one sentence on standard error and exit code 1; mistakes
// in the command line itself end as the argument parser words them, with code 64.
do {
    // Before anything else: the rest may use instructions that an old processor lacks.
    try Library.checkProcessor()
    var command = try Snn.parseAsRoot()
    if let command = command as? any UsesPlugins {
        for file in command.plugin.files { try Library.load(plugin: file) }
    }
    try command.run()
} catch let error as SNNError {
    Console.error(error.message)
    Exit.failure.leave()
} catch let code as Exit {
    code.leave()
} catch {
    Snn.exit(withError: error)
}
