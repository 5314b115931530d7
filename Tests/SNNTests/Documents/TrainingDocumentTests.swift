import SNNKernel
import Testing

@testable import SNN

@Suite("training documents")
struct TrainingDocumentTests {
    private func document(_ text: String) throws -> TrainingDocument {
        try TrainingDocument(JSONField(try JSONValue(parsing: text)))
    }

    private func network() throws -> Network {
        try Network(
            try NetworkDocument.read(
                #"{"input":{"shape":[4]},"layers":[{"connection":{"kind":"dense","outputs":3},"neuron":"lif"}]}"#
            ),
            registry: try Library.registry(),
            seed: 1
        )
    }

    @Test("an absent document takes every default")
    func defaults() throws {
        for document in [try TrainingDocument(JSONField(nil)), try document("{}")] {
            #expect(document.rule == ComponentChoice("backpropagation"))
            #expect(document.loss.kind == .crossEntropy)
            #expect(document.loss.reduction == .mean)
            #expect(document.loss.span == .window)
            #expect(document.loss.classWeights == nil)
            let adam = try #require(document.optimizer as? Adam)
            #expect(adam.learningRate == 1e-3 && adam.beta1 == 0.9 && adam.beta2 == 0.999 && adam.epsilon == 1e-8)
            #expect(adam.weightDecay == 0 && !adam.isDecoupled && !adam.isAMSGrad)
            #expect(document.schedule.kind == .constant && document.schedule.warmup == 0)
            #expect(document.batch == 128)
            #expect(document.epochs == 1)
        }
    }

    @Test("every loss with each of its options", arguments: Loss.Kind.allCases, Loss.Reduction.allCases)
    func losses(_ kind: Loss.Kind, _ reduction: Loss.Reduction) throws {
        for span in Loss.Span.allCases {
            let loss = try document(
                #"{"loss":{"kind":"\#(kind.rawValue)","reduction":"\#(reduction.rawValue)","per":"\#(span.rawValue)","#
                    + #""class_weights":[0,1,2.5]}}"#
            ).loss
            #expect(loss.kind == kind && loss.reduction == reduction && loss.span == span)
            #expect(loss.classWeights == [0, 1, 2.5])
        }
        #expect(try document(#"{"loss":"\#(kind.rawValue)"}"#).loss.kind == kind)
        #expect(try document(#"{"loss":{"class_weights":[1,2,3]}}"#).loss.classWeights == [1, 2, 3])
    }

    @Test("every optimizer with each of its parameters")
    func optimizers() throws {
        for (name, isDecoupled) in [("adam", false), ("adamw", true)] {
            let adam = try #require(
                try document(
                    #"{"optimizer":{"kind":"\#(name)","learning_rate":0.5,"beta1":0.25,"beta2":0.125,"epsilon":0.01,"#
                        + #""weight_decay":0.75,"amsgrad":true}}"#
                ).optimizer as? Adam
            )
            #expect(adam.learningRate == 0.5 && adam.beta1 == 0.25 && adam.beta2 == 0.125 && adam.epsilon == 0.01)
            #expect(adam.weightDecay == 0.75 && adam.isAMSGrad && adam.isDecoupled == isDecoupled)
            #expect(adam.moments == ["mean", "square", "largest_square"])
        }
        let descent = try #require(
            try document(
                #"{"optimizer":{"kind":"sgd","learning_rate":0.5,"momentum":0.25,"nesterov":true,"weight_decay":0.75}}"#
            ).optimizer as? GradientDescent
        )
        #expect(descent.learningRate == 0.5 && descent.momentum == 0.25 && descent.isNesterov)
        #expect(descent.weightDecay == 0.75)
        #expect(descent.moments == ["momentum"])
        let plain = try #require(try document(#"{"optimizer":"sgd"}"#).optimizer as? GradientDescent)
        #expect(plain.momentum == 0 && !plain.isNesterov && plain.moments.isEmpty)
    }

    @Test("every schedule with each of its parameters")
    func schedules() throws {
        let step = try document(#"{"schedule":{"kind":"step","gamma":0.5,"period":3,"warmup":2}}"#).schedule
        #expect(step.kind == .step && step.gamma == 0.5 && step.period == 3 && step.warmup == 2)
        let exponential = try document(#"{"schedule":{"kind":"exponential","gamma":0.5}}"#).schedule
        #expect(exponential.kind == .exponential && exponential.gamma == 0.5 && exponential.warmup == 0)
        let cosine = try document(#"{"schedule":{"kind":"cosine","floor":0.25,"warmup":0.5}}"#).schedule
        #expect(cosine.kind == .cosine && cosine.floor == 0.25 && cosine.warmup == 0.5)
        let milestones = try document(#"{"schedule":{"kind":"milestones","epochs":[15,90],"gamma":0.5}}"#).schedule
        #expect(milestones.kind == .milestones && milestones.milestones == [15, 90] && milestones.gamma == 0.5)
        let constant = try document(#"{"schedule":{"kind":"constant","warmup":4}}"#).schedule
        #expect(constant.kind == .constant && constant.warmup == 4)
    }

    @Test("every kind that the registry lists is one a document may name")
    func registry() throws {
        let components = try Library.registry().components
        for component in components {
            guard ["loss", "optimizer", "schedule", "rule"].contains(component.kind) else { continue }
            let plain = ComponentChoice(component.name, component.required)
            let text = JSONValue.object([component.kind: NetworkDocument.write(plain, key: "kind")]).text()
            #expect(throws: Never.self, "\(text)") { try document(text).trainer(for: network(), seed: 1) }
            for (parameter, value) in component.samples {
                let given = component.required.merging([parameter: value]) { $1 }
                let choice = ComponentChoice(component.name, given)
                let json = JSONValue.object([component.kind: NetworkDocument.write(choice, key: "kind")])
                #expect(throws: Never.self, "\(json.text())") { try document(json.text()) }
            }
        }
    }

    @Test("the trainer is what the document says")
    func trainer() throws {
        let document = try document(
            #"{"rule":"backpropagation","loss":"mean_squared_error","optimizer":"sgd","schedule":"cosine","batch":7,"epochs":3}"#
        )
        let trainer = try document.trainer(for: network(), seed: 42)
        #expect(trainer.loss.kind == .meanSquaredError)
        #expect(trainer.optimizer is GradientDescent)
        #expect(trainer.schedule.kind == .cosine)
        #expect(trainer.rule is Backpropagation)
        #expect(trainer.batchSize == 7 && trainer.seed == 42)
        #expect(trainer.epochsDone == 0 && trainer.stepCount == 0 && trainer.samplesSeen == 0)
    }

    @Test(
        "what is not as documented is refused with its path",
        arguments: [
            ("3", SNNError.document("the document must be an object, got 3")),
            (
                #"{"lose":1}"#,
                .unknownName(
                    "unknown key 'lose'; known: batch, epochs, loss, memory_budget, optimizer, reload_best, rule, schedule"
                )
            ),
            // Recipes have kinds of stages; a trainer has none.
            (
                #"{"kind":"train"}"#,
                .unknownName(
                    "unknown key 'kind'; known: batch, epochs, loss, memory_budget, optimizer, reload_best, rule, schedule"
                )
            ),
            (#"{"batch":0}"#, .parameter("batch must be >= 1, got 0")),
            (#"{"batch":1.5}"#, .document("batch must be an integer, got 1.5")),
            (#"{"epochs":-1}"#, .parameter("epochs must be >= 1, got -1")),
            (#"{"epochs":"3"}"#, .document(#"epochs must be an integer, got "3""#)),
            (#"{"loss":3}"#, .document("loss must be an object, got 3")),
            (
                #"{"loss":"hinge"}"#,
                .unknownName("unknown loss 'hinge'; known: cross_entropy, mean_squared_error")
            ),
            (
                #"{"loss":{"reduction":"max"}}"#,
                .parameter("cross_entropy: reduction must be one of mean, sum, got 'max'")
            ),
            (
                #"{"loss":{"weights":[1]}}"#,
                .unknownName("unknown parameter of cross_entropy 'weights'; known: per, reduction")
            ),
            (#"{"loss":{"class_weights":[1,-1]}}"#, .parameter("class_weights must be >= 0 and finite, got -1")),
            (
                #"{"loss":{"class_weights":[1,"a"]}}"#,
                .document(#"loss.class_weights[1] must be a number, got "a""#)
            ),
            (#"{"loss":{"class_weights":1}}"#, .document("loss.class_weights must be a list, got 1")),
            (#"{"optimizer":"adagrad"}"#, .unknownName("unknown optimizer 'adagrad'; known: adam, adamw, sgd")),
            (
                #"{"optimizer":{"kind":"sgd","beta1":0.5}}"#,
                .unknownName(
                    "unknown parameter of sgd 'beta1'; known: learning_rate, momentum, nesterov, weight_decay"
                )
            ),
            (#"{"optimizer":{"learning_rate":0}}"#, .parameter("adam: learning_rate must be > 0, got 0")),
            (#"{"optimizer":{"beta1":1}}"#, .parameter("adam: beta1 must be >= 0 and < 1, got 1")),
            (
                #"{"optimizer":{"amsgrad":1}}"#,
                .document("adam: amsgrad must be a boolean, true or false, got 1")
            ),
            (
                #"{"schedule":"linear"}"#,
                .unknownName("unknown schedule 'linear'; known: constant, cosine, exponential, milestones, step")
            ),
            (
                #"{"schedule":{"kind":"cosine","gamma":1}}"#,
                .unknownName("unknown parameter of cosine 'gamma'; known: floor, warmup")
            ),
            (
                #"{"schedule":{"kind":"step","period":0}}"#,
                .parameter("step: period must be > 0 epochs, got 0")
            ),
            (
                #"{"schedule":"milestones"}"#,
                .parameter(
                    "milestones needs the parameter epochs (complete epochs after which the rate falls, ascending)"
                )
            ),
            (
                #"{"schedule":{"kind":"milestones","epochs":[]}}"#,
                .parameter("milestones: epochs must be one or more, ascending, got []")
            ),
            (
                #"{"schedule":{"kind":"milestones","epochs":[5,3]}}"#,
                .parameter("milestones: epochs must be one or more, ascending, got [5, 3]")
            ),
            (
                #"{"schedule":{"kind":"milestones","epochs":[0,3]}}"#,
                .parameter("milestones: epochs must be whole numbers 1 ... 1048576 epochs, got [0, 3]")
            ),
            (#"{"reload_best":1}"#, .document("reload_best must be true or false, got 1")),
            (
                #"{"reload_best":true,"schedule":"step"}"#,
                .notSupported("reload_best needs the schedule milestones, got step")
            ),
        ]
    )
    func refused(_ text: String, _ expected: SNNError) {
        #expect(failure { try document(text) } == expected)
    }

    @Test("reload_best reaches the trainer")
    func reloadBest() throws {
        let wanted = try document(#"{"schedule":{"kind":"milestones","epochs":[2]},"reload_best":true}"#)
        let trainer = try wanted.trainer(for: network(), seed: 1)
        #expect(wanted.reloadsBest && trainer.reloadsBest)
        let plain = try document(#"{"schedule":{"kind":"milestones","epochs":[2]}}"#)
        #expect(!plain.reloadsBest)
    }

    @Test("what only the network can tell is refused when the trainer is made")
    func refusedTrainers() throws {
        let network = try network()
        #expect(
            failure { try document(#"{"loss":{"class_weights":[1,2]}}"#).trainer(for: network, seed: 1) }
                == .shape("class_weights must hold 3 numbers, one a class, got 2")
        )
        #expect(
            failure { try document(#"{"rule":"hebb"}"#).trainer(for: network, seed: 1) }
                == .unknownName("unknown rule 'hebb'; known: backpropagation, fs.fit_ranges, ttfs, ttfs.fit_windows")
        )
        #expect(
            failure { try document(#"{"batch":99999999}"#).trainer(for: network, seed: 1) }
                == .parameter("batch must be 1 ... 16777216, got 99999999")
        )
    }
}
