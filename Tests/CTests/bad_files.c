/* Files that are damaged, missing or out of reach, and handles that are not there. */

#include "refused.h"

#include <sys/stat.h>

static void write_file(const char *path, const unsigned char *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, count, file) == count);
    if (file) fclose(file);
}

/* A damaged file is refused with CORRUPT or one of the codes of snn_network_create, or still makes a whole network. */
static void load_damaged(const char *path, const unsigned char *bytes, size_t count, const char *what, size_t where) {
    write_file(path, bytes, count);
    before_call();
    snn_status status = snn_network_load(path, &out.network);
    int documented = status == CORRUPT || (status <= SNN_OK && status >= DOCUMENT) || status == NOT_SUPPORTED || status == MEMORY;
    if (!check_that(documented, "a damaged file gets a documented code", __FILE__, __LINE__))
        fprintf(stderr, "    %s at %zu: %s: %s\n", what, where, snn_status_string(status), check_sentence());
    if (status == SNN_OK) {
        snn_status answer = snn_network_predict(out.network, inputs, TEST_PIXELS, 1, 0, scores, TEST_CLASSES);
        CHECK(answer <= SNN_OK);
        snn_network_free(out.network);
    } else {
        CHECK(is_sentence(check_sentence()));
        CHECK(memcmp(&out, &untouched, sizeof out) == 0);
    }
}

static void files(void) {
    const char *path = test_path("whole"), *damaged = test_path("damaged");
    REFUSED(snn_network_save(NULL, path), ARGUMENT);
    REFUSED(snn_network_save(network, NULL), ARGUMENT);
    REFUSED(snn_network_save(network, ""), SNN_E_FILE, ARGUMENT);
    REFUSED(snn_network_save(network, "/no/such/folder/file"), SNN_E_FILE);
    REFUSED(snn_network_load(NULL, &out.network), ARGUMENT);
    REFUSED(snn_network_load(path, &out.network), SNN_E_FILE); /* not there yet */
    REFUSED(snn_network_load("", &out.network), SNN_E_FILE, ARGUMENT);
    REFUSED(snn_network_load("/tmp", &out.network), SNN_E_FILE);
    const char *folder = test_path("folder");
    CHECK(mkdir(folder, 0700) == 0);
    REFUSED(snn_network_save(network, folder), SNN_E_FILE);
    CHECK(rmdir(folder) == 0); /* and the folder is as empty as before */
    char long_path[9000];
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[0] = '/', long_path[sizeof long_path - 1] = 0;
    REFUSED(snn_network_save(network, long_path), SNN_E_FILE);
    REFUSED(snn_network_load(long_path, &out.network), SNN_E_FILE);

    if (!SUCCEEDS(snn_network_save(network, path))) return;
    REFUSED(snn_network_load(path, NULL), ARGUMENT);
    FILE *file = fopen(path, "rb");
    static unsigned char whole[1 << 20], bytes[1 << 20];
    size_t size = file ? fread(whole, 1, sizeof whole, file) : 0;
    if (file) fclose(file);
    if (!CHECK(size > 1000 && size < sizeof whole)) return;
    uint64_t header = 0;
    memcpy(&header, whole, 8); /* safetensors: a 64-bit length, a JSON header, the tensors */
    if (!CHECK(header + 8 < size)) return;

    /* Truncated anywhere, or with something behind it */
    for (size_t length = 0; length < size; length += length < 64 || length + 8 > header ? 1 + length / 40 : 37) {
        write_file(damaged, whole, length);
        REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    }
    write_file(damaged, whole, size - 1);
    REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    memcpy(bytes, whole, size);
    bytes[size] = 0;
    write_file(damaged, bytes, size + 1);
    REFUSED(snn_network_load(damaged, &out.network), CORRUPT);

    /* Header lengths that lie */
    static const uint64_t lengths[] = {0, 1, UINT64_MAX, UINT64_MAX - 7, INT64_MAX, (uint64_t)1 << 40};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(bytes, whole, size);
        memcpy(bytes, &lengths[i], 8);
        write_file(damaged, bytes, size);
        REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    }

    /* One byte changed: every byte up to the end of the header, then here and there */
    for (size_t i = 0; i < size; i += i < header + 8 ? 1 : 997) {
        static const unsigned char flips[] = {0x01, 0x80, 0xff};
        memcpy(bytes, whole, size);
        bytes[i] ^= flips[i % 3];
        load_damaged(damaged, bytes, size, "flipped byte", i);
    }
    /* Digits of the header (offsets, shapes, numbers of the document) replaced by 9: as absurd as the place allows */
    for (size_t i = 8; i < header + 8; i++) {
        if (whole[i] < '0' || whole[i] > '9') continue;
        memcpy(bytes, whole, size);
        for (size_t j = i; j < header + 8 && bytes[j] >= '0' && bytes[j] <= '9'; j++) bytes[j] = '9';
        load_damaged(damaged, bytes, size, "digits", i);
    }
    /* Noise, and a text file */
    uint64_t seed = 7;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 2000; i++) bytes[i] = (unsigned char)test_random(&seed);
        if (round % 2) memcpy(bytes, (const uint64_t[]){1000 + (uint64_t)round}, 8), bytes[8] = '{';
        write_file(damaged, bytes, 2000);
        REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    }
    write_file(damaged, (const unsigned char *)TEST_NETWORK, sizeof TEST_NETWORK);
    REFUSED(snn_network_load(damaged, &out.network), CORRUPT);

    /* The same damage to a checkpoint leaves the trainer as it was. */
    snn_network *copy = NULL;
    snn_trainer *trainer = NULL;
    SUCCEEDS(snn_network_load(path, &copy));
    SUCCEEDS(snn_trainer_create(copy, NULL, 1, &trainer));
    SUCCEEDS(snn_trainer_save(trainer, path));
    file = fopen(path, "rb");
    size = file ? fread(whole, 1, sizeof whole, file) : 0;
    if (file) fclose(file);
    CHECK(size > 1000);
    for (size_t length = 0; length < size; length += 1 + size / 60) {
        write_file(damaged, whole, length);
        REFUSED(snn_trainer_resume(trainer, damaged), CORRUPT);
    }
    CHECK(test_same_weights(copy, network));
    snn_trainer_free(trainer);
    snn_network_free(copy);
}

static void freeing_nothing(void) {
    for (int round = 0; round < 2; round++) {
        snn_network_free(NULL);
        snn_dataset_free(NULL);
        snn_trainer_free(NULL);
        snn_events_free(NULL);
        snn_session_free(NULL);
        snn_recording_free(NULL);
        snn_report_free(NULL);
    }
}

int main(void) {
    return check_refusals("bad_files", (void (*const[])(void)){freeing_nothing, files, NULL});
}
