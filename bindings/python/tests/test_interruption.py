"""Stopped and resumed, training gives the bits of the uninterrupted run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
import read_safetensors
from conftest import assert_same_bits, python_environment, small_network, weights

import snn

SETTINGS = {"optimizer": {"kind": "adam", "learning_rate": 0.003}, "schedule": "cosine", "batch": 32, "seed": 5}


def dropout_network() -> snn.Network:
    layers = [
        snn.Flatten(),
        snn.Dense(48, neuron=snn.LIF(tau_mem=10), name="hidden"),
        snn.Dropout(0.2),
        snn.Dense(10, neuron="lif", name="out"),
    ]
    return small_network(layers=layers, coding="rate")


def stop_in(epoch: int, error: type[BaseException]):
    def callback(news: snn.Progress) -> None:
        if news.epoch == epoch:
            raise error(f"stopped in {epoch}")

    return callback


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_exception_of_the_callback_comes_out_and_training_goes_on_later(error, train, tmp_path):
    whole = dropout_network()
    snn.Trainer(whole, **SETTINGS).fit(train, epochs=6, progress=False)

    network = dropout_network()
    trainer = snn.Trainer(network, **SETTINGS)
    after_two = {}

    def keep(news: snn.Progress) -> None:
        if news.epoch == 2 and news.done == news.total:
            after_two.update(weights(network))
        stop_in(3, error)(news)

    with pytest.raises(error, match="stopped in 3"):
        trainer.fit(train, epochs=6, progress=False, callback=keep)
    assert_same_bits(weights(network), after_two)
    trainer.save(tmp_path / "checkpoint")

    resumed = snn.Trainer(dropout_network(), **{**SETTINGS, "seed": 99})
    resumed.resume(tmp_path / "checkpoint")
    report = resumed.fit(train, epochs=6, progress=False)
    assert report["epochs"] == 6 and sorted(report["epoch"]) == ["3", "4", "5", "6"]
    assert_same_bits(weights(resumed.network), weights(whole))
    # The interrupted trainer itself may go on, too.
    trainer.fit(train, epochs=6, progress=False)
    assert_same_bits(weights(network), weights(whole))


def test_a_true_result_of_the_callback_cancels(network, train):
    with pytest.raises(snn.Cancelled, match="cancelled in epoch 2; epoch 1 is what is left"):
        network.fit(train, epochs=3, progress=False, callback=lambda news: news.epoch == 2)
    with pytest.raises(snn.Cancelled):
        network.evaluate(train, callback=lambda news: True)


def test_a_recipe_is_interrupted_and_resumed(tmp_path):
    paths = [tmp_path / "whole", tmp_path / "part"]
    snn.run("digits-lif", epochs=5, out=paths[0], progress=False)
    with pytest.raises(KeyboardInterrupt):
        snn.run("digits-lif", epochs=5, out=paths[1], progress=False, callback=stop_in(3, KeyboardInterrupt))
    _, report = snn.run("digits-lif", epochs=5, out=paths[1], resume=paths[1], progress=False)
    assert sorted(report["epoch"]) == ["3", "4", "5"]
    assert_same_bits(read_safetensors.tensors(paths[0]), read_safetensors.tensors(paths[1]))


def test_ctrl_c_in_this_process_comes_out_and_the_handler_is_back(network, train):
    # A shell that starts the tests in the background has told them to ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            network.fit(train, epochs=50, progress=False, callback=lambda _: os.kill(os.getpid(), signal.SIGINT))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_of_the_program_decides_itself(network, train):
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        report = network.fit(train, epochs=2, progress=False, callback=lambda _: os.kill(os.getpid(), signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert report["epochs"] == 2 and len(heard) >= 2


SCRIPT = """
import signal
import sys
sys.path.insert(0, sys.argv[2])
signal.signal(signal.SIGINT, signal.default_int_handler)
import snn
from test_interruption import SETTINGS, dropout_network

trainer = snn.Trainer(dropout_network(), **SETTINGS)
told = []
def callback(news):
    told.append(news)
    if news.epoch >= 2 and told[0] != "said":
        told[0] = "said"
        print("running", flush=True)
try:
    trainer.fit(snn.Dataset.open("digits", "train"), epochs=EPOCHS, callback=callback)
    print("finished", flush=True)
except KeyboardInterrupt:
    trainer.save(sys.argv[1])
    print("interrupted", told[-1].epoch, flush=True)
"""
EPOCHS = 30


def test_a_real_ctrl_c_keeps_the_last_complete_epoch(train, tmp_path):
    path = tmp_path / "checkpoint"
    command = [sys.executable, "-c", SCRIPT.replace("EPOCHS", str(EPOCHS)), str(path), os.path.dirname(__file__)]
    child = subprocess.Popen(
        command, env=python_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "running\n", child.communicate()
    time.sleep(0.15)
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    printed, errors = child.communicate(timeout=30)
    assert time.monotonic() - start < 3, "Ctrl-C must act soon"
    assert child.returncode == 0 and printed.startswith("interrupted"), printed + errors
    assert "Traceback" not in errors

    resumed, whole = snn.Trainer(dropout_network(), **SETTINGS), dropout_network()
    resumed.resume(path)
    report = resumed.fit(train, epochs=EPOCHS, progress=False)
    assert 0 < len(report["epoch"]) < EPOCHS, "the signal must come between the first and the last epoch"
    snn.Trainer(whole, **SETTINGS).fit(train, epochs=EPOCHS, progress=False)
    assert_same_bits(weights(resumed.network), weights(whole))
