#define _GNU_SOURCE
#include "CLimits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// As many as the kernel takes at once.
#define FB_MOST_DESCRIPTORS 253

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(FB_MOST_DESCRIPTORS * sizeof(int))];
};

long fb_send_descriptors(int socket, const void *bytes, size_t count, const int *descriptors, int sent) {
    if (sent < 0 || sent > FB_MOST_DESCRIPTORS) return -E2BIG;
    struct iovec part = {(void *)bytes, count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    if (sent > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE((size_t)sent * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)sent * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, (size_t)sent * sizeof(int));
    }
    ssize_t done;
    do done = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}

long fb_receive(int descriptor, void *buffer, size_t size, int *descriptors, int most, int *received) {
    *received = 0;
    struct iovec part = {buffer, size};
    union control control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
    };
    ssize_t got;
    do got = recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == ENOTSOCK) {
        do got = read(descriptor, buffer, size);
        while (got < 0 && errno == EINTR);
        return got < 0 ? -errno : got;
    }
    if (got < 0) return -errno;
    int is_cut = message.msg_flags & MSG_CTRUNC;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int one;
            memcpy(&one, CMSG_DATA(header) + i * sizeof one, sizeof one);
            if (*received < most) {
                descriptors[(*received)++] = one;
            } else {
                close(one);
                is_cut = 1;
            }
        }
    }
    if (!is_cut) return got;
    while (*received > 0) close(descriptors[--*received]);
    return -E2BIG;
}

int fb_socket_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno; }

int fb_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : errno;
}

int fb_pipe_size(int pipe, int bytes) {
    int size = fcntl(pipe, F_SETPIPE_SZ, bytes);
    return size > 0 ? size : fcntl(pipe, F_GETPIPE_SZ);
}

long fb_peek(int socket, void *buffer, size_t size) {
    ssize_t got;
    do got = recv(socket, buffer, size, MSG_PEEK | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int fb_has_ended(int socket) {
    struct pollfd item = {socket, POLLRDHUP, 0};
    return poll(&item, 1, 0) == 1 && (item.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

long fb_write_some(int descriptor, const void *bytes, size_t count) {
    ssize_t done;
    do {
        done = send(descriptor, bytes, count, MSG_NOSIGNAL);
        if (done < 0 && errno == ENOTSOCK) done = write(descriptor, bytes, count);
    } while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}

long fb_read_some(int descriptor, void *buffer, size_t size) {
    ssize_t got;
    do got = read(descriptor, buffer, size);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int fb_wait_for_any(struct fb_awaited *items, int count, int milliseconds) {
    struct pollfd polled[8];
    if (count < 0 || count > 8) return -E2BIG;
    for (int i = 0; i < count; i++) {
        polled[i] = (struct pollfd){items[i].descriptor, items[i].writing ? POLLOUT : POLLIN, 0};
    }
    int ready = poll(polled, (nfds_t)count, milliseconds);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) items[i].ready = polled[i].revents & (POLLIN | POLLOUT) ? 1 : polled[i].revents ? 2 : 0;
    return ready;
}

// MARK: Processes

int fb_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno; }

int fb_watch_process(int process) {
    // pidfd_open, since Linux 5.3; it sets close-on-exec.
    long descriptor = syscall(434, process, 0u);
    return descriptor < 0 ? -1 : (int)descriptor;
}

int fb_reap(int *status) {
    pid_t process = waitpid(-1, status, WNOHANG);
    return process > 0 ? process : process == 0 ? 0 : -errno;
}

int fb_kill(int process) { return kill(process, SIGKILL) == 0 ? 0 : errno; }

int fb_own_process(void) { return getpid(); }

int fb_own_group(void) { return getpgrp(); }

long fb_page_size(void) { return sysconf(_SC_PAGESIZE); }
