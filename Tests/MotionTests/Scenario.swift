import TestSupport

/// Scenes by chance, of one kind each.
enum Scenario: String, CaseIterable, Sendable {
    case crossing, diagonal, overtaking, stopping, entering, speeds, contrasts, growing, noisy, brightening, textured,
        standing, crowd, flash

    /// Of one seed always the same scene.
    func scene(seed: UInt64) -> Scene {
        let number = UInt64(Scenario.allCases.firstIndex(of: self) ?? 0)
        var generator = SeededGenerator(seed: seed &* 1000 &+ number)
        var scene = attempt(&generator)
        var tries = 0
        while scene.longestCover > 10, tries < 500 {
            scene = attempt(&generator)
            tries += 1
        }
        scene.seed = seed &* 77 &+ number
        return scene
    }

    private func attempt(_ g: inout SeededGenerator) -> Scene {
        var maker = Maker(count: 225, generator: g)
        defer { g = maker.generator }
        switch self {
        case .crossing:
            maker.height = 16...80
            for lane in 0..<maker.int(1, 3) {
                let y = 60 + 120 * Double(lane)
                maker.walk(from: (-40, y), speed: (maker.real(3, 6), 0), start: maker.int(10, 40))
                maker.walk(
                    from: (680, y + maker.real(-15, 15)), speed: (-maker.real(3, 6), 0), start: maker.int(10, 40))
            }
        case .diagonal:
            for _ in 0..<maker.int(2, 4) {
                let side = maker.bool()
                maker.walk(
                    from: (side ? maker.real(-60, 200) : maker.real(440, 700), -50),
                    speed: (side ? maker.real(1.5, 4) : -maker.real(1.5, 4), maker.real(1.5, 3)),
                    start: maker.int(10, 60))
            }
        case .overtaking:
            let y = maker.real(80, 280)
            maker.walk(from: (-50, y), speed: (maker.real(1.5, 2.5), 0), start: 5)
            maker.walk(from: (-70, y + maker.real(-25, 25)), speed: (maker.real(5, 7), 0), start: maker.int(85, 105))
            maker.walk(from: (maker.real(100, 500), 410), speed: (0, -maker.real(2, 4)), start: maker.int(10, 80))
        case .stopping:
            for lane in 0..<maker.int(2, 4) { maker.stopAndGo(y: 50 + 85 * Double(lane) + maker.real(-8, 8)) }
        case .entering:
            for _ in 0..<maker.int(4, 6) { maker.enter(speed: maker.real(2, 6), start: maker.int(8, 120)) }
        case .speeds:
            for lane in 0..<5 {
                let speed = [0.5, 1.2, 3, 7, 13][lane] * maker.real(0.8, 1.2)
                let y = 40 + 70 * Double(lane)
                let toRight = maker.bool()
                let isSlow = speed < 2
                let x = isSlow ? maker.real(150, 490) : toRight ? -40 : 680
                maker.height = 20...48
                maker.walk(from: (x, y), speed: (toRight ? speed : -speed, 0), start: isSlow ? 15 : maker.int(15, 120))
            }
        case .contrasts:
            maker.contrast = 28...60
            for lane in 0..<5 { maker.pass(y: 40 + 70 * Double(lane), speed: maker.real(2, 5), height: 20...60) }
        case .growing:
            for _ in 0..<maker.int(2, 3) { maker.grow() }
        case .noisy:
            maker.noise = 8
            maker.contrast = 45...120
            for lane in 0..<5 { maker.pass(y: 40 + 70 * Double(lane), speed: maker.real(1.5, 6), height: 16...60) }
        case .brightening:
            maker.brightens = true
            for lane in 0..<5 { maker.pass(y: 40 + 70 * Double(lane), speed: maker.real(1.5, 6), height: 16...60) }
        case .textured:
            maker.isTextured = true
            for _ in 0..<maker.int(3, 5) { maker.enter(speed: maker.real(1.5, 5), start: maker.int(8, 100)) }
        case .standing: maker.standFirst()
        case .crowd:
            maker.isTextured = true
            maker.noise = 4
            for _ in 0..<6 { maker.enter(speed: maker.real(2, 5), start: maker.int(8, 70)) }
        case .flash:
            maker.flashAt = maker.int(80, 140)
            for lane in 0..<4 { maker.pass(y: 50 + 85 * Double(lane), speed: maker.real(1.5, 5), height: 20...70) }
        }
        return maker.scene
    }
}

/// Puts scenes together.
private struct Maker {
    let count: Int
    var generator: SeededGenerator
    var actors: [Actor] = []
    var noise = 2.0
    var contrast: ClosedRange<Double> = 50...120
    var height: ClosedRange<Double> = 16...110
    var brightens = false
    var isTextured = false
    var flashAt: Int?

    mutating func real(_ low: Double, _ high: Double) -> Double { Double.random(in: low...high, using: &generator) }
    mutating func int(_ low: Int, _ high: Int) -> Int { Int.random(in: low...high, using: &generator) }
    mutating func bool() -> Bool { Bool.random(using: &generator) }

    init(count: Int, generator: SeededGenerator) {
        self.count = count
        self.generator = generator
    }

    /// Adds an object that follows a way.
    private mutating func add(_ x: [Double], _ y: [Double], frames: Range<Int>, scale: [Double]? = nil) {
        let tall = real(height.lowerBound, height.upperBound)
        let wide = min(120, max(16, tall * real(0.45, 2)))
        // The background lies around 110.
        let off = real(contrast.lowerBound, contrast.upperBound) * (bool() ? 1 : -1)
        let texture = Actor.Texture.allCases.randomElement(using: &generator) ?? .flat
        actors.append(
            Actor(
                x: x, y: y, width: (0..<count).map { wide * (scale?[$0] ?? 1) },
                height: (0..<count).map { tall * (scale?[$0] ?? 1) }, frames: frames,
                level: Int(110 + max(-105, off)), texture: texture, depth: Int(min(30, abs(off) * 0.4)),
                isRound: int(0, 2) == 0))
    }

    /// Straight on, swaying a little.
    mutating func walk(from: (Double, Double), speed: (Double, Double), start: Int) {
        let (sway, turn) = (real(0, 4), real(30, 70))
        let length = max(1, (speed.0 * speed.0 + speed.1 * speed.1).squareRoot())
        let across = (-speed.1 / length, speed.0 / length)
        var (x, y) = ([Double](), [Double]())
        for frame in 0..<count {
            let t = Double(max(0, frame - start))
            let off = sway * sine(t / turn)
            x.append(from.0 + speed.0 * t + across.0 * off)
            y.append(from.1 + speed.1 * t + across.1 * off)
        }
        add(x, y, frames: start..<count)
    }

    /// Through the picture at one height.
    mutating func pass(y: Double, speed: Double, height: ClosedRange<Double>) {
        self.height = height
        let toRight = bool()
        walk(from: (toRight ? -70 : 710, y), speed: (toRight ? speed : -speed, 0), start: int(5, 60))
    }

    /// From any side to any other.
    mutating func enter(speed: Double, start: Int) {
        let side = int(0, 3)
        let (x, y) = (real(80, 560), real(60, 300))
        let aim = (real(120, 520), real(80, 280))
        let from = [(-60.0, y), (700, y), (x, -60), (x, 420)][side]
        let (dx, dy) = (aim.0 - from.0, aim.1 - from.1)
        let length = (dx * dx + dy * dy).squareRoot()
        walk(from: from, speed: (dx / length * speed, dy / length * speed), start: start)
    }

    /// Comes, stands for some seconds, and goes on, most of the time.
    mutating func stopAndGo(y: Double) {
        height = 20...64
        let (speed, start, stop) = (real(2, 5), int(5, 30), int(60, 100))
        let goes = int(0, 3) > 0
        let resume = goes ? stop + int(35, 80) : count
        let toRight = bool()
        var (x, list) = (toRight ? -40.0 : 680.0, [Double]())
        for frame in 0..<count {
            if frame > start, frame < stop || frame >= resume { x += toRight ? speed : -speed }
            list.append(x)
        }
        add(list, Array(repeating: y, count: count), frames: start..<count)
    }

    /// Comes nearer or goes away: half to twice the size.
    mutating func grow() {
        height = 30...60
        let nearer = bool()
        let lane = Double(actors.count)
        let (x0, y0, vx, vy) = (120 + 200 * lane + real(-20, 20), real(120, 240), real(-0.4, 0.4), real(-0.4, 0.4))
        let start = int(12, 30)
        let scale = (0..<count).map { frame -> Double in
            let t = Double(max(0, frame - start)) / Double(count - start)
            return nearer ? 0.6 + 1.2 * t : 1.8 - 1.2 * t
        }
        add(
            (0..<count).map { x0 + vx * Double(max(0, $0 - start)) },
            (0..<count).map { y0 + vy * Double(max(0, $0 - start)) }, frames: start..<count, scale: scale)
    }

    /// Objects that stand in the first frame and leave, one that moves from the first frame on, and passers-by.
    mutating func standFirst() {
        height = 20...60
        for lane in 0..<2 {
            let y = 60 + 120 * Double(lane)
            let (x0, leave, speed) = (real(150, 490), int(30, 80), real(1.5, 4) * (bool() ? 1 : -1))
            add(
                (0..<count).map { x0 + speed * Double(max(0, $0 - leave)) }, Array(repeating: y, count: count),
                frames: 0..<count)
        }
        walk(from: (real(100, 300), 310), speed: (real(1.5, 3), 0), start: 0)
        pass(y: 120, speed: real(2, 4), height: 20...40)
    }

    /// A sine by its series' first terms, so that no platform's library has a say.
    private func sine(_ turns: Double) -> Double {
        let u = (turns - turns.rounded(.down)) * 2 - 1
        return -4 * u * (1 - abs(u))
    }

    var scene: Scene {
        var made = self
        var scene = Scene(count: count, background: made.background(), actors: actors, noise: noise)
        if brightens { scene.gain = (0..<count).map { 1 + 0.3 * min(1, Double($0) / 250) } }
        if let flashAt { scene.gain = (0..<count).map { $0 >= flashAt && $0 < flashAt + 3 ? 1.9 : 1 } }
        return scene
    }

    private mutating func background() -> [UInt8] {
        let (left, right) = (real(95, 110), real(110, 125))
        var samples = [Double](repeating: 0, count: Scene.width * Scene.height)
        for y in 0..<Scene.height {
            for x in 0..<Scene.width {
                samples[y * Scene.width + x] = left + (right - left) * Double(x) / Double(Scene.width)
            }
        }
        if isTextured {
            for (size, depth) in [(48, 22.0), (16, 14), (5, 9)] { addTexture(&samples, size: size, depth: depth) }
        }
        return samples.map { UInt8(min(255, max(0, $0.rounded()))) }
    }

    /// Random levels on a grid, with straight lines between.
    private mutating func addTexture(_ samples: inout [Double], size: Int, depth: Double) {
        let (columns, rows) = (Scene.width / size + 2, Scene.height / size + 2)
        let grid = (0..<columns * rows).map { _ in real(-depth, depth) }
        for y in 0..<Scene.height {
            let (row, v) = (y / size, Double(y % size) / Double(size))
            for x in 0..<Scene.width {
                let (column, u) = (x / size, Double(x % size) / Double(size))
                let place = row * columns + column
                let above = grid[place] * (1 - u) + grid[place + 1] * u
                let below = grid[place + columns] * (1 - u) + grid[place + columns + 1] * u
                samples[y * Scene.width + x] += above * (1 - v) + below * v
            }
        }
    }
}
