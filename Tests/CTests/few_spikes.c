/* Tables of few-spikes neurons: a named function, points, the same bits for any number of threads, a fit that is stopped. */

#include "check.h"

enum { steps = 6, points = 401 };

/* What a few-spikes neuron sends for x: the arithmetic of docs/few-spikes.md. */
static float sent(const float *thresholds, const float *resets, const float *amplitudes, float x) {
    float y = 0;
    for (int t = 0; t < steps; t++)
        if (x > thresholds[t]) {
            y += amplitudes[t];
            x -= resets[t];
        }
    return y;
}

struct news {
    long calls;
    int64_t last;
};

static int32_t count(void *user, int64_t epoch, int64_t epochs, int64_t done, int64_t total, double loss,
                     double accuracy, double speed) {
    struct news *news = user;
    CHECK(epoch == 1 && epochs == 1 && done >= news->last && done <= total && total == 20000);
    CHECK(loss >= 0 && isnan(accuracy) && speed >= 0);
    news->calls++;
    news->last = done;
    return 0;
}

static int32_t stop(void *user, int64_t epoch, int64_t epochs, int64_t done, int64_t total, double loss, double accuracy,
                    double speed) {
    (void)user, (void)epoch, (void)epochs, (void)done, (void)total, (void)loss, (void)accuracy, (void)speed;
    return 1;
}

static void named_function(void) {
    float one[3][steps], two[3][steps];
    double error = 0, spikes = 0;
    struct news news = {0, 0};
    snn_report *report = NULL;
    const char *json = "{\"function\":\"sigmoid\",\"moves\":20000,\"seed\":1,\"threads\":1}";
    SUCCEEDS(snn_fs_fit(json, NULL, NULL, NULL, 0, count, &news, one[0], one[1], one[2], steps, &report));
    CHECK(news.calls > 0 && news.last == 20000);
    SUCCEEDS(snn_report_number(report, "mean_squared_error", &error));
    SUCCEEDS(snn_report_number(report, "spikes_per_input", &spikes));
    CHECK(error > 0 && error < 2e-3 && spikes > 0 && spikes <= steps);
    snn_report_free(report);
    CHECK(one[1][steps - 1] == 0);
    for (float x = -9.5f; x <= 9.5f; x += 0.5f) CHECK(fabsf(sent(one[0], one[1], one[2], x) - 1 / (1 + expf(-x))) < 0.2f);

    json = "{\"function\":\"sigmoid\",\"moves\":20000,\"seed\":1,\"threads\":2}";
    SUCCEEDS(snn_fs_fit(json, NULL, NULL, NULL, 0, NULL, NULL, two[0], two[1], two[2], steps, NULL));
    CHECK(memcmp(one, two, sizeof one) == 0);
}

static void sampled_function(void) {
    double x[points], y[points], weights[points];
    float table[3][steps], before[3][steps];
    for (int i = 0; i < points; i++) {
        x[i] = -2 + 0.01 * i;
        y[i] = x[i] * x[i];
        weights[i] = x[i] > 0;
    }
    const char *json = "{\"moves\":20000}";
    SUCCEEDS(snn_fs_fit(json, x, y, weights, points, NULL, NULL, table[0], table[1], table[2], steps, NULL));
    /* Only the right half counts. */
    for (float at = 0.1f; at < 2; at += 0.1f) CHECK(fabsf(sent(table[0], table[1], table[2], at) - at * at) < 0.5f);

    memcpy(before, table, sizeof before);
    CHECK(snn_fs_fit(NULL, x, y, NULL, points, stop, NULL, table[0], table[1], table[2], steps, NULL) == SNN_E_CANCELLED);
    y[7] = NAN;
    CHECK(snn_fs_fit(NULL, x, y, NULL, points, NULL, NULL, table[0], table[1], table[2], steps, NULL) == SNN_E_NOT_FINITE);
    CHECK(strstr(check_sentence(), "x = -1.93") != NULL);
    CHECK(memcmp(before, table, sizeof before) == 0);
}

int main(void) {
    named_function();
    sampled_function();
    return check_report("few-spikes neurons");
}
