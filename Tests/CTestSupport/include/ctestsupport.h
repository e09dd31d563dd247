#ifndef FORGEBATCH_CTESTSUPPORT_H
#define FORGEBATCH_CTESTSUPPORT_H

#include <spawn.h>

// Calls of the C library that it shows only to programs that ask for GNU extensions.

/// pipe2 with O_CLOEXEC.
int fbt_pipe(int ends[2]);
/// posix_spawn_file_actions_addchdir_np.
int fbt_add_directory(posix_spawn_file_actions_t *actions, const char *path);
/// A new session, default signal handlers and no blocked signal.
int fbt_fresh_session(posix_spawnattr_t *attributes);
/// Opens a pseudo-terminal of so many columns. Returns the master's descriptor or -1; `*terminal` is the other end.
int fbt_terminal(unsigned short columns, int *terminal);
/// Whether this thread heeds the permissions of files although it is root's. Returns 0, or -1.
int fbt_heed_permissions(int heed);
/// The ABI of Landlock that the kernel offers; 0 or less where it does not.
int fbt_landlock_abi(void);
/// Does nothing: valgrind is told to begin a new count where this is called.
void fbt_mark(void);
/// The compiler that made this, with its version.
const char *fbt_compiler(void);

#endif
