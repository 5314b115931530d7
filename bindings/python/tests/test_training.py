"""Training: it learns, by batches and by epochs; callbacks and bars."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from conftest import assert_same_bits, run_python, small_network, weights

import snn

ADAM = snn.Optimizer("adam", learning_rate=0.003)


def test_fit_learns_the_digits(train, test):
    network = small_network(256, steps=20)
    report = network.fit(train, epochs=30, optimizer=ADAM, schedule="cosine", batch=32, seed=1, progress=False)
    assert report["epochs"] == 30 and set(report["epoch"]) == {str(n) for n in range(1, 31)}
    assert report["samples_per_second"] > 0 and report["train_accuracy"] > 0.99
    assert network.evaluate(test)["accuracy"] >= 0.97


def test_arrays_and_datasets_train_alike(train):
    inputs, labels = train[:]
    networks = small_network(), small_network()
    networks[0].fit(train, epochs=2, seed=3, progress=False)
    networks[1].fit(inputs.reshape(-1, 1, 8, 8).astype(np.float64), labels.tolist(), epochs=2, seed=3, progress=False)
    assert_same_bits(weights(networks[0]), weights(networks[1]))


def test_batches_lower_the_loss(network, train):
    trainer = snn.Trainer(network, optimizer=ADAM)
    inputs, labels = train[:128]
    losses = [trainer.train_batch(inputs, labels) for _ in range(40)]
    assert losses[-1] < 0.3 * losses[0]


def test_gradients_and_apply_are_train_batch(train):
    inputs, labels = train[:32]
    networks = small_network(), small_network()
    trainers = [snn.Trainer(network, optimizer=ADAM) for network in networks]
    for _ in range(3):
        before = weights(networks[1])
        loss = trainers[0].train_batch(inputs, labels)
        assert trainers[1].compute_gradients(inputs, labels) == loss
        assert_same_bits(weights(networks[1]), before)
        trainers[1].apply()
    assert_same_bits(weights(networks[0]), weights(networks[1]))


def test_changed_gradients_are_what_is_applied(network, train):
    inputs, labels = train[:32]
    trainer = snn.Trainer(network, optimizer=snn.Optimizer("sgd", learning_rate=1))
    before = weights(network)
    trainer.compute_gradients(inputs, labels)
    for gradient in trainer.gradients.values():
        gradient[:] = 0
    trainer.gradients["out.bias"][4] = 0.25
    trainer.apply()
    before["out.bias"][4] -= 0.25
    assert_same_bits(weights(network), before)


def test_the_best_epoch_is_reloaded_at_milestones(train, tmp_path):
    settings = {
        "optimizer": snn.Optimizer("adam", learning_rate=0.1),
        "schedule": {"kind": "milestones", "epochs": [2, 4]},
        "reload_best": True,
        "seed": 1,
    }
    straight = small_network()
    report = straight.fit(train, epochs=6, progress=False, **settings)
    assert report["best_loss"] == min(epoch["loss"] for epoch in report["epoch"].values())
    first, second = snn.Trainer(small_network(), **settings), snn.Trainer(small_network(), **settings)
    first.fit(train, epochs=3, progress=False)
    first.save(tmp_path / "cut.st")
    second.resume(tmp_path / "cut.st")
    second.fit(train, epochs=6, progress=False)
    assert_same_bits(weights(second.network), weights(straight))
    with pytest.raises(snn.NotSupportedError, match="reload_best acts in fit"):
        second.train_batch(*train[:8])
    with pytest.raises(snn.NotSupportedError, match="reload_best needs the schedule milestones, got constant"):
        snn.Trainer(small_network(), reload_best=True)


def test_values_as_targets_and_labels_per_step(network, train):
    inputs, labels = train[:32]
    one_hot = np.eye(10)[labels] * network.steps
    trainer = snn.Trainer(network, loss="mean_squared_error", optimizer=ADAM)
    losses = [trainer.train_batch(inputs, one_hot) for _ in range(30)]
    assert losses[-1] < losses[0]
    per_step = snn.Trainer(network, loss=snn.Loss("cross_entropy", per="step"))
    assert per_step.train_batch(inputs, np.repeat(labels[:, None], network.steps, axis=1)) > 0


def test_a_callback_sees_every_epoch_end_and_may_evaluate(train, test):
    plain, watched = small_network(), small_network()
    plain.fit(train, epochs=3, seed=1, progress=False)
    seen: list[snn.Progress] = []
    accuracies = []

    def look(news: snn.Progress) -> None:
        seen.append(news)
        if news.done == news.total:
            accuracies.append(watched.evaluate(test)["accuracy"])

    report = watched.fit(train, epochs=3, seed=1, progress=False, callback=look)
    assert_same_bits(weights(plain), weights(watched))
    ends = [news for news in seen if news.done == news.total]
    assert [(news.epoch, news.epochs) for news in ends] == [(1, 3), (2, 3), (3, 3)]
    assert ends[-1].loss == report["loss"] and ends[-1].accuracy == report["train_accuracy"]
    assert len(accuracies) == 3 and accuracies[-1] == watched.evaluate(test)["accuracy"]


def test_a_trainer_is_not_used_while_its_fit_runs(network, train):
    trainer = snn.Trainer(network)
    inputs, labels = train[:32]
    for call in [
        lambda: trainer.train_batch(inputs, labels),
        lambda: trainer.fit(train, epochs=1),
        lambda: trainer.resume("x"),
    ]:
        with pytest.raises(snn.StateError, match="while its fit runs"):
            trainer.fit(train, epochs=1, progress=False, callback=lambda _: call())
    trainer.fit(train, epochs=1, progress=False, callback=lambda _: trainer.close())
    assert trainer.closed


def test_the_bar_shows_loss_accuracy_and_speed(train, capsys):
    pytest.importorskip("tqdm")
    small_network().fit(train, epochs=2)
    shown = capsys.readouterr().err
    assert "epoch 2/2: 100%" in shown and "samples/s" in shown and "loss=" in shown and "accuracy=" in shown
    small_network().evaluate(train, progress=True)
    assert "evaluating: 100%" in capsys.readouterr().err
    small_network().fit(train, epochs=1, progress=False)
    assert capsys.readouterr().err == ""


def test_without_tqdm_there_is_no_bar_and_no_failure(train, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    small_network().fit(train, epochs=1)
    assert capsys.readouterr().err == ""


def test_tqdm_and_matplotlib_are_not_imported_before_they_are_needed():
    run_python(
        "-c",
        "import sys, snn; snn.run('digits-lif', epochs=1, progress=False); "
        "assert not {'tqdm', 'matplotlib'} & set(sys.modules)",
    )
