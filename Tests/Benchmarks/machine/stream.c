/* Read bandwidth by the size of what is read: first-level cache, second, third, memory.
   Usage: stream THREADS */
#include <pthread.h>
#include "util.h"

enum { REPETITIONS = 9, MOST_THREADS = 64, SUMS = 8 };
typedef struct {
    _Alignas(256) float *values; /* a line of its own for each thread */
    long count, passes;
    double sink, start[REPETITIONS], end[REPETITIONS];
} Part;

static pthread_barrier_t gate;

static float read_all(const float *values, long count) {
    Vector sums[SUMS] = {0};
    for (long i = 0; i < count; i += SUMS * LANES)
        for (int j = 0; j < SUMS; j++) sums[j] += *(const Vector *)(values + i + j * LANES);
    for (int j = 1; j < SUMS; j++) sums[0] += sums[j];
    return sums[0][0];
}

static void *worker(void *argument) {
    Part *part = argument;
    for (long i = 0; i < part->count; i++) part->values[i] = 1;
    for (int r = -1; r < REPETITIONS; r++) {
        pthread_barrier_wait(&gate);
        double start = now_s();
        for (long pass = 0; pass < part->passes; pass++) {
            part->sink += read_all(part->values, part->count);
            __asm__ volatile("" : : "r"(part->values) : "memory");
        }
        if (r >= 0) part->start[r] = start, part->end[r] = now_s();
    }
    return NULL;
}

static void measure(const char *level, long bytes, int threads) {
    static Part part[MOST_THREADS];
    pthread_t id[MOST_THREADS];
    double rate[REPETITIONS];
    long count = bytes / 4 / threads / (SUMS * LANES) * (SUMS * LANES);
    long passes = 200000000L / (count * 4) + 1;
    pthread_barrier_init(&gate, NULL, (unsigned)threads);
    for (int t = 0; t < threads; t++) {
        float *values = aligned_alloc(4096, ((size_t)count * 4 + 4095) / 4096 * 4096);
        if (!values) exit(1);
        part[t] = (Part){.values = values, .count = count, .passes = passes};
    }
    for (int t = 0; t < threads; t++) pthread_create(&id[t], NULL, worker, &part[t]);
    for (int t = 0; t < threads; t++) pthread_join(id[t], NULL);
    for (int r = 0; r < REPETITIONS; r++) {
        double first = part[0].start[r], last = part[0].end[r];
        for (int t = 1; t < threads; t++) {
            if (part[t].start[r] < first) first = part[t].start[r];
            if (part[t].end[r] > last) last = part[t].end[r];
        }
        rate[r] = 4.0 * (double)count * (double)passes * threads / (last - first) * 1e-9;
    }
    for (int t = 0; t < threads; t++) free(part[t].values);
    pthread_barrier_destroy(&gate);
    report(level, "GB/s", threads, rate, REPETITIONS);
}

int main(int count, char **arguments) {
    int threads = count > 1 ? atoi(arguments[1]) : 1;
    if (threads < 1 || threads > MOST_THREADS) return 2;
    measure("read, 24 KiB a core", (24L << 10) * threads, threads);
    measure("read, 512 KiB a core", (512L << 10) * threads, threads);
    measure("read, 8 MiB in all", 8L << 20, threads);
    measure("read, 256 MiB in all", 256L << 20, threads);
    return 0;
}
