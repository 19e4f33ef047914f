from kb.passages import LONGEST, cut
from kb.sources import tutorials

TUTORIAL = '''"""
Title: Text
  generation
Authors: [Ann Lee](https://a.example), Bo
Date created: 2020/05/01
Last modified: 2023/12/30
Description: Generate text.
Accelerator: GPU
"""

"""shell
pip install keras-hub
"""

"""invisible
nobody sees this
"""

"""
## Model

The core is `keras.layers.GRU`.
"""

import keras


# What follows belongs together.
@keras.saving.register_keras_serializable()
class Generator(keras.Model):
    """Not a text block."""

    def call(self, x):
        return keras.layers.GRU(4)(x)


"""
## Run it
"""
Generator()
'''


def test_a_tutorial_is_cut_where_its_text_blocks_stand(tmp_path, resolve):
    path = tmp_path / "text.py"
    path.write_text(TUTORIAL)
    (page,) = tutorials.load(path, resolve)
    assert page.title == "Text generation"
    assert page.meta["authors"] == ("Ann Lee", "Bo")
    assert page.meta["date"] == "2023-12-30"
    assert [part.title for part in page.sections] == ["", "Model", "Run it"]
    assert page.sections[0].text == "Generate text.\n\n```shell\npip install keras-hub\n```"
    model = page.sections[1].text
    assert model.startswith("The core is `keras.layers.GRU`.\n\n```python\nimport keras")
    assert "# What follows belongs together.\n@keras.saving" in model
    assert '"""Not a text block."""' in model
    assert page.sections[2].text == "```python\nGenerator()\n```"
    assert page.symbols[0] == "keras.layers.GRU"
    assert "invisible" not in str(page.sections)


def test_a_long_program_is_cut_between_its_statements_only(tmp_path, resolve):
    path = tmp_path / "program.py"
    functions = "\n\n".join(
        f"def step_{n}(x):\n    # {'word ' * 40}\n    return keras.layers.Dense(x)" for n in range(20)
    )
    path.write_text(f'"""Train in steps.\n\nSlowly."""\n\nimport keras\n\n{functions}\n')
    (page,) = tutorials.load(path, resolve)
    assert (page.kind, page.title) == ("example", "Train in steps")
    passages = [passage.text for passage in cut(page) if passage.section == "Code"]
    assert len(passages) > 3
    for text in passages:
        assert text.count("```") % 2 == 0
        assert len(text) < 2 * LONGEST
    code = "\n".join(text for text in passages)
    assert [code.count(f"def step_{n}(") for n in range(20)] == [1] * 20


def test_a_declared_encoding_is_obeyed(tmp_path, resolve):
    path = tmp_path / "chinese.py"
    path.write_bytes('# -*- coding: gbk -*-\n"""训练一个模型，然后保存它。"""\nimport keras\n'.encode("gbk"))
    (page,) = tutorials.load(path, resolve)
    assert page.title == "训练一个模型，然后保存它。"
    assert page.language == "zh"
