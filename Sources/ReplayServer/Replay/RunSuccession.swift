internal import Archive
internal import Jobs

extension RunLibrary {
    /// Between two looks for a run that takes up what another left.
    private static let successionInterval = Duration.seconds(2)

    /// Waits until a run is over that did not come to a job, and another one is selected that has the job to do.
    ///
    /// - Returns: that run; nil when the task was cancelled.
    func successor(of feed: RunFeed, for job: JobID) async -> RunFeed? {
        while !Task.isCancelled {
            try? await Task.sleep(for: RunLibrary.successionInterval)
            // What ended has been told of, and nothing follows.
            guard feed.isOver, let id = selectedID, id != feed.id, !feed.names(job, \.start) else { continue }
            if let next = self.feed(id), await next.whenPlanned(), next.names(job, \.claim) { return next }
        }
        return nil
    }
}

extension RunFeed {
    /// Whether the log, as far as it was read, has a certain line about a job.
    fileprivate func names(_ job: JobID, _ line: KeyPath<LogIndex.Job, Int32?>) -> Bool {
        read { log, _, _ in log.index(of: job).flatMap { log.jobs[$0][keyPath: line] } != nil }
    }
}
