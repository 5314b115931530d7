import SNN
import SNNKernel

/// A run of a recipe with progress for people that Ctrl-C stops.
struct InterruptibleRun {
    private let recipe: Recipe
    private let options: RunOptions

    init(_ recipe: Recipe, _ options: RunOptions) {
        self.recipe = recipe
        self.options = options
    }

    /// Runs it.
    ///
    /// Stopped by Ctrl-C it prints `sentence` and throws ``Exit/interrupted``. `sentence` gets the newest epoch that
    /// this run completed, from 1; 0 where there is none.
    func run(interrupted sentence: (_ saved: Int) -> String) throws -> RecipeRun.Outcome {
        Interruption.watch()
        let display = ProgressDisplay(stages: recipe.stages.count)
        var saved = 0
        do {
            let outcome = try RecipeRun(recipe, options).run(
                progress: { progress in
                    display.update(progress)
                    return !Interruption.isRequested
                },
                stageBegan: { display.begin(stage: $0) },
                epochDone: { stage, result in
                    saved = result.epoch
                    let isLast = stage == recipe.stages.lastIndex { $0.kind == .train }
                    display.complete(
                        result,
                        of: isLast
                            ? options.epochs ?? recipe.stages[stage].training.epochs
                            : recipe.stages[stage].training.epochs
                    )
                }
            )
            display.finish()
            return outcome
        } catch SNNError.cancelled {
            display.finish()
            Console.error(sentence(saved))
            throw Exit.interrupted
        } catch {
            display.finish()
            throw error
        }
    }
}
