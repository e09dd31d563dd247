/// What a process does that is forked by one that has loaded what it needs. Its number is the byte by which it is asked for.
package enum ForkRole: UInt8, Sendable {
    /// Works on one video.
    case worker = 0
    /// Looks at the inputs.
    case look = 1
}
