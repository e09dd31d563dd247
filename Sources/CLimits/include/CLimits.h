#ifndef FORGEBATCH_CLIMITS_H
#define FORGEBATCH_CLIMITS_H

#include <stddef.h>
#include <stdint.h>

// MARK: Limits

/// Sets the worker's limits: address space (bytes, 0 = unlimited) and how far it may be raised later, open descriptors,
/// size of a file (bytes, 0 = unlimited; a longer one is EFBIG), no core files. Returns 0, or the errno of the first that
/// failed.
int fb_set_limits(uint64_t address_space, uint64_t address_space_most, uint64_t descriptors, uint64_t file_size);

/// Sets the limit of processor seconds of all threads together; when it is passed, SIGXCPU ends the process. A final one
/// cannot be raised any more. Returns 0 or errno.
int fb_limit_processor(uint64_t seconds, int is_final);

/// The limit of a file's size in force in bytes; 0 for none.
uint64_t fb_file_size_limit(void);

/// Sets the limit of address space in force, at most to what `fb_set_limits` allowed. Returns 0 or errno.
int fb_limit_memory(uint64_t bytes);

/// The limit of address space in force in bytes; 0 for none.
uint64_t fb_memory_limit(void);

/// Has all threads allocate from one heap. For each further one, glibc would set 64 MiB of address space aside, which a limit
/// of it counts as used. Does nothing with other libraries.
void fb_use_one_heap(void);

/// Has the kernel take this process before others when memory runs out: its oom_score_adj is 500 at least. Returns 0 or errno.
int fb_offer_to_oom_killer(void);

/// Sets the niceness of this process, which may have one thread only, unless it is higher already. Returns 0 or errno.
int fb_lower_priority(int niceness);

// MARK: Sandbox

/// What confines this process.
struct fb_sandbox {
    /// The ABI of Landlock in force; 0 where the kernel has none.
    int landlock;
    /// Whether system calls are filtered; 0 where the kernel cannot.
    int filter;
    /// What could not be done, in a word or two; NULL when all was.
    const char *failed;
};

/// Closes all descriptors from `first` on.
void fb_close_from(int first);

/// prctl(PR_SET_NO_NEW_PRIVS). Returns 0 or errno.
int fb_no_new_privileges(void);

/// The ABI of Landlock that the kernel offers, 0 when it has none, or -errno when it may not be used.
int fb_landlock_abi(void);

/// Whether the kernel can filter system calls.
int fb_has_filter(void);

/// Confines this process, which may have one thread only, for good: no new privileges, no capabilities but to look for
/// names, by Landlock no file or folder to be opened, changed or made, no TCP, no signal and no abstract socket out of
/// the process; by seccomp no other program, process or socket. Descriptors that are open stay usable.
///
/// What the kernel does not have at all is left out and told by `result`. Returns 0, or the errno of what failed; the
/// process may then be confined in part.
int fb_confine(struct fb_sandbox *result);

/// What a confined process was answered: an errno for each attempt, 0 where it was let.
struct fb_probe {
    struct fb_sandbox sandbox;
    /// Of `fb_confine`; the rest means nothing unless it is 0.
    int confined;
    int open_file, make_file, change_mode, tcp_socket, unix_socket, signal_parent, start_process, run_program;
    /// Whether a thread could be started, which has to go on.
    int thread;
};

/// Confines a child process and has it try to leave. Returns 0, or the errno of what kept it from being tried.
int fb_probe(struct fb_probe *result);

// MARK: External tools

/// A program that is started confined. The strings and lists have to live until `fb_start_tool` returns.
struct fb_tool {
    /// Its absolute path.
    const char *program;
    /// Its arguments, the first is its name, and its environment; both end with NULL.
    char *const *words;
    char *const *variables;
    /// Where it starts.
    const char *folder;
    /// Files and folders that it may read and run, up to a NULL; those that are not there are left out.
    const char *const *readable;
    /// Devices that it may use, up to a NULL: none, or those of a GPU.
    const char *const *devices;
    /// The one folder that it may change. No program is run from there.
    const char *writable;
    /// Bytes of address space of each of its processes; 0 for as much as there is.
    uint64_t memory;
    /// Open descriptors of a process, and bytes of a file.
    uint64_t descriptors, file_size;
    /// Its niceness, where it is not higher already.
    int niceness;
    /// The ABI of Landlock that confines it, which the kernel has to have; 0 for none.
    int landlock;
    /// Whether its system calls are filtered.
    int filter;

    /// Its process.
    int process;
    /// The end of a pipe, without waiting, from which its standard output and error are read.
    int log;
    /// By which this process is asked about each process that the tool wants to start; -1 where the kernel cannot.
    int listener;
    /// What could not be done, in a word; NULL when all was.
    const char *failed;
};

/// Starts a tool as a child of this process, which may have one thread only and is to lead its group: it gets this process's
/// descriptors 0 and 1 as 3 (frames) and 4 (answers), which are /dev/null here afterwards. It may read what is granted, write
/// to one folder, start processes, all of its own group, and signal them; no socket has a name, none is of a network. It may
/// not signal this process or its parent, and ends with this process.
///
/// Returns 0, or the errno of what failed; the child is then gone.
int fb_start_tool(struct fb_tool *tool);

/// Takes the next question, of which `fb_wait_for_any` told. Returns 0 or errno, as when who asked is gone.
int fb_next_question(int listener, uint64_t *question);

/// Lets the process be started that a question is about.
void fb_let_go_on(int listener, uint64_t question);

/// Whether there is a list of system calls for this architecture.
int fb_has_filter_list(void);

// MARK: Descriptors

/// Sends bytes and descriptors over a Unix socket without waiting; the descriptors go with the first byte. Returns how many
/// bytes were taken, or -errno: -EAGAIN where there is no room, and nothing was sent.
long fb_send_descriptors(int socket, const void *bytes, size_t count, const int *descriptors, int sent);

/// Reads bytes, and the descriptors that come with them, from a socket; from anything else bytes alone. Returns how many
/// bytes, 0 at the end, or -errno; -E2BIG where more descriptors came than fit, of which none is left open.
long fb_receive(int descriptor, void *buffer, size_t size, int *descriptors, int most, int *received);

/// A pair of connected Unix sockets that no other program inherits. Returns 0 or errno.
int fb_socket_pair(int ends[2]);

/// Has reads and writes of what is open there fail with EAGAIN in place of waiting. Returns 0 or errno.
int fb_set_nonblocking(int descriptor);

/// Has a pipe hold so many bytes, where that is allowed. Returns how many it holds.
int fb_pipe_size(int pipe, int bytes);

/// What can be read from a socket, without taking it. Returns how many bytes, 0 at the end, or -errno.
long fb_peek(int socket, void *buffer, size_t size);

/// Whether nothing more will come over a socket, besides what can still be read.
int fb_has_ended(int socket);

/// write(2), without a signal where nobody reads from a socket, and read(2), called again when a signal came. They return
/// how many bytes, or -errno.
long fb_write_some(int descriptor, const void *bytes, size_t count);
long fb_read_some(int descriptor, void *buffer, size_t size);

struct fb_awaited {
    /// Negative for one that is left out.
    int descriptor;
    /// Whether there has to be room to write, instead of something to read.
    int writing;
    /// Whether a call would not wait: 1 where there is something to read, or room, 2 where there is nothing more to come.
    int ready;
};

/// Waits until one of at most 8 descriptors is ready. Returns how many are, 0 when time or a signal came first, or -errno.
int fb_wait_for_any(struct fb_awaited *items, int count, int milliseconds);

// MARK: The zygote

/// Forks processes for who asks for them over a socket, until its other end is closed. This process may have one thread only;
/// while it has more nothing is forked.
///
/// A request is a byte, what the new process is to be, with four descriptors: its standard input, output and error, and a pipe for the
/// answer, a 32-bit number: the new process tells its own when it leads a session, its standard streams are those and nothing
/// else is open; a negative one is the errno of what failed. The new process is a child of this one's parent, which waits
/// for it.
///
/// Returns 1 in each new process, whose byte is in `role` then, and in this one 0 at the end, or -errno.
int fb_serve_forks(int control, unsigned char *role);

// MARK: Processes

/// Has processes whose parents end become children of this process. Returns 0 or errno.
int fb_adopt_orphans(void);

/// A descriptor that becomes ready when a process ends; -1 where the kernel has none.
int fb_watch_process(int process);

/// Waits for a child that has ended, if there is one. Returns its number, 0 when none has ended, or -errno: -ECHILD when
/// there is no child.
int fb_reap(int *status);

/// Waits until a child has ended. Returns 0 or errno.
int fb_wait_for(int process, int *status);

/// SIGKILL to a process, or to this one's group by 0. Returns 0 or errno.
int fb_kill(int process);

int fb_own_process(void);
int fb_own_group(void);

/// Bytes.
long fb_page_size(void);

#endif
