package import NIOCore

/// Ends a connection so that the peer still reads what was written last.
///
/// Closing at once, with bytes of the peer unread, makes the kernel throw away what was sent. So: close the writing half
/// once the last write is out, discard what still comes, and close in full when the peer does or the time is over.
///
/// A class, because closing comes back to the handler that holds this while it still runs.
package final class LingeringClose {
    private var deadline: Scheduled<Void>?

    package init() {}

    /// - Parameter written: the last write; nil when everything has been written.
    package func begin(
        context: ChannelHandlerContext, after written: EventLoopFuture<Void>?, limit: TimeAmount
    ) {
        guard deadline == nil else { return }
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
        (written ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
    }

    /// To be called when the handler leaves the pipeline.
    package func cancel() {
        deadline?.cancel()
        deadline = nil
    }
}
