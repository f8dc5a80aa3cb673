"""Layer classes are found by reading files: through aliases, bases elsewhere, and clear rules."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from layerdoctor.config.discovery import discover, locate
from layerdoctor.config.sources import known as known_sources
from layerdoctor.config.sources.statements import SourceFile, text_of
from layerdoctor.config.sources.statements import read as parse


def write(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return str(folder)


def found(folder: Path, files: dict[str, str], *exclude: str) -> set[str]:
    path = write(folder, files)
    return {item.spec for item in discover([path], exclude=exclude, exclude_from=path).layers}


@pytest.mark.parametrize(
    ("imports", "base", "framework"),
    [
        ("import keras", "keras.layers.Layer", "keras"),
        ("import keras", "keras.Layer", "keras"),
        ("import keras", "keras.Model", "keras"),
        ("import keras as k", "k.layers.Dense", "keras"),
        ("from keras import layers as L", "L.Layer", "keras"),
        ("from keras.layers import Layer as Base", "Base", "keras"),
        ("from keras.layers import *", "Layer", "keras"),
        ("import tensorflow as tf", "tf.keras.layers.Layer", "keras"),
        ("from tensorflow import keras", "keras.models.Model", "keras"),
        ("from tensorflow.keras import layers", "layers.Layer", "keras"),
        ("import tensorflow.keras.layers as tfl", "tfl.Layer", "keras"),
        ("import tensorflow as tf\nLayer = tf.keras.layers.Layer", "Layer", "keras"),
        ("import tf_keras", "tf_keras.layers.Layer", "tf_keras"),
        ("import tf_keras as keras", "keras.Model", "tf_keras"),
        ("import tensorflow as tf", "tf.Module", "tf.Module"),
        ("import keras", "object if keras is None else keras.Layer", "keras"),
        ("try:\n    import keras\nexcept ImportError:\n    pass", "keras.Layer", "keras"),
    ],
)
def test_bases_are_followed_through_imports(
    tmp_path: Path, imports: str, base: str, framework: str
) -> None:
    write(
        tmp_path,
        {
            "own.py": f"{imports}\n\nclass Own({base}):\n    def __call__(self, x): ...\n",
        },
    )
    [layer] = discover([str(tmp_path)]).layers
    assert (layer.spec, layer.framework) == ("own:Own", framework)
    assert layer.line == imports.count("\n") + 3


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        ("import keras", "keras.callbacks.Callback"),
        ("import keras", "keras.losses.Loss"),
        ("import tensorflow as tf", "tf.data.Dataset"),
        ("import tensorflow as tf", "tf.Module"),
        ("from torch.nn import Module", "Module"),
        ("import keras\nfrom other.layers import Layer", "Layer"),
        ("import keras", "dict"),
    ],
)
def test_other_classes_are_no_layers(tmp_path: Path, imports: str, base: str) -> None:
    assert found(tmp_path, {"other.py": f"{imports}\nclass Other({base}):\n    pass\n"}) == set()


def test_bases_are_followed_into_other_files(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "from .impl.base import Base as Exported\n",
        "pkg/impl/__init__.py": "",
        "pkg/impl/base.py": """
            import keras

            class Base(keras.layers.Layer):
                def call(self, inputs):
                    return inputs
            """,
        "pkg/relative.py": "from .impl.base import Base\nclass Relative(Base):\n    pass\n",
        "pkg/absolute.py": "import pkg.impl.base\nclass Absolute(pkg.impl.base.Base):\n    pass\n",
        "pkg/reexported.py": "from pkg import Exported\nclass Reexported(Exported):\n    pass\n",
        "pkg/starred.py": "from .impl.base import *\nclass Starred(Base):\n    pass\n",
        "pkg/further.py": "from .relative import Relative\nclass Further(Relative):\n    pass\n",
    }
    assert found(tmp_path, files) == {
        "pkg.impl.base:Base",
        "pkg.relative:Relative",
        "pkg.absolute:Absolute",
        "pkg.reexported:Reexported",
        "pkg.starred:Starred",
        "pkg.further:Further",
    }


def test_bases_are_followed_in_a_package_without_an_init_file(tmp_path: Path) -> None:
    files = {
        "src/layers/base.py": """\
            import keras

            class Base(keras.layers.Layer):
                def scaled(self, x): ...
        """,
        "src/layers/own.py": """\
            from src.layers.base import Base

            class Own(Base):
                def call(self, x): ...
        """,
    }
    assert found(tmp_path, files) == {"own:Own"}


def test_a_base_outside_the_files_named_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "base.py": "import keras\nclass Base(keras.layers.Layer):\n    pass\n",
            "own.py": "import keras\nfrom base import Base\nclass Own(Base):\n    pass\n",
        },
    )
    assert [item.spec for item in discover([str(tmp_path / "own.py")]).layers] == ["own:Own"]


@pytest.mark.parametrize(
    "backend",
    [
        "import keras",
        "from tensorflow import keras",
        "import tf_keras as keras",
        "if v2():\n    import own.keras2 as keras\nelse:\n    import keras",
        "if v3():\n    import keras\nelse:\n    from own.keras2 import keras",
        "from own.compatible import *",
    ],
)
def test_a_framework_is_followed_through_a_module_that_hands_it_on(
    tmp_path: Path, backend: str
) -> None:
    files = {
        "own/__init__.py": "",
        "own/compatible.py": "import keras\nfrom own.backend import *\n",
        "own/backend.py": f"{backend}\n",
        "own/layers.py": """\
            from own.backend import keras

            class Own(keras.layers.Layer):
                def call(self, x): ...
        """,
        "own/models.py": """\
            from own import backend

            class Net(backend.keras.Model):
                def call(self, x): ...
        """,
    }
    assert found(tmp_path, files) == {"own.layers:Own", "own.models:Net"}


def test_a_base_is_found_where_only_another_file_names_the_framework(tmp_path: Path) -> None:
    files = {
        "own/__init__.py": "",
        "own/backend.py": "try:\n    from keras import layers\nexcept ImportError:\n"
        "    from own.torch_layers import layers\n",
        "own/blocks.py": """\
            from own.backend import layers

            class Block(layers.Layer):
                def call(self, x): ...
        """,
        "own/other.py": """\
            from own.paint import layers

            class Other(layers.Layer): ...
        """,
    }
    assert found(tmp_path, files) == {"own.blocks:Block"}


def test_private_abstract_and_hidden_classes_are_left_out(tmp_path: Path) -> None:
    source = """
        import abc
        import keras
        import tensorflow as tf

        class _Private(keras.layers.Layer):
            def call(self, inputs):
                return inputs

        class WithAbc(keras.layers.Layer, abc.ABC):
            @abc.abstractmethod
            def transform(self, inputs): ...
            def call(self, inputs):
                return self.transform(inputs)

        class Finished(WithAbc):
            def transform(self, inputs):
                return inputs

        class Raising(keras.layers.Layer):
            def call(self, inputs):
                '''Override this.'''
                raise NotImplementedError

        class Overriding(Raising):
            def call(self, inputs):
                return inputs

        class OnlyABase(keras.layers.Layer):
            def helper(self, inputs):
                return inputs

        class Derived(OnlyABase):
            def call(self, inputs):
                return self.helper(inputs)

        class FromPrivate(_Private):
            class Inner(keras.layers.Layer):
                def call(self, inputs):
                    return inputs

        class Holder(tf.Module):
            def serve(self, inputs):
                return inputs

        def factory():
            class Local(keras.layers.Layer):
                def call(self, inputs):
                    return inputs
            return Local()
        """
    assert found(tmp_path, {"own.py": source}) == {
        "own:Finished",
        "own:Overriding",
        "own:Derived",
        "own:FromPrivate",
        "own:FromPrivate.Inner",
    }


def test_tests_environments_and_excluded_files_are_skipped(tmp_path: Path) -> None:
    layer = "import keras\nclass Own(keras.Layer):\n    def call(self, x):\n        return x\n"
    places = (
        "app/own.py",
        "app/test_own.py",
        "app/own_test.py",
        "app/tests/helpers.py",
        "app/migrations/first.py",
        "migrations/second.py",
        ".hidden/own.py",
        "env/lib/own.py",
        "site-packages/own.py",
        "old/deep/own.py",
    )
    files = dict.fromkeys(places, layer) | {"env/pyvenv.cfg": ""}
    assert found(tmp_path, files, "**/migrations/**", "old") == {"own:Own"}
    assert [item.file for item in discover([str(tmp_path / "app")]).layers] != []
    assert len(discover([str(tmp_path / "app" / "test_own.py")]).layers) == 1


def test_what_cannot_be_parsed_holds_no_class(tmp_path: Path) -> None:
    files = {
        "old.py": "import keras\nclass Old(keras.Layer):\n    print 'x'\n",
        "loop.py": "import keras\nfrom loop import Loop\nclass Loop(Loop):\n    pass\n",
    }
    assert found(tmp_path, files) == set()
    (tmp_path / "noise.py").write_bytes(b"\x00\xff class X(keras.Layer): keras")
    assert discover([str(tmp_path)]).layers == []


def test_a_target_is_located_through_a_reexport(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pkg/__init__.py": "from .impl import Own\n",
            "pkg/impl.py": "import keras\nclass Own(keras.Layer):\n    pass\n",
        },
    )
    place = (str(tmp_path / "pkg" / "impl.py"), "Own")
    assert locate("pkg:Own", [str(tmp_path)]) == place
    assert locate("pkg.impl:Own", [str(tmp_path)]) == place
    assert locate("pkg:Other", [str(tmp_path)]) is None


def test_nothing_is_imported(tmp_path: Path) -> None:
    source = "raise SystemExit('imported')\nimport keras\nclass Own(keras.Layer):\n    pass\n"
    folder = write(tmp_path, {"own.py": source})
    script = (
        "import sys; from layerdoctor.config.discovery import discover\n"
        f"print([item.spec for item in discover([{folder!r}]).layers])\n"
        "assert not {'own', 'tensorflow', 'keras', 'numpy'} & set(sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, "['own:Own']\n"), ran.stderr


def test_what_did_not_change_is_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_sources, "MANY", 1)
    layer = "import keras\n\n\nclass {}(keras.layers.Layer):\n    def call(self, x): ...\n"
    folder = write(tmp_path / "own", {"__init__.py": "", "a.py": layer.format("First")})
    write(tmp_path / "own", {"b.py": "from .a import First\nclass Second(First): ...\n"})
    long_ago = 10**9
    for path in Path(folder).iterdir():
        os.utime(path, (long_ago, long_ago))

    def listed() -> list[tuple[str, int]]:
        known = known_sources.KnownSources(tmp_path / "kept")
        return [(item.spec, item.line) for item in discover([folder], known=known).layers]

    read: list[str] = []

    def counted(file: str) -> SourceFile:
        read.append(file)
        return parse(file)

    monkeypatch.setattr("layerdoctor.config.sources.lookup.read", counted)
    first = listed()
    assert first == [("own.a:First", 4), ("own.b:Second", 2)]
    assert len(read) == 2
    assert listed() == first
    assert len(read) == 2
    (tmp_path / "own" / "a.py").write_text(f"# new\n{layer.format('Third')}", encoding="utf-8")
    assert listed() == [("own.a:Third", 5)]
    assert [Path(file).name for file in read[2:]] == ["a.py"]


def test_what_did_not_change_is_not_opened_again_and_a_new_layer_in_it_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_sources, "MANY", 1)
    layer = "import keras\nclass Own(keras.layers.Layer):\n    def call(self, x): ...\n"
    files = {"plain.py": "class Plain: ...\n", "own.py": layer, "child.py": "from own import Own\n"}
    folder = write(tmp_path / "src", files)
    for path in Path(folder).iterdir():
        os.utime(path, (10**9, 10**9))

    def listed() -> list[str]:
        known = known_sources.KnownSources(tmp_path / "kept")
        return [item.spec for item in discover([folder], known=known).layers]

    opened: list[str] = []

    def counted(file: str) -> bytes:
        opened.append(Path(file).name)
        return text_of(file)

    monkeypatch.setattr("layerdoctor.config.sources.lookup.text_of", counted)
    assert listed() == ["own:Own"]
    assert sorted(opened) == ["child.py", "own.py", "plain.py"]
    opened.clear()
    assert listed() == ["own:Own"]
    assert not opened
    write(tmp_path / "src", {"child.py": files["child.py"] + "class Child(Own): ...\n"})
    assert listed() == ["child:Child", "own:Own"]
    assert opened == ["child.py"]


def test_a_module_that_has_got_another_package_is_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_sources, "MANY", 1)
    layer = "import keras\nclass Own(keras.layers.Layer):\n    def call(self, x): ...\n"
    folder = write(tmp_path / "pkg", {"own.py": layer})
    os.utime(tmp_path / "pkg" / "own.py", (10**9, 10**9))
    for name in ("own:Own", "pkg.own:Own"):
        known = known_sources.KnownSources(tmp_path / "kept")
        assert [item.spec for item in discover([folder], known=known).layers] == [name]
        (tmp_path / "pkg" / "__init__.py").touch()
