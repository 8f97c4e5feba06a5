/*
 * Plays an MTA towards a milter: some connections at once, each sending mail after mail, as Postfix does (macros with
 * each command, header fields and body pipelined, one wait where an answer is due). Prints one JSON line.
 *
 * mload ADDRESS FILE CONNECTIONS TOTAL PER_CONNECTION
 *   ADDRESS         path of a UNIX socket, or host:port
 *   FILE            the mails, CRLF line ends, each after its length in octets and a LF; sent in turn, over and over
 *   TOTAL           mails in all; PER_CONNECTION of them over each milter connection
 * Build: gcc -O2 -pthread -o mload mload.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    NO_CONNECT = 0x1, NO_HELO = 0x2, NO_MAIL = 0x4, NO_RCPT = 0x8, NO_BODY = 0x10, NO_HEADER = 0x20, NO_EOH = 0x40,
    NR_HEADER = 0x80, NO_DATA = 0x200, NR_CONNECT = 0x1000, NR_HELO = 0x2000, NR_MAIL = 0x4000, NR_RCPT = 0x8000,
    NR_DATA = 0x10000, NR_EOH = 0x40000, NR_BODY = 0x80000, LEADING_SPACE = 0x100000, ALL_STEPS = 0x1fffff,
    ALL_ACTIONS = 0x1ff, CHUNK = 65535, REPLY_BYTES = 1 << 20
};

/* What a step leads to. */
enum { GO_ON, DECIDED, REFUSED, BROKEN };

typedef struct {
    char *bytes;
    size_t used, size;
} Buffer;

typedef struct {
    int fd;
    uint32_t steps;
    Buffer out;
    char *reply;
} Link;

typedef struct {
    char *bytes;
    size_t count;
} Mail;

static const char *address;
static Mail *mails;
static long mail_count;
static long total, per_connection;
static atomic_long taken, finished, failed;
static double *latencies;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void put(Buffer *b, const void *bytes, size_t count)
{
    if (b->used + count > b->size) {
        b->size = (b->used + count) * 2;
        b->bytes = realloc(b->bytes, b->size);
    }
    memcpy(b->bytes + b->used, bytes, count);
    b->used += count;
}

static void put_packet(Buffer *b, char command, const void *payload, size_t count)
{
    uint32_t length = htonl(count + 1);
    put(b, &length, 4);
    put(b, &command, 1);
    put(b, payload, count);
}

/* Names and values one after the other, ended by a null pointer. */
static void put_macros(Buffer *b, char command, const char *const *pairs)
{
    char payload[1024];
    size_t used = 0;
    payload[used++] = command;
    for (; *pairs != NULL; pairs++) {
        size_t length = strlen(*pairs) + 1;
        memcpy(payload + used, *pairs, length);
        used += length;
    }
    put_packet(b, 'D', payload, used);
}

static int flush(Link *link)
{
    size_t written = 0;
    while (written < link->out.used) {
        ssize_t n = write(link->fd, link->out.bytes + written, link->out.used - written);
        if (n <= 0)
            return -1;
        written += n;
    }
    link->out.used = 0;
    return 0;
}

static int read_all(int fd, void *into, size_t count)
{
    char *at = into;
    while (count > 0) {
        ssize_t n = read(fd, at, count);
        if (n <= 0)
            return -1;
        at += n;
        count -= n;
    }
    return 0;
}

/* The command of the next reply, its payload in link->reply; -1 when the milter is gone. */
static int read_reply(Link *link)
{
    uint32_t length;
    char command;
    if (read_all(link->fd, &length, 4) != 0)
        return -1;
    length = ntohl(length);
    if (length < 1 || length > REPLY_BYTES)
        return -1;
    if (read_all(link->fd, &command, 1) != 0 || read_all(link->fd, link->reply, length - 1) != 0)
        return -1;
    return (unsigned char) command;
}

/* Waits for the answer to a command, unless it was agreed that there is none. */
static int settle(Link *link, uint32_t no_reply)
{
    int command;
    if (link->steps & no_reply)
        return GO_ON;
    if (flush(link) != 0)
        return BROKEN;
    do
        command = read_reply(link);
    while (command == 'p');
    switch (command) {
    case -1:
        return BROKEN;
    case 'c':
    case 's':
        return GO_ON;
    case 'a':
        return DECIDED;
    default:
        return REFUSED;
    }
}

static int dial(void)
{
    int fd, one = 1;
    const char *colon = strchr(address, ':');
    if (address[0] == '/') {
        struct sockaddr_un local = { .sun_family = AF_UNIX };
        snprintf(local.sun_path, sizeof local.sun_path, "%s", address);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return connect(fd, (void *) &local, sizeof local) == 0 ? fd : (close(fd), -1);
    }
    struct sockaddr_in remote = { .sin_family = AF_INET, .sin_port = htons(atoi(colon + 1)) };
    char host[64];
    snprintf(host, sizeof host, "%.*s", (int) (colon - address), address);
    inet_pton(AF_INET, host, &remote.sin_addr);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(fd, (void *) &remote, sizeof remote) == 0 ? fd : (close(fd), -1);
}

static int negotiate(Link *link)
{
    uint32_t offer[3] = { htonl(6), htonl(ALL_ACTIONS), htonl(ALL_STEPS) };
    put_packet(&link->out, 'O', offer, sizeof offer);
    if (flush(link) != 0 || read_reply(link) != 'O')
        return -1;
    memcpy(&link->steps, link->reply + 8, 4);
    link->steps = ntohl(link->steps);
    return 0;
}

static int greet(Link *link, long worker)
{
    static const char *const connect_macros[] = {
        "j", "mx.example.test", "{daemon_addr}", "192.0.2.25", "{daemon_port}", "25", "{client_addr}", "192.0.2.1",
        "{client_port}", "40000", "{client_resolve}", "OK", NULL
    };
    static const char *const helo_macros[] = {
        "{tls_version}", "TLSv1.3", "{cipher}", "TLS_AES_256_GCM_SHA384", "{cipher_bits}", "256", NULL
    };
    if (!(link->steps & NO_CONNECT)) {
        char payload[64];
        uint16_t port = htons(40000 + worker);
        int used = sprintf(payload, "a.sender.test") + 1;
        payload[used++] = '4';
        memcpy(payload + used, &port, 2);
        used += 2;
        used += sprintf(payload + used, "192.0.2.1") + 1;
        put_macros(&link->out, 'C', connect_macros);
        put_packet(&link->out, 'C', payload, used);
        int got = settle(link, NR_CONNECT);
        if (got != GO_ON)
            return got;
    }
    if (link->steps & NO_HELO)
        return GO_ON;
    put_macros(&link->out, 'H', helo_macros);
    put_packet(&link->out, 'H', "a.sender.test", 14);
    return settle(link, NR_HELO);
}

static int send_envelope(Link *link, const char *const *id)
{
    static const char *const mail_macros[] = {
        "{mail_addr}", "alice@sender.test", "{mail_host}", "sender.test", "{mail_mailer}", "smtp", NULL
    };
    static const char *const rcpt_macros[] = {
        "{rcpt_addr}", "bob@example.test", "{rcpt_host}", "example.test", "{rcpt_mailer}", "virtual", NULL
    };
    int got = GO_ON;
    if (!(link->steps & NO_MAIL)) {
        put_macros(&link->out, 'M', mail_macros);
        put_packet(&link->out, 'M', "<alice@sender.test>\0SIZE=5000", 30);
        got = settle(link, NR_MAIL);
    }
    if (got == GO_ON && !(link->steps & NO_RCPT)) {
        put_macros(&link->out, 'R', rcpt_macros);
        put_packet(&link->out, 'R', "<bob@example.test>", 19);
        got = settle(link, NR_RCPT);
    }
    if (got == GO_ON && !(link->steps & NO_DATA)) {
        put_macros(&link->out, 'T', id);
        put_packet(&link->out, 'T', NULL, 0);
        got = settle(link, NR_DATA);
    }
    return got;
}

/* One field, folded lines joined by LF as MTAs do. Answers where the next one begins. */
static char *put_field(Link *link, char *field, char *end)
{
    static __thread char payload[1 << 17];
    char *colon = memchr(field, ':', end - field), *stop = field;
    size_t used;
    for (;;) {
        stop = memmem(stop, end - stop, "\r\n", 2);
        if (stop == NULL || (stop[2] != ' ' && stop[2] != '\t'))
            break;
        stop += 2;
    }
    used = colon - field;
    memcpy(payload, field, used);
    payload[used++] = 0;
    char *value = colon + 1;
    if (!(link->steps & LEADING_SPACE) && *value == ' ')
        value++;
    for (; value < stop; value++)
        if (*value != '\r')
            payload[used++] = *value;
    payload[used++] = 0;
    put_packet(&link->out, 'L', payload, used);
    return stop + 2;
}

static int send_content(Link *link, const Mail *mail, const char *const *id)
{
    char *at = mail->bytes, *end = mail->bytes + mail->count;
    int got = GO_ON;
    while (at < end && !(at[0] == '\r' && at[1] == '\n') && got == GO_ON) {
        if (!(link->steps & NO_HEADER))
            put_macros(&link->out, 'L', id);
        at = put_field(link, at, end);
        got = settle(link, NR_HEADER);
    }
    at += 2;
    if (got == GO_ON && !(link->steps & NO_EOH)) {
        put_macros(&link->out, 'N', id);
        put_packet(&link->out, 'N', NULL, 0);
        got = settle(link, NR_EOH);
    }
    while (got == GO_ON && !(link->steps & NO_BODY) && at < end) {
        size_t count = end - at > CHUNK ? CHUNK : (size_t) (end - at);
        put_macros(&link->out, 'B', id);
        put_packet(&link->out, 'B', at, count);
        at += count;
        got = settle(link, NR_BODY);
    }
    return got;
}

/* The end of the message: edits are read and dropped, the last word counts. */
static int finish(Link *link, const char *const *id)
{
    int command;
    put_macros(&link->out, 'E', id);
    put_packet(&link->out, 'E', NULL, 0);
    if (flush(link) != 0)
        return BROKEN;
    do
        command = read_reply(link);
    while (command > 0 && strchr("himbqep+-", command) != NULL);
    if (command == -1)
        return BROKEN;
    return command == 'c' || command == 'a' ? GO_ON : REFUSED;
}

/* One connection's mails. */
static int serve_mails(Link *link, long worker, double started)
{
    int connection = greet(link, worker);
    if (connection == BROKEN)
        return -1;
    for (long count = 0; count < per_connection; count++) {
        long number = atomic_fetch_add(&taken, 1);
        if (number >= total)
            break;
        char id[32];
        sprintf(id, "4Q%lx", number);
        const char *const macros[] = { "i", id, NULL };
        double since = count == 0 ? started : now_s();
        int got = connection == GO_ON ? send_envelope(link, macros) : connection;
        if (got == GO_ON)
            got = send_content(link, &mails[number % mail_count], macros);
        if (got == GO_ON)
            got = finish(link, macros);
        if (got == BROKEN)
            return -1;
        if (got == REFUSED)
            atomic_fetch_add(&failed, 1);
        latencies[atomic_fetch_add(&finished, 1)] = now_s() - since;
        put_packet(&link->out, 'A', NULL, 0);
    }
    put_packet(&link->out, 'Q', NULL, 0);
    return flush(link);
}

static void *work(void *argument)
{
    long worker = (long) argument;
    Link link = { .reply = malloc(REPLY_BYTES) };
    while (atomic_load(&taken) < total && atomic_load(&failed) < 1000) {
        double started = now_s();
        link.out.used = 0;
        link.fd = dial();
        if (link.fd < 0 || negotiate(&link) != 0 || serve_mails(&link, worker, started) != 0) {
            atomic_fetch_add(&failed, 1);
            usleep(1000);
        }
        if (link.fd >= 0)
            close(link.fd);
    }
    free(link.reply);
    free(link.out.bytes);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Takes the file of mails apart. */
static int read_mails(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t count;
    if (file == NULL) {
        perror(path);
        return -1;
    }
    while (fscanf(file, "%zu", &count) == 1 && fgetc(file) == '\n') {
        Mail mail = { calloc(1, count + 4), count };
        if (fread(mail.bytes, 1, count, file) != count)
            return -1;
        mails = realloc(mails, (mail_count + 1) * sizeof mail);
        mails[mail_count++] = mail;
    }
    fclose(file);
    return mail_count > 0 ? 0 : -1;
}

int main(int count, char **words)
{
    if (count < 6) {
        fprintf(stderr, "mload ADDRESS FILE CONNECTIONS TOTAL PER_CONNECTION\n");
        return 2;
    }
    address = words[1];
    if (read_mails(words[2]) != 0)
        return 1;
    long workers = atol(words[3]);
    total = atol(words[4]);
    per_connection = atol(words[5]);
    latencies = calloc(total + 1, sizeof *latencies);
    pthread_t *threads = calloc(workers, sizeof *threads);
    double since = now_s();
    for (long n = 0; n < workers; n++)
        pthread_create(&threads[n], NULL, work, (void *) n);
    for (long n = 0; n < workers; n++)
        pthread_join(threads[n], NULL);
    double seconds = now_s() - since;
    long done = finished;
    qsort(latencies, done, sizeof *latencies, compare);
    printf("{\"rate\":%.1f,\"mails\":%ld,\"failed\":%ld,\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f}\n", done / seconds, done,
        (long) failed, done ? latencies[done / 2] * 1e3 : 0, done ? latencies[(long) (done * 0.95)] * 1e3 : 0,
        done ? latencies[(long) (done * 0.99)] * 1e3 : 0);
    return 0;
}
