// A file system that answers nothing but that it is there, as a network share whose server is gone: dead_share FOLDER
// mounts it by FUSE. Whoever looks at it waits in the kernel, and no signal ends that wait, until this program ends.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **words) {
    int device = open("/dev/fuse", O_RDWR);
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%d,group_id=%d", device, getuid(), getgid());
    if (count < 2 || device < 0 || mount("dead", words[1], "fuse", MS_NODEV | MS_NOSUID, options) != 0) {
        perror("dead_share");
        return 1;
    }
    static char request[1 << 17];
    while (read(device, request, sizeof request) >= 0 || errno == EINTR || errno == ENOENT) {
        struct fuse_in_header *head = (void *)request;
        if (head->opcode != FUSE_INIT) continue;
        struct {
            struct fuse_out_header head;
            struct fuse_init_out init;
        } answer = {.init = {.major = 7, .minor = 31, .max_write = 1 << 16}};
        answer.head.len = sizeof answer;
        answer.head.unique = head->unique;
        if (write(device, &answer, sizeof answer) < 0) perror("dead_share");
    }
    return 0;
}
