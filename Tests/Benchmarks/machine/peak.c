/* The rate of multiply-adds that the registers allow: what no product of matrices exceeds.
   Usage: peak THREADS */
#include <pthread.h>
#include "util.h"

enum { REPETITIONS = 9, MOST_THREADS = 64, SUMS = 12 };
static pthread_barrier_t gate;
static double rates[MOST_THREADS][REPETITIONS];

static double run(void) {
    const long rounds = 6000000;
    Vector sums[SUMS], factor, term;
    for (int lane = 0; lane < LANES; lane++) factor[lane] = 0.999f, term[lane] = 1e-3f;
    for (int j = 0; j < SUMS; j++) sums[j] = term;
    double start = now_s();
    for (long i = 0; i < rounds; i++) {
#pragma GCC unroll 12
        for (int j = 0; j < SUMS; j++) sums[j] = sums[j] * factor + term;
    }
    double seconds = now_s() - start;
    for (int j = 1; j < SUMS; j++) sums[0] += sums[j];
    if (sums[0][0] == 42.0f) puts("");
    return 2.0 * LANES * SUMS * (double)rounds / seconds * 1e-9;
}

static void *worker(void *argument) {
    for (int r = 0; r < REPETITIONS; r++) {
        pthread_barrier_wait(&gate);
        rates[(long)argument][r] = run();
    }
    return NULL;
}

int main(int count, char **arguments) {
    int threads = count > 1 ? atoi(arguments[1]) : 1;
    if (threads < 1 || threads > MOST_THREADS) return 2;
    pthread_t id[MOST_THREADS];
    double sum[REPETITIONS] = {0};
    pthread_barrier_init(&gate, NULL, (unsigned)threads);
    for (long t = 0; t < threads; t++) pthread_create(&id[t], NULL, worker, (void *)t);
    for (int t = 0; t < threads; t++) pthread_join(id[t], NULL);
    for (int t = 0; t < threads; t++)
        for (int r = 0; r < REPETITIONS; r++) sum[r] += rates[t][r];
    report("multiply-adds in registers", "GFLOP/s", threads, sum, REPETITIONS);
    return 0;
}
