import Testing

@testable import SNNKernel

@Suite("Parts of the kernel")
struct BuiltInTests {
    @Test("parameters of a loss reach it, defaults filled in")
    func loss() throws {
        let plain = try BuiltIn.loss(ComponentChoice("cross_entropy"))
        #expect(plain.kind == .crossEntropy && plain.reduction == .mean && plain.span == .window)
        #expect(plain.classWeights == nil)
        let chosen = try BuiltIn.loss(
            ComponentChoice("mean_squared_error", ["reduction": .text("sum"), "per": .text("step")]),
            classWeights: [1, 0.5]
        )
        #expect(chosen.kind == .meanSquaredError && chosen.reduction == .sum && chosen.span == .step)
        #expect(chosen.classWeights == [1, 0.5])
    }

    @Test("class weights that are negative or not finite are refused", arguments: [-1, Double.nan, .infinity])
    func classWeights(_ weight: Double) {
        #expect(throws: SNNError.parameter("class_weights must be >= 0 and finite, got \(weight.plain)")) {
            try BuiltIn.loss(ComponentChoice("cross_entropy"), classWeights: [1, weight])
        }
    }

    @Test("parameters of an optimizer reach it")
    func optimizer() throws {
        let sgd = try #require(
            BuiltIn.optimizer(
                ComponentChoice(
                    "sgd",
                    [
                        "learning_rate": .number(0.1), "momentum": .number(0.9), "nesterov": .boolean(true),
                        "weight_decay": .number(1e-4),
                    ]
                )
            ) as? GradientDescent
        )
        #expect(sgd.learningRate == 0.1 && sgd.momentum == 0.9 && sgd.isNesterov && sgd.weightDecay == 1e-4)
        let adam = try #require(
            BuiltIn.optimizer(ComponentChoice("adam", ["amsgrad": .boolean(true)])) as? Adam
        )
        #expect(adam.learningRate == 1e-3 && adam.beta1 == 0.9 && adam.beta2 == 0.999 && adam.epsilon == 1e-8)
        #expect(adam.isAMSGrad && !adam.isDecoupled)
        let adamW = try #require(BuiltIn.optimizer(ComponentChoice("adamw")) as? Adam)
        #expect(adamW.isDecoupled && !adamW.isAMSGrad)
    }

    @Test("parameters of a schedule reach it")
    func schedule() throws {
        let step = try BuiltIn.schedule(
            ComponentChoice("step", ["gamma": .number(0.5), "period": .number(3), "warmup": .number(2)])
        )
        #expect(step.kind == .step && step.gamma == 0.5 && step.period == 3 && step.warmup == 2)
        let cosine = try BuiltIn.schedule(ComponentChoice("cosine", ["floor": .number(0.1)]))
        #expect(cosine.kind == .cosine && cosine.floor == 0.1 && cosine.warmup == 0)
        let milestones = try BuiltIn.schedule(ComponentChoice("milestones", ["epochs": .numbers([2, 7])]))
        #expect(milestones.kind == .milestones && milestones.milestones == [2, 7] && milestones.gamma == 0.1)
        for list: [Double] in [[], [2, 2], [3, 2]] {
            #expect(throws: SNNError.self) {
                try BuiltIn.schedule(ComponentChoice("milestones", ["epochs": .numbers(list)]))
            }
        }
    }

    @Test("a stage without a stride moves by its window's rows")
    func poolingStride() throws {
        let (stage, choice) = try BuiltIn.stage(
            ComponentChoice("average_pool", ["kernel": .number(3)]),
            input: Shape(height: 9, width: 7, channels: 2)
        )
        #expect(stage.outputShape == Shape(height: 3, width: 2, channels: 2))
        #expect(choice.parameters["kernel"] == .number(3) && choice.parameters["stride"] == .number(0))
    }

    @Test("every kind refuses unknown names with the known ones")
    func unknown() {
        #expect(throws: SNNError.unknownName("unknown loss 'hinge'; known: cross_entropy, mean_squared_error")) {
            try BuiltIn.loss(ComponentChoice("hinge"))
        }
        #expect(throws: SNNError.unknownName("unknown optimizer 'lion'; known: adam, adamw, sgd")) {
            try BuiltIn.optimizer(ComponentChoice("lion"))
        }
        #expect(
            throws: SNNError.unknownName(
                "unknown schedule 'linear'; known: constant, cosine, exponential, milestones, step"
            )
        ) { try BuiltIn.schedule(ComponentChoice("linear")) }
        #expect(
            throws: SNNError.unknownName(
                "unknown stage 'pool'; known: average_pool, dropout, flatten, max_pool, zero_pad"
            )
        ) { try BuiltIn.stage(ComponentChoice("pool"), input: Shape(4)) }
        #expect(throws: SNNError.unknownName("unknown connection 'conv3d'; known: batch_norm, conv2d, dense, identity"))
        {
            try BuiltIn.connection(ComponentChoice("conv3d"), input: Shape(4))
        }
        #expect(
            throws: SNNError.unknownName(
                "unknown parameter of sgd 'lr'; known: learning_rate, momentum, nesterov, weight_decay"
            )
        ) { try BuiltIn.optimizer(ComponentChoice("sgd", ["lr": .number(1)])) }
    }
}
