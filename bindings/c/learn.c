#include <snn.h>
#include <stdio.h>

int main(void) {
    snn_network *network = NULL;
    snn_report *report = NULL;
    double accuracy = 0;
    snn_status status = snn_recipe_run("digits-lif", NULL, NULL, NULL, &network, &report);
    if (status == SNN_OK) status = snn_report_number(report, "accuracy", &accuracy);
    if (status == SNN_OK) status = snn_network_save(network, "digits.snn");
    if (status != SNN_OK) fprintf(stderr, "%s\n", snn_last_error());
    else printf("test accuracy %.2f %%\n", 100 * accuracy);
    snn_report_free(report);
    snn_network_free(network);
    return status != SNN_OK;
}
