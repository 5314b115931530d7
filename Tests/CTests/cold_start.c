/* A program that has just started loads the library, creates a network of mnist size and has its first answer within
   100 ms. The best of several fresh processes counts: the bar is about our work, not about the machine's other load. */

#include "check.h"

#include <dlfcn.h>
#include <sys/wait.h>
#include <time.h>

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Load, create, first inference, through dlopen so that loading is inside the measured time. -1 where it fails. */
static double first_answer_ms(const char *library) {
    static float inputs[784], scores[10];
    test_fill(inputs, 784, 1);
    double start = now_ms();
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return -1;
    snn_status (*create)(const char *, uint64_t, snn_network **);
    snn_status (*predict)(const snn_network *, const float *, size_t, size_t, uint64_t, float *, size_t);
    *(void **)&create = dlsym(handle, "snn_network_create");
    *(void **)&predict = dlsym(handle, "snn_network_predict");
    snn_network *network = NULL;
    if (!create || !predict || create(TEST_MNIST_NETWORK, 1, &network)) return -1;
    if (predict(network, inputs, 784, 1, 0, scores, 10)) return -1;
    return now_ms() - start;
}

int main(int count, char **arguments) {
    const char *library = getenv("SNN_TEST_LIBRARY");
    if (!CHECK(library != NULL)) return check_report("cold_start");
    if (count > 1) { /* the fresh process: this program is linked with the library, so it loads a copy of its file */
        printf("%f\n", first_answer_ms(arguments[1]));
        return 0;
    }
    char copy[600], command[1400];
    snprintf(copy, sizeof copy, "%s", test_path("copy.so"));
    snprintf(command, sizeof command, "cp -L '%s' '%s'", library, copy);
    CHECK(system(command) == 0);
    double best = INFINITY;
    for (int attempt = 0; attempt < 7; attempt++) {
        double ms = -1;
        snprintf(command, sizeof command, "'%s' '%s'", arguments[0], copy);
        FILE *process = popen(command, "r");
        CHECK(process && fscanf(process, "%lf", &ms) == 1 && ms >= 0);
        if (process) pclose(process);
        if (ms >= 0 && ms < best) best = ms;
    }
    printf("load, create, first inference: %.1f ms\n", best);
    CHECK(best <= 100);
    return check_report("cold_start");
}
