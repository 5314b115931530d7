import SNNKernel

extension DataCatalogue {
    /// The 8 x 8 digits that the package carries.
    package static let digits = Entry(
        name: "digits",
        title: "Optical Recognition of Handwritten Digits (test part), 8 x 8",
        licence: "CC BY 4.0",
        credit: "E. Alpaydin, C. Kaynak, UCI Machine Learning Repository, 1998",
        classNames: tenDigits,
        shape: SampleShape(channels: 1, height: 8, width: 8),
        trainCount: 1438,
        testCount: 359,
        origin: .carried,
        files: [],
        sources: []
    )

    /// Points of a disc in three classes, which the library generates.
    package static let yinYang = Entry(
        name: "yin-yang",
        title: "Yin-Yang, points of a disc (generated)",
        licence: "MIT",
        credit: "L. Kriener, J. Göltz, M. A. Petrovici, 2022",
        classNames: ["yin", "yang", "dot"],
        shape: SampleShape(features: 4),
        trainCount: 20_000,
        testCount: 10_000,
        origin: .carried,
        files: [],
        sources: []
    )

    /// The handwritten digits everybody begins with.
    package static let mnist = Entry(
        name: "mnist",
        title: "MNIST handwritten digits, 28 x 28",
        licence: "CC BY-SA 3.0",
        credit: "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, 1998",
        classNames: tenDigits,
        shape: SampleShape(channels: 1, height: 28, width: 28),
        trainCount: 60_000,
        testCount: 10_000,
        origin: .files,
        files: idxFiles(
            [
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ],
            plain: [
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ]
        ),
        sources: [
            "https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist",
        ]
    )

    /// The drop-in replacement for MNIST that is harder.
    package static let fashionMNIST = Entry(
        name: "fashion-mnist",
        title: "Fashion-MNIST, 28 x 28",
        licence: "MIT",
        credit: "H. Xiao, K. Rasul, R. Vollgraf, Zalando, 2017",
        classNames: [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ],
        shape: SampleShape(channels: 1, height: 28, width: 28),
        trainCount: 60_000,
        testCount: 10_000,
        origin: .files,
        files: idxFiles(
            [
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ],
            plain: [
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ]
        ),
        sources: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"]
    )

    /// Small colour photographs.
    package static let cifar10 = Entry(
        name: "cifar-10",
        title: "CIFAR-10 colour images, 3 x 32 x 32",
        licence: "none stated; free for research",
        credit: "A. Krizhevsky, 2009",
        classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        shape: SampleShape(channels: 3, height: 32, width: 32),
        trainCount: 50_000,
        testCount: 10_000,
        origin: .files,
        files: [
            batch(
                "data_batch_1",
                "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                xz: "2d1a30628191542907614711f57a14ac5039674f7d1d145c42e44335609236c9"
            ),
            batch(
                "data_batch_2",
                "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                xz: "3da65606bacc09f5f4d1cbed2b28e0fddd1c9f679261aef81ea3d91a9f8eec27"
            ),
            batch(
                "data_batch_3",
                "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                xz: "3f27679d7d361c2b8bb63669c031258c43be1087fc3e00400a6eaaeabf0e1694"
            ),
            batch(
                "data_batch_4",
                "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                xz: "012f2a6f254aaf30e721fc47da1ea2b65d41cc26cd7958a99e48106c18fe5bd4"
            ),
            batch(
                "data_batch_5",
                "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                xz: "0ac68d78abdd8c8ccbc854823365dea7f1f4ba94e4b7e0539594c272f56b92b8"
            ),
            batch(
                "test_batch",
                "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
                xz: "599ee35c79c4e2151d9e4916f825c6163c62ab1a026da663e56e7fdf9a86bd87"
            ),
        ],
        sources: []
    )

    /// MNIST as an event camera saw it, which moved in three saccades before a screen.
    package static let nmnist = Entry(
        name: "nmnist",
        title: "N-MNIST, events of 2 polarities x 34 x 34 in 0.3 s",
        licence: "CC BY-SA 4.0",
        credit: "G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, 2015",
        classNames: tenDigits,
        shape: NMNIST.shape,
        trainCount: 60_000,
        testCount: 10_000,
        origin: .folders(["Train", "Test"]),
        files: [],
        sources: []
    )

    /// The first samples of N-MNIST.
    package static let nmnistSmall = Entry(
        name: "nmnist-small",
        title: "N-MNIST, the first 1,000 and 100 samples",
        licence: nmnist.licence,
        credit: nmnist.credit,
        classNames: tenDigits,
        shape: nmnist.shape,
        trainCount: 1000,
        testCount: 100,
        origin: .files,
        files: [
            File(
                name: "NMNIST-small.tar.xz",
                sha256: "989c621d9206911e7409426247432037283566fb42d8368401ea7ec83c015fdb",
                alternatives: []
            )
        ],
        sources: []
    )

    /// Spoken digits as spikes of a model of the inner ear.
    package static let shd = Entry(
        name: "shd",
        title: "Spiking Heidelberg Digits, events of 700 channels in 1.4 s",
        licence: "CC BY 4.0",
        credit: "B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, 2022",
        classNames: tenDigits
            + ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
        shape: SampleShape(features: 700),
        trainCount: 8156,
        testCount: 2264,
        origin: .made(file: "events.npz", command: "python -m snn.data import shd FOLDER"),
        files: [],
        sources: []
    )

    /// Spoken digits as onsets and offsets of a bank of filters.
    package static let spokenDigits = Entry(
        name: "spoken-digits",
        title: "Free Spoken Digit Dataset, events of 2 polarities x 64 channels in 0.1 to 2.3 s",
        licence: "CC BY-SA 4.0",
        credit: "Z. Jackson and others, github.com/Jakobovski/free-spoken-digit-dataset",
        classNames: tenDigits,
        shape: SampleShape(channels: 2, height: 1, width: 64),
        trainCount: 2700,
        testCount: 300,
        origin: .made(file: "events.npz", command: "python -m snn.data import spoken-digits FOLDER"),
        files: [],
        sources: []
    )

    private static let tenDigits = (0...9).map(String.init)

    /// The four files of MNIST and its kin: packed as published, or unpacked.
    private static func idxFiles(_ sums: [String], plain: [String]) -> [File] {
        let names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
        return zip(names, zip(sums, plain)).map { name, sum in
            File(name: "\(name)-ubyte.gz", sha256: sum.0, alternatives: [("\(name)-ubyte", sum.1)])
        }
    }

    private static func batch(_ name: String, _ sum: String, xz: String) -> File {
        File(
            name: "\(name).bin",
            sha256: sum,
            alternatives: [("cifar-10-batches-bin/\(name).bin", sum), ("\(name).bin.xz", xz)]
        )
    }
}
