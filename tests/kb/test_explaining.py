"""Which pages explain an error: by its message, by what it names, and by what the program had called."""

from __future__ import annotations

import pytest

from kb.knowledge import KnowledgeBase


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("RecursionError", "maximum recursion depth exceeded in comparison"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: '/etc/shadow'"),
        ("PermissionError", "[Errno 13] Permission denied: '/etc/shadow'"),
        ("KeyError", "'name'"),
        ("NameError", "name 'x' is not defined"),
        ("ZeroDivisionError", "division by zero"),
        ("ModuleNotFoundError", "No module named 'requests_html'"),
        ("ValueError", "invalid literal for int() with base 10: 'abc'"),
        ("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ("NotImplementedError", ""),
    ],
)
def test_an_error_of_other_things_is_not_explained(knowledge: KnowledgeBase, kind: str, message: str) -> None:
    assert knowledge.explain_error(kind, message) == ()


@pytest.mark.parametrize(
    ("kind", "message", "page"),
    [
        ("KeyError", "'val_acc'", "faq:migrate-acc-accuracy-keys"),
        ("NameError", "name 'Dense' is not defined", "faq:error-name-dense-is-not-defined"),
        ("ModuleNotFoundError", "No module named 'keras.layers.core'", "faq:error-no-module-named-keras-layers-core"),
        ("ImportError", "cannot import name 'Merge' from 'keras.layers'", "faq:migrate-removed-keras1-layers"),
        ("ValueError", "No loss to compute. Provide a `loss` argument in `compile()`.", "faq:error-no-loss-to-compute"),
        ("ValueError", "Invalid dtype: object", "faq:error-invalid-dtype-object"),
        ("OSError", "Unable to open file (file signature not found)", "faq:error-file-not-found-keras-zip"),
    ],
)
def test_an_error_of_keras_is_explained(knowledge: KnowledgeBase, kind: str, message: str, page: str) -> None:
    assert page in {source.id for source in knowledge.explain_error(kind, message)}


@pytest.mark.parametrize(
    ("kind", "message", "line", "symbol"),
    [
        (
            "TypeError",
            "Dense.__init__() missing 1 required positional argument: 'units'",
            "Dense()",
            "keras.layers.Dense",
        ),
        (
            "TypeError",
            "Trainer.compile() got an unexpected keyword argument 'lr'",
            "m.compile(lr=0.1)",
            "keras.Model.compile",
        ),
        (
            "AttributeError",
            "module 'keras.callbacks' has no attribute 'EarlyStop'",
            "keras.callbacks.EarlyStop()",
            "keras.callbacks.EarlyStopping",
        ),
        ("AttributeError", "'Sequential' object has no attribute 'summray'", "m.summray()", "keras.Model.summary"),
        ("AttributeError", "'Sequential' object has no attribute 'zzz'", "m.zzz()", "keras.Sequential"),
        (
            "IndexError",
            "index 5 is out of bounds for axis 1 with size 2",
            "keras.utils.to_categorical([1, 5], 2)",
            "keras.utils.to_categorical",
        ),
        ("InvalidArgumentError", "Matrix size-incompatible", "y = keras.ops.matmul(a, b)", "keras.ops.matmul"),
    ],
)
def test_what_the_message_and_the_line_name_is_suggested(
    knowledge: KnowledgeBase, kind: str, message: str, line: str, symbol: str
) -> None:
    found = knowledge.explain_error(kind, message, line=line)
    assert len(found) <= 3 and symbol in {name for source in found for name in (source.symbol, *source.symbols)}


@pytest.mark.parametrize(
    ("kind", "message", "line"),
    [
        ("ZeroDivisionError", "division by zero", "x = 1 / 0"),
        ("KeyError", "'name'", "print(sum(max(d['name']) for d in x))"),
        ("RecursionError", "maximum recursion depth exceeded", "return f(x)"),
        ("Exception", "no idea", "raise Exception('no idea')"),
    ],
)
def test_a_line_without_keras_leads_nowhere(knowledge: KnowledgeBase, kind: str, message: str, line: str) -> None:
    assert knowledge.explain_error(kind, message, line=line) == ()


@pytest.mark.parametrize(
    ("kind", "message", "page"),
    [
        (
            "ValueError",
            "A total of 1 objects could not be loaded. Example error message for object <Dense name=dense_1>:"
            "\n\nLayer 'dense_1' expected 2 variables, but received 0 variables during loading.",
            "faq:error-weight-shape-not-compatible",
        ),
        (
            "ValueError",
            "Arguments `target` and `output` must have the same shape. Received: target.shape=torch.Size([8, 3]), "
            "output.shape=torch.Size([8, 1])",
            "faq:error-target-and-output-same-shape",
        ),
    ],
)
def test_what_keras_raised_always_has_its_closest_pages(
    knowledge: KnowledgeBase, kind: str, message: str, page: str
) -> None:
    assert knowledge.explain_error(kind, message, raised_in="keras")[0].id == page
    assert knowledge.explain_error("RuntimeError", "something quite unheard of", raised_in="keras")
    assert knowledge.explain_error("NotImplementedError", "", raised_in="keras")[0].id == (
        "faq:error-pydataset-not-implemented"
    )


@pytest.mark.parametrize(
    ("kind", "message", "line"),
    [
        ("IndexError", "list index out of range", "print(names[5])"),
        ("TypeError", "'NoneType' object is not callable", "f()"),
        ("TypeError", "unsupported operand type(s) for /: 'str' and 'int'", "print(age / 2)"),
        ("ValueError", "operands could not be broadcast together with shapes (2,3) (4,5)", "np.zeros((2, 3)) + x"),
    ],
)
def test_what_a_program_raised_by_itself_leads_nowhere(
    knowledge: KnowledgeBase, kind: str, message: str, line: str
) -> None:
    assert knowledge.explain_error(kind, message, line=line, raised_in="") == ()


@pytest.mark.parametrize(
    ("kind", "message", "page"),
    [
        ("ModuleNotFoundError", "No module named 'keras.layers.core'", "faq:error-no-module-named-keras-layers-core"),
        ("ImportError", "cannot import name 'merge' from 'keras.layers'", "faq:migrate-removed-keras1-layers"),
        ("RuntimeError", "Can't call numpy() on Tensor that requires grad.", "faq:error-torch-tensor-to-numpy"),
        (
            "TypeError",
            "'tensorflow.python.framework.ops.EagerTensor' object does not support item assignment",
            "faq:ops-scatter-update-and-slices",
        ),
        ("TypeError", "'Variable' object does not support item assignment", "faq:ops-scatter-update-and-slices"),
    ],
)
def test_what_python_raised_about_keras_is_explained(
    knowledge: KnowledgeBase, kind: str, message: str, page: str
) -> None:
    assert knowledge.explain_error(kind, message, raised_in="")[0].id == page


@pytest.mark.parametrize(
    ("kind", "message", "line", "called", "pages"),
    [
        (
            "AttributeError",
            "'str' object has no attribute 'set_model'",
            "m.fit(x, y, callbacks=['early'])",
            "keras.Sequential.fit",
            {"api:keras.Model.fit", "api:keras.callbacks.Callback"},
        ),
        (
            "AttributeError",
            "'str' object has no attribute 'get'",
            "m.fit(x, y, class_weight='balanced')",
            "keras.Model.fit",
            {"api:keras.Model.fit", "faq:class-weight-imbalanced-data"},
        ),
        ("KeyError", "'pop from an empty set'", "net.fit()", "keras.Model.fit", {"api:keras.Model.fit"}),
        (
            "ValueError",
            "The shape of the target variable and the shape of the target value must match.",
            "v.assign([1.0, 2.0])",
            "keras.Variable.assign",
            {"api:keras.Variable", "faq:keras-variable"},
        ),
        (
            "FileNotFoundError",
            "[Errno 2] No such file or directory: 'nowhere/m.keras'",
            "m.save('nowhere/m.keras')",
            "keras.Model.save",
            {"api:keras.Model.save"},
        ),
        # What the message leads to stays among the pages, though what was called leads elsewhere.
        (
            "IndexError",
            "Target 5 is out of bounds.",
            "m.fit(x, y, verbose=0)",
            "keras.Sequential.fit",
            {"faq:error-label-value-outside-valid-range", "api:keras.Model.fit"},
        ),
        (
            "InvalidArgumentError",
            "Graph execution error:\n\nDetected at node m/embedding_1/GatherV2 defined at (most recent call last):\n"
            "\nindices[0,3] = 12 is not in [0, 10)\n\t [[{{node m/embedding_1/GatherV2}}]] [Op:__inference_step_31]",
            "m.fit(x, y)",
            "keras.Sequential.fit",
            {"faq:error-embedding-index-out-of-range"},
        ),
        (
            "ValueError",
            "Exception encountered when calling MaxPooling2D.call().\n\nComputed output size would be zero or negative."
            " Received: `inputs.shape=[None 2 2 1]`, `pool_size=[4 4]`, `strides=(4, 4)`, `padding=valid`.",
            "keras.Sequential([keras.Input((2, 2, 1)), keras.layers.MaxPooling2D(4)])",
            "keras.Sequential",
            {"faq:error-computed-output-size-zero-or-negative"},
        ),
        (
            "ValueError",
            "Could not interpret initializer identifier: he_norm",
            "keras.layers.Dense(3, kernel_initializer='he_norm')",
            "keras.layers.Dense",
            {"faq:error-could-not-interpret-activation-initializer"},
        ),
        # A message that tells by itself keeps its pages first.
        (
            "ValueError",
            "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.",
            "m.fit(x, y)",
            "keras.Sequential.fit",
            {"faq:error-data-cardinality-ambiguous", "api:keras.Model.fit"},
        ),
    ],
)
def test_what_was_called_leads_to_its_pages(
    knowledge: KnowledgeBase, kind: str, message: str, line: str, called: str, pages: set[str]
) -> None:
    found = [
        source.id for source in knowledge.explain_error(kind, message, line=line, raised_in="keras", called=called)
    ]
    assert pages <= set(found) and len(found) <= 3
    assert "cardinality" not in message or found[0] == "faq:error-data-cardinality-ambiguous"


def test_what_was_called_need_not_exist(knowledge: KnowledgeBase) -> None:
    for called in ("keras.nothing.at_all", "", "\x00" * 300):
        assert len(knowledge.explain_error("ValueError", "odd", raised_in="keras", called=called)) <= 3


def test_a_method_of_another_kind_of_model_is_what_was_meant(knowledge: KnowledgeBase) -> None:
    found = knowledge.explain_error("AttributeError", "'Functional' object has no attribute 'add'", raised_in="")
    assert found[0].symbol == "keras.Sequential.add"
