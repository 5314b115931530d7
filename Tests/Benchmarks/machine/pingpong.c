/* How near two cores are: the time for a cache line to go from one to the other and back, and the rate at which one
   reads what the other has just written. The cores of a virtual machine may sit under one shared cache or under two,
   and its host may move them while it runs; then what threads hand each other costs several times as much, which no
   counter inside shows. Prints one JSON line. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include "util.h"

enum { TRIPS = 20000, FLOATS = 1 << 18, PASSES = 40 };
static _Alignas(256) atomic_int turn;
static _Alignas(256) float block[FLOATS];
static _Alignas(256) volatile float sink;

static void pin(int core) {
#ifdef __linux__
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
#else
    (void)core;
#endif
}

static void hand_over(int to) { atomic_store_explicit(&turn, to, memory_order_release); }

static void await(int me) {
    while (atomic_load_explicit(&turn, memory_order_acquire) != me) relax();
}

static void *writer(void *unused) {
    (void)unused;
    pin(1);
    for (int i = 0; i < TRIPS; i++) {
        await(1);
        hand_over(0);
    }
    for (int pass = 0; pass < PASSES; pass++) {
        await(1);
        for (int i = 0; i < FLOATS; i++) block[i] = (float)(i + pass);
        hand_over(0);
    }
    return NULL;
}

int main(void) {
    pthread_t id;
    if (pthread_create(&id, NULL, writer, NULL)) return 1;
    pin(0);
    double start = now_s();
    for (int i = 0; i < TRIPS; i++) {
        hand_over(1);
        await(0);
    }
    double trip = (now_s() - start) / TRIPS, reading = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        hand_over(1);
        await(0);
        start = now_s();
        Vector sum = {0};
        for (int i = 0; i < FLOATS; i += LANES) sum += *(const Vector *)(block + i);
        reading += now_s() - start;
        sink = sum[0];
    }
    pthread_join(id, NULL);
    double rate = 4.0 * FLOATS * PASSES / reading;
    printf("{\"round_trip_ns\": %.0f, \"read_written_gbs\": %.1f}\n", trip * 1e9, rate * 1e-9);
    return 0;
}
