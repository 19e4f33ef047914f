"""Keras on its three backends, from warm parents: what a run gives back, live and at the end."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pytest
from PIL import Image

from runner import datasets
from runner.job import BACKENDS, Event, Job, Limits, Result
from runner.runner import Runner, RunnerConfig
from runner.spawner import SpawnFailed

Run = Callable[..., Result]

FIT = """
import keras, numpy as np
model = keras.Sequential([keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)], name="tiny")
model.compile("adam", "mse")
history = model.fit(np.random.rand(64, 4), np.random.rand(64, 1), epochs=3, verbose=2)
print("backend", keras.backend.backend(), keras.__version__)
"""


@pytest.fixture(scope="module")
def keras_runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("keras")
    given = folder / "given"
    numpy.savez(
        folder / "mnist.npz",
        x_train=numpy.ones((6, 28, 28), "uint8"),
        y_train=numpy.arange(6),
        x_test=numpy.ones((2, 28, 28), "uint8"),
        y_test=numpy.arange(2),
    )
    datasets.add(given, "mnist.npz", folder / "mnist.npz")
    runner = Runner(folder / "r", RunnerConfig(parked=1, datasets=given, cache_entries=0, plain_is_bare=False))
    yield runner
    runner.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_fit_tells_its_history_its_model_and_a_curve(keras_runner: Runner, backend: str) -> None:
    seen: list[Event] = []
    job = Job(FIT, backend=backend, limits=Limits(wall_s=60))  # type: ignore[arg-type]
    result = keras_runner.run(job, seen.append)
    assert result.status == "ok", result
    assert (result.backend, result.device) == (backend, "cpu")
    assert f"backend {backend} {result.keras_version}\n" in result.stdout
    assert "Epoch 3/3" in result.stdout
    assert result.stderr == ""
    (fit,) = result.fits
    assert fit.epochs == 3
    assert len(fit.history["loss"]) == 3
    (model,) = result.models
    assert (model.name, model.parameters) == ("tiny", 25)
    assert "Dense" in model.summary
    epochs = [event.data for event in seen if event.kind == "epoch"]
    assert [(data["epoch"], data["epochs"]) for data in epochs] == [(1, 3), (2, 3), (3, 3)]
    assert epochs[-1]["metrics"]["loss"] == fit.history["loss"][-1]
    assert epochs[0]["seconds_left"] > 0 == epochs[-1]["seconds_left"]
    (curve,) = result.artifacts
    picture = Image.open(io.BytesIO(Path(curve.path).read_bytes()))
    assert (curve.name, picture.size) == ("training-curve.png", (640, 360))


@pytest.mark.parametrize("backend", BACKENDS)
def test_seed_repeats_a_training_and_no_seed_does_not(keras_runner: Runner, backend: str) -> None:
    def losses(seed: int | None) -> list[float | None]:
        job = Job(FIT, backend=backend, seed=seed, limits=Limits(wall_s=60))  # type: ignore[arg-type]
        return keras_runner.run(job).fits[0].history["loss"]

    assert losses(5) == losses(5)
    assert losses(None) != losses(None)


def test_parked_child_answers_at_once(keras_runner: Runner) -> None:
    best = 1e9
    for _ in range(5):
        assert keras_runner._pool.wait_parked("tensorflow", 1, 60)
        time.sleep(0.1)
        result = keras_runner.run(Job("import keras; print(keras.__version__)"))
        assert result.status == "ok"
        best = min(best, result.startup_ms or 1e9)
    assert best < 50
    assert keras_runner.status()["served_from_parked"] >= 5


def test_names_of_layers_start_anew_in_every_run(keras_runner: Runner) -> None:
    source = "import keras; print(keras.layers.Dense(1).name, keras.Sequential().name)"
    for _ in range(2):
        assert keras_runner.run(Job(source)).stdout == "dense sequential\n"


@pytest.mark.parametrize(
    "style", ["os.environ['KERAS_BACKEND'] = 'jax'", "os.environ.update(dict(KERAS_BACKEND='jax'))"]
)
def test_backend_set_by_the_snippet_is_the_one_it_gets(keras_runner: Runner, style: str) -> None:
    source = f"import os\n{style}\nimport keras\nprint(keras.backend.backend())"
    result = keras_runner.run(Job(source, backend="tensorflow", limits=Limits(wall_s=60)))
    assert (result.status, result.stdout) == ("ok", "jax\n")
    assert result.backend == "jax"


def test_summary_is_not_cut_at_eighty_columns(keras_runner: Runner) -> None:
    name = "a_layer_with_quite_a_long_name_of_fifty_characters"
    source = f"""
import keras
inputs = keras.Input((4,)); out = keras.layers.Dense(2, name="{name}")(inputs); out = keras.layers.Add()([out, out])
keras.Model(inputs, out).summary()
"""
    text = keras_runner.run(Job(source)).stdout
    assert max(map(len, text.splitlines())) > 80


def test_several_models_are_told_once_each_without_their_parts(keras_runner: Runner) -> None:
    source = """
import keras
inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name="inner")
inputs = keras.Input((3,))
outer = keras.Model(inputs, keras.layers.Dense(1)(inner(inputs)), name="outer")
outer.compile("sgd", "mse")
other = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)], name="other")
"""
    models = keras_runner.run(Job(source)).models
    assert [model.name for model in models] == ["outer", "other"]


def test_models_are_told_in_the_order_they_were_made(keras_runner: Runner) -> None:
    source = """
import keras
made = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name=f"m{number}") for number in range(8)]
"""
    models = keras_runner.run(Job(source)).models
    assert [model.name for model in models] == [f"m{number}" for number in range(8)]


def test_models_are_drawn_on_request(keras_runner: Runner) -> None:
    source = """
import keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name='first'), keras.layers.Dense(1)])
"""
    plain = keras_runner.run(Job(source, limits=Limits(wall_s=60)))
    assert plain.artifacts == ()
    drawn = keras_runner.run(Job(source, limits=Limits(wall_s=60), graph=True))
    assert drawn.status == "ok", drawn
    (picture,) = drawn.artifacts
    assert (picture.name, picture.media_type) == ("model-1.png", "image/png")
    assert Path(picture.path).read_bytes().startswith(b"\x89PNG")


def test_diverging_training_has_gaps_in_its_history(keras_runner: Runner) -> None:
    source = FIT.replace("np.random.rand(64, 1)", "np.full((64, 1), np.nan)")
    (fit,) = keras_runner.run(Job(source)).fits
    assert fit.history["loss"] == [None, None, None]


def test_error_of_keras_shows_own_line_and_no_internals(keras_runner: Runner) -> None:
    source = "import keras, numpy as np\nlayer = keras.layers.LSTM(4)\n\nlayer(np.ones((2, 3)))\n"
    error = keras_runner.run(Job(source)).error
    assert error is not None
    assert (error.type, error.line, error.source_line) == ("ValueError", 4, "layer(np.ones((2, 3)))")
    assert "expected ndim=3, found ndim=2" in error.message
    assert "Arguments received by" not in error.message
    assert "site-packages" not in (error.traceback or "")


def test_training_is_stopped_between_batches_when_time_is_up(keras_runner: Runner) -> None:
    keras_runner.run(Job("import keras"))
    source = FIT.replace("epochs=3", "epochs=10**6").replace("verbose=2", "verbose=0") + "\nprint('never')"
    # Long enough for a few epochs and for the curve on a machine that is busy with other things.
    result = keras_runner.run(Job(source, limits=Limits(wall_s=15)))
    assert result.status == "timeout"
    assert "never" not in result.stdout
    assert result.fits[0].epochs > 3
    assert result.exit_code is None
    assert "training-curve.png" in [artifact.name for artifact in result.artifacts]


def test_patched_fit_cannot_change_what_is_measured(keras_runner: Runner) -> None:
    source = "import keras\nkeras.Model.fit = lambda *a, **k: None\nkeras.Sequential().fit()\nimport os; os._exit(4)"
    result = keras_runner.run(Job(source))
    assert (result.status, result.exit_code, result.fits) == ("error", 4, ())


def test_given_data_set_is_found(keras_runner: Runner) -> None:
    source = "import keras; (x, y), _ = keras.datasets.mnist.load_data(); print(x.shape, y.tolist())"
    assert keras_runner.run(Job(source)).stdout == "(6, 28, 28) [0, 1, 2, 3, 4, 5]\n"


def test_missing_data_set_is_named_in_one_line(keras_runner: Runner) -> None:
    result = keras_runner.run(Job("import keras\nkeras.datasets.imdb.load_data()"))
    assert result.status == "error"
    assert result.error is not None
    assert "imdb.npz" in result.error.message
    assert "no network" in result.error.message
    assert "\n" not in result.error.message
    assert result.error.line == 2


def test_model_is_saved_and_loaded(keras_runner: Runner) -> None:
    source = """
import keras
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.save("m.keras"); print(keras.saving.load_model("m.keras").count_params())
model.save_weights("m.weights.h5")
"""
    result = keras_runner.run(Job(source))
    assert result.stdout == "3\n"
    assert [artifact.name for artifact in result.artifacts] == ["m.keras", "m.weights.h5"]


def test_workers_of_a_data_loader_work(keras_runner: Runner) -> None:
    source = """
import torch
from torch.utils.data import DataLoader
print([batch.sum().item() for batch in DataLoader(torch.arange(8), batch_size=4, num_workers=2)])
"""
    result = keras_runner.run(Job(source, backend="torch", limits=Limits(wall_s=60)))
    assert (result.status, result.stdout) == ("ok", "[6, 22]\n"), result


def test_memory_of_a_backend_is_limited(keras_runner: Runner) -> None:
    for backend, source in (
        ("tensorflow", "import tensorflow as tf\nkept = [tf.ones((64 << 18,)) for _ in range(64)]"),
        ("jax", "import jax.numpy as jnp\nkept = [jnp.ones((64 << 18,)).block_until_ready() for _ in range(64)]"),
        ("torch", "import torch\nkept = [torch.ones(64 << 18) for _ in range(64)]"),
    ):
        limits = Limits(wall_s=60, memory_bytes=512 << 20)
        result = keras_runner.run(Job(source, backend=backend, limits=limits))  # type: ignore[arg-type]
        assert result.status == "memory", (backend, result)


def test_dead_parent_is_replaced_without_anybody_noticing(keras_runner: Runner) -> None:
    spawner = keras_runner._pool._warm["jax"]
    keras_runner.run(Job("import jax", backend="jax", limits=Limits(wall_s=60)))
    assert spawner._process is not None
    spawner._process.kill()
    spawner._process.wait()
    result = keras_runner.run(Job("import keras; print(keras.backend.backend())", backend="jax"))
    assert (result.status, result.stdout) == ("ok", "jax\n")


def test_child_of_a_replaced_parent_is_not_taken_for_one_of_the_new(keras_runner: Runner) -> None:
    keras_runner.run(Job("import jax", backend="jax", limits=Limits(wall_s=60)))
    spawner = keras_runner._pool._warm["jax"]
    child = spawner.spawn(Limits())
    try:
        assert spawner.has(child)
        assert spawner._process is not None
        spawner._process.kill()
        spawner._process.wait()
        assert not spawner.has(child)
        spawner.start()
        assert spawner.alive() and not spawner.has(child)
    finally:
        child.close()


def test_what_took_a_dead_parents_place_does_not_fall_with_it(keras_runner: Runner) -> None:
    """Two ask a parent that dies: one replaces it at once, and the other's failure comes late."""
    spawner = keras_runner._pool._warm["jax"]
    if not spawner.alive():
        spawner.start()
    assert spawner._process is not None
    spawner._process.kill()
    spawner._process.wait()
    with pytest.raises(SpawnFailed) as late:
        spawner.spawn(Limits())
    spawner.stop()
    spawner.start()
    fresh = spawner.pid
    keras_runner._pool._replace(spawner, late.value)
    assert spawner.alive() and spawner.pid == fresh != late.value.parent


def test_stuck_parent_is_replaced_without_anybody_noticing(tmp_path: Path) -> None:
    import signal

    runner = Runner(tmp_path / "r", RunnerConfig(parked=0, backends=("jax",), fork_timeout_s=1.0, plain_is_bare=False))
    try:
        runner.run(Job("import jax", backend="jax", limits=Limits(wall_s=60)))
        process = runner._pool._warm["jax"]._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        result = runner.run(Job("print('answered')", backend="jax"))
        assert (result.status, result.stdout) == ("ok", "answered\n")
        assert runner.status()["parents_replaced"] == 1
    finally:
        runner.close()


def test_run_in_progress_survives_the_death_of_its_parent(keras_runner: Runner) -> None:
    keras_runner.run(Job("import jax", backend="jax", limits=Limits(wall_s=60)))
    run_id = keras_runner.submit(Job("import time; print('a'); time.sleep(1.5); print('b')", backend="jax"))
    next(keras_runner.events(run_id))
    process = keras_runner._pool._warm["jax"]._process
    assert process is not None
    process.kill()
    assert list(keras_runner.events(run_id))[-1].data["stdout"] == "a\nb\n"


@pytest.mark.parametrize(
    ("source", "where", "called"),
    [
        ("keras.Variable([1.0]).assign([1.0, 2.0])", "keras", "keras.Variable.assign"),
        ("keras.Sequential([keras.Input((2,))]).get_layer('x')", "keras", "keras.Sequential.get_layer"),
        ("keras.layers.Dense(3, activation='rellu')", "keras", "keras.layers.Dense"),
        ("keras.ops.matmul(keras.ops.ones((2, 3)), keras.ops.ones((2, 3)))", "keras", "keras.ops.matmul"),
        # What Keras called of the snippet's own, and what the snippet called of its own.
        (
            "class L(keras.Layer):\n    def call(self, x):\n        return x @ self.w\nL()(keras.ops.ones((1, 1)))",
            "keras",
            "keras.Layer.call",
        ),
        ("class M(keras.Model):\n    def half(self):\n        return 1 / 0\nM().half()", "", None),
        ("[][1]", "", None),
        ("try:\n    keras.ops.ones(3).assign()\nexcept Exception:\n    raise", "", None),
        # Objects that raise when they are looked at.
        (
            "class Odd:\n    def __getattribute__(self, name):\n        raise OSError('no')\n"
            "def f(self):\n    return keras.layers.Dense(self)\nf(Odd())",
            "keras",
            "keras.layers.Dense",
        ),
        ("def f(self):\n    return f(self)\nf(keras.Layer())", "", None),
    ],
)
def test_where_an_error_came_from_is_told(keras_runner: Runner, source: str, where: str, called: str | None) -> None:
    error = keras_runner.run(Job(f"import keras\n{source}", backend="jax")).error
    assert error is not None
    assert (error.raised_in, error.called) == (where, called)


def test_a_graphs_error_tells_its_reason_and_nothing_of_the_service(keras_runner: Runner) -> None:
    source = """\
import keras, numpy as np
model = keras.Sequential([keras.layers.Embedding(10, 4), keras.layers.Flatten(), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.array([[1, 2, 12]]), np.ones((1, 1)), verbose=0)
"""
    error = keras_runner.run(Job(source, backend="tensorflow", limits=Limits(wall_s=60))).error
    assert error is not None and error.traceback is not None
    assert "12 is not in [0, 10)" in error.message
    for told in (error.message, error.traceback):
        assert 'File "snippet.py", line 4' in told
        assert "/opt/" not in told and "zygote" not in told


def test_an_error_led_to_by_keras_names_what_was_called(keras_runner: Runner) -> None:
    tried = "try:\n    keras.layers.Dense('a')\nexcept ValueError as error:\n    raise OSError('no') from error"
    error = keras_runner.run(Job(f"import keras\n{tried}", backend="jax")).error
    assert error is not None and (error.type, error.called) == ("OSError", "keras.layers.Dense")
