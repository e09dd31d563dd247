/// A page of rows beyond the index.
struct ShardPage {
    let title: String
    let shards: [ShardLink]
    let shard: Int
    let blocks: [RowBlock]
    /// There are too many rows.
    let pictures = false

    /// - Parameter videos: those of the page.
    init(_ videos: [ReportVideo], _ shards: Shards, _ shard: Int) {
        let range = shards.range(shard)
        title = "Videos \(Text.count(range.lowerBound + 1)) to \(Text.count(range.upperBound))"
        self.shards = ShardLink.all(shards, here: shard)
        self.shard = shard
        blocks = RowBlock.all(videos, shards, shard)
    }
}
