/// How the rows of the index are divided among pages, so that no page has more than a browser bears.
struct Shards {
    /// Up to so many rows the index holds them all.
    static let most = 20_000
    /// Rows of a page when there are more.
    static let size = 10_000
    /// From so many rows on they are terse.
    static let terse = 5000

    /// Up to so many rows each has its picture.
    static let pictures = 2000

    let rows: Int

    var count: Int { rows <= Shards.most ? 1 : (rows + Shards.size - 1) / Shards.size }
    var isTerse: Bool { rows > Shards.terse }
    var hasPictures: Bool { rows <= Shards.pictures }

    func range(_ shard: Int) -> Range<Int> {
        guard count > 1 else { return 0..<rows }
        return shard * Shards.size..<min(rows, (shard + 1) * Shards.size)
    }

    /// The page that holds a shard's rows, below `report/`.
    static func page(_ shard: Int) -> String { shard == 0 ? "index.html" : "videos-\(shard + 1).html" }

    /// The file with a shard's rows as data, below `report/`.
    static func data(_ shard: Int) -> String { shard == 0 ? "data/index.js" : "data/index-\(shard + 1).js" }
}

/// A link to a page of rows.
struct ShardLink {
    let href: String
    let name: String
    let isHere: Bool
    let isFirst: Bool
    let isLast: Bool

    static func all(_ shards: Shards, here: Int) -> [ShardLink] {
        guard shards.count > 1 else { return [] }
        return (0..<shards.count).map { shard in
            let range = shards.range(shard)
            return ShardLink(
                href: Shards.page(shard) + (shard == 0 ? "#videos" : ""),
                name: "\(Text.count(range.lowerBound + 1))–\(Text.count(range.upperBound))", isHere: shard == here,
                isFirst: shard == 0, isLast: shard == shards.count - 1)
        }
    }
}
