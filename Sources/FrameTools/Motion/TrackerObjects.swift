/// What is said of a frame once the frames behind it are known.
extension Tracker {
    /// Whether an object is in motion: it is elsewhere than some time within the last second, or soon will be.
    func moves(_ track: Track, _ frame: Int, in size: Size) -> Bool {
        guard let here = smooth(track, frame) else { return false }
        let limit = options.still * scale(of: size)
        var other = frame - 1
        while let place = track.place(other), here.time - place.time <= 1 + 1e-6 {
            if let past = smooth(track, other), past.box.displacement(here.box, in: size) >= limit { return true }
            other -= 1
        }
        other = frame + 1
        while let place = track.place(other), other <= track.lastBacked, place.time - here.time <= 0.3 {
            if let next = smooth(track, other), next.box.displacement(here.box, in: size) >= limit { return true }
            other += 1
        }
        return false
    }

    /// A track's place, averaged with its neighbours on both sides: unbiased while speeds are constant.
    func smooth(_ track: Track, _ frame: Int) -> Track.Place? {
        guard var place = track.place(frame) else { return nil }
        let reach = min(2, frame - track.first, track.lastBacked - frame)
        guard reach > 0 else { return place }
        var (x1, y1, x2, y2) = (0.0, 0.0, 0.0, 0.0)
        for other in frame - reach...frame + reach {
            guard let box = track.place(other)?.box else { return place }
            x1 += box.x1
            y1 += box.y1
            x2 += box.x2
            y2 += box.y2
        }
        let count = Double(2 * reach + 1)
        place.box = Box(x1: x1 / count, y1: y1 / count, x2: x2 / count, y2: y2 / count)
        return place
    }

    /// The objects of a frame, by id.
    mutating func objects(of frame: Int) -> [Detection] {
        var found: [Detection] = []
        // What is known by now may be of a later picture of another size.
        while sizes.count > 1, sizes[1].frame <= frame { sizes.removeFirst() }
        let size = sizes.first?.size ?? size
        func speaks(_ track: Track) -> Bool { track.isConfirmed && frame <= track.lastBacked }
        var ids: [Int: Int] = [:]
        for track in (ended.filter(speaks) + live.filter(speaks)).sorted(by: { $0.serial < $1.serial }) {
            guard let place = smooth(track, frame), place.isSure, moves(track, frame, in: size) else { continue }
            let box = whole(place.box, in: size)
            guard box.area > 0 else { continue }
            let id = track.id ?? ids[track.serial] ?? confirmed + 1
            if track.id == nil {
                confirmed = id
                ids[track.serial] = id
            }
            note(id, place, frame)
            found.append(Detection(track: id, classID: 0, className: "motion", box: box))
        }
        if !ids.isEmpty {
            for index in live.indices where live[index].id == nil { live[index].id = ids[live[index].serial] }
            for index in ended.indices where ended[index].id == nil { ended[index].id = ids[ended[index].serial] }
        }
        for track in ended where track.lastBacked <= frame {
            if let id = track.id, let summary = running.removeValue(forKey: id) { finished.append(summary) }
        }
        ended.removeAll { $0.lastBacked <= frame }
        let last = places(before: frame)
        for index in live.indices { live[index].trim(before: last) }
        for index in ended.indices { ended[index].trim(before: last) }
        return found.sorted { $0.track < $1.track }
    }

    /// The first frame that a later one may still look back at. Two seconds at 60 frames a second.
    private func places(before frame: Int) -> Int { frame - 120 }

    private func whole(_ box: Box, in size: Size) -> Box {
        let clipped = box.clipped(size)
        return Box(
            x1: clipped.x1.rounded(), y1: clipped.y1.rounded(), x2: clipped.x2.rounded(), y2: clipped.y2.rounded())
    }

    private mutating func note(_ id: Int, _ place: Track.Place, _ frame: Int) {
        running[id, default: TrackSummary(id: id, frame: frame, place: place)].add(place, frame)
    }
}
