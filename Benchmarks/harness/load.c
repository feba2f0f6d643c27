/* SMTP load generator: what smtp-source cannot do (pipelining, latency percentiles, idle connections).
 * Build: cc -O2 -o load load.c
 * load [-s sessions] [-m messages] [-l bytes] [-r rcpts] [-k messages/connection, 0 = no limit]
 *      [-P] pipeline (MAIL RCPT DATA in one write; the next group rides behind the final dot)
 *      [-g ms] pause between transactions of a session   HOST PORT
 * load -I N HOST PORT     open N connections, EHLO on each, print "ready", hold until stdin closes
 * Output: one line of key=value. p50_us …: first byte sent (or connect, with -k 1) to the 250 after the dot;
 * dot_p50_us …: last byte of the content handed to the kernel to that 250. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BANNER = -2, EHLO = -1, MAIL = 0, QUIT = 1 << 20 };   /* MAIL+1..MAIL+rcpts = RCPT, then DATA, BODY */
struct session {
    int fd, state, on_conn, next_sent;
    double start, resume, dot;
    char *out; size_t out_len, out_off, out_cap;
    char in[8192]; size_t in_len;
};
static int sessions = 1, rcpts = 1, per_conn, pipeline, idle;
static long messages = 1, claimed, done, failed;
static double gap, *lat, *dot_lat;
static char *body; static size_t body_len, length = 4096;
static struct sockaddr_in addr;
static int ep;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what, const char *detail) { fprintf(stderr, "load: %s: %s\n", what, detail); exit(1); }

static void put(struct session *s, const char *data, size_t n) {
    if (s->out_len + n > s->out_cap) s->out = realloc(s->out, s->out_cap = (s->out_len + n) * 2);
    memcpy(s->out + s->out_len, data, n); s->out_len += n;
}
static void command(struct session *s, int state) {
    char line[128]; int n;
    if (state == EHLO) n = sprintf(line, "EHLO load.example\r\n");
    else if (state == QUIT) n = sprintf(line, "QUIT\r\n");
    else if (state == MAIL) n = sprintf(line, "MAIL FROM:<sender@load.example>\r\n");
    else if (state <= rcpts) n = sprintf(line, "RCPT TO:<%drcpt@dest.example>\r\n", state);
    else if (state == rcpts + 1) n = sprintf(line, "DATA\r\n");
    else { put(s, body, body_len); return; }
    put(s, line, n);
}
static void flush(struct session *s) {
    while (s->out_off < s->out_len) {
        ssize_t n = write(s->fd, s->out + s->out_off, s->out_len - s->out_off);
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) die("write", strerror(errno));
        s->out_off += n;
    }
    int more = s->out_off < s->out_len;
    if (!more && s->out_len && s->state == rcpts + 2 && !s->dot) s->dot = now();
    if (!more) s->out_off = s->out_len = 0;
    struct epoll_event e = { EPOLLIN | (more ? EPOLLOUT : 0), { s } };
    epoll_ctl(ep, EPOLL_CTL_MOD, s->fd, &e);
}
static void open_session(struct session *s) {
    int one = 1;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (s->fd < 0) die("socket", strerror(errno));
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    s->state = BANNER; s->on_conn = s->next_sent = 0; s->in_len = s->out_len = s->out_off = 0;
    s->start = now();
    if (connect(s->fd, (void *)&addr, sizeof addr) < 0 && errno != EINPROGRESS) die("connect", strerror(errno));
    struct epoll_event e = { EPOLLIN, { s } };
    epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e);
}
static void send_group(struct session *s) {                   /* start a transaction: MAIL, or MAIL RCPT.. DATA */
    for (int c = MAIL; c <= (pipeline ? rcpts + 1 : MAIL); c++) command(s, c);
}
static int may_start(struct session *s) { return claimed < messages && (!per_conn || s->on_conn < per_conn); }
static void begin(struct session *s) {
    if (may_start(s)) {
        claimed++; s->on_conn++; s->state = MAIL;
        if (s->on_conn > 1) s->start = now();
        send_group(s);
    } else { s->state = QUIT; command(s, QUIT); }
}
static void reply(struct session *s, int code) {              /* one complete reply has arrived */
    if (s->state == QUIT) {
        close(s->fd); s->fd = -1;
        if (claimed < messages) open_session(s);
        return;
    }
    if (code / 100 != (s->state == rcpts + 1 ? 3 : 2)) { failed++; fprintf(stderr, "load: reply %d in state %d: %.100s\n", code, s->state, s->in); exit(1); }
    if (s->state == BANNER) { s->state = EHLO; command(s, EHLO); }
    else if (s->state == EHLO) { if (idle) { done++; s->state = QUIT; return; } begin(s); }
    else if (s->state == rcpts + 2) {                         /* 250 after the dot: the server owns the message */
        double t = now(); dot_lat[done] = s->dot ? t - s->dot : 0; lat[done++] = t - s->start; s->dot = 0;
        if (s->next_sent) { s->next_sent = 0; s->start = t; s->state = MAIL; }
        else if (gap > 0) s->resume = t + gap;
        else begin(s);
    } else {
        s->state++;
        if (!pipeline) command(s, s->state);
        else if (s->state == rcpts + 2) {
            command(s, s->state);
            if (!gap && may_start(s)) { claimed++; s->on_conn++; s->next_sent = 1; send_group(s); }
        }
    }
}
static void readable(struct session *s) {
    ssize_t n = read(s->fd, s->in + s->in_len, sizeof s->in - s->in_len - 1);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("connection lost", n < 0 ? strerror(errno) : "EOF");
    s->in_len += n; s->in[s->in_len] = 0;
    char *nl;
    while (s->fd >= 0 && s->in_len && (nl = memchr(s->in, '\n', s->in_len))) {
        int last = s->in[3] != '-', code = atoi(s->in), fd = s->fd;
        if (last) reply(s, code);
        if (s->fd != fd || s->fd < 0 || !s->in_len) return;
        size_t used = nl + 1 - s->in;
        memmove(s->in, nl + 1, s->in_len -= used); s->in[s->in_len] = 0;
    }
    if (s->fd >= 0) flush(s);
}
static int cmp(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return (x > y) - (x < y); }

int main(int argc, char **argv) {
    int o;
    while ((o = getopt(argc, argv, "s:m:l:r:k:g:PI:")) != -1) switch (o) {
        case 's': sessions = atoi(optarg); break;  case 'm': messages = atol(optarg); break;
        case 'l': length = atol(optarg); break;    case 'r': rcpts = atoi(optarg); break;
        case 'k': per_conn = atoi(optarg); break;  case 'g': gap = atof(optarg) / 1e3; break;
        case 'P': pipeline = 1; break;             case 'I': idle = 1; sessions = atoi(optarg); break;
        default: return 2;
    }
    if (argc - optind != 2) return fprintf(stderr, "usage: load [options] HOST PORT\n"), 2;
    addr.sin_family = AF_INET; addr.sin_port = htons(atoi(argv[optind + 1]));
    if (!inet_aton(argv[optind], &addr.sin_addr)) die("bad address", argv[optind]);
    signal(SIGPIPE, SIG_IGN);
    body = malloc(length + 512);
    body_len = sprintf(body, "From: <sender@load.example>\r\nTo: <rcpt@dest.example>\r\nSubject: load\r\n"
                             "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-Id: <x@load.example>\r\n\r\n");
    for (size_t i = 0; i < length; i++) body[body_len++] = i % 80 == 78 ? '\r' : i % 80 == 79 ? '\n' : 'X';
    body_len += sprintf(body + body_len, "\r\n.\r\n");
    lat = calloc(messages + 1, sizeof *lat); dot_lat = calloc(messages + 1, sizeof *dot_lat);
    ep = epoll_create1(0);
    struct session *all = calloc(sessions, sizeof *all);
    double t0 = now();
    for (int i = 0; i < sessions; i++) open_session(&all[i]);
    long goal = idle ? sessions : messages;
    while (done < goal) {
        struct epoll_event ev[256];
        int n = epoll_wait(ep, ev, 256, gap > 0 ? 1 : -1);
        for (int i = 0; i < n; i++) {
            struct session *s = ev[i].data.ptr;
            if (ev[i].events & EPOLLOUT) flush(s);
            if (s->fd >= 0 && ev[i].events & ~EPOLLOUT) readable(s);
        }
        if (gap > 0) for (int i = 0; i < sessions; i++)
            if (all[i].resume && now() >= all[i].resume) { all[i].resume = 0; begin(&all[i]); flush(&all[i]); }
    }
    double wall = now() - t0;
    if (idle) { puts("ready"); fflush(stdout); while (getchar() != EOF) ; return 0; }
    qsort(lat, done, sizeof *lat, cmp);
    qsort(dot_lat, done, sizeof *dot_lat, cmp);
    printf("messages=%ld wall=%.3f rate=%.0f p50_us=%.0f p90_us=%.0f p99_us=%.0f max_us=%.0f dot_p50_us=%.0f dot_p99_us=%.0f\n",
           done, wall, done / wall, lat[done / 2] * 1e6, lat[done * 9 / 10] * 1e6, lat[done * 99 / 100] * 1e6,
           lat[done - 1] * 1e6, dot_lat[done / 2] * 1e6, dot_lat[done * 99 / 100] * 1e6);
}
