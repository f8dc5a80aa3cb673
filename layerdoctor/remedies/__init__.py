"""Remedies: from a finding to changed source, one file a mechanism.

To add one, write a module with a generator ``candidates(case)`` and a ``REMEDY``, and name it
here.

A **case** (`case.Case`) is frozen: the finding, the facts of the layer that it was found in, and
the parsed module of the file that the finding points at. All lines are those of that module.
Several findings of one file are cured one behind the other, so the module may hold other remedies
already, and ``case.facts`` and ``case.finding`` have been moved along with it. ``case.places``
finds statements, functions and classes by line, ``case.names`` says what the author calls
TensorFlow and Keras, ``case.layer_class`` is the class of the layer.

**Candidates** are changed modules, the best first; ``None`` stands for one that does not apply, so
that a remedy can yield what its parts return. A remedy proves nothing, and need not be careful:
each candidate is tried in a process of its own, and shown only if the finding is gone, nothing new
has come, and the outputs are the same from the same weights (``Remedy.outputs`` says how far they
have to be). It does need to read as the author would have written it: change the fewest nodes, keep
comments, take names from ``case.names``, and code from ``editing.methods.parsed``. Never put one
node into a module twice: parse it anew.

``editing`` holds what remedies share: `places`, `names` and imports, `calls` and their arguments,
`methods` of a class.
"""

from __future__ import annotations

from layerdoctor.remedies import marker
from layerdoctor.remedies.case import Remedy
from layerdoctor.remedies.construction import (
    config_arguments,
    kwargs_handed_on,
    start_weights,
    stored_weights,
    super_call,
)
from layerdoctor.remedies.contract import (
    compute_type,
    copied_input,
    drawn_in_training,
    freezing,
    masking,
    output_shape,
)
from layerdoctor.remedies.gradients import (
    frozen_weight,
    guarded_operation,
    mean_loss,
    other_start,
    overwritten_weight,
    own_gradient,
    straight_through,
)
from layerdoctor.remedies.graph import (
    batch_free_shape,
    bounded_history,
    chosen_values,
    counted_state,
    kept_values,
    made_once,
    made_outside,
    not_kept,
    open_batch_size,
    tensor_functions,
    uncompiled,
    without_xla,
)
from layerdoctor.remedies.tracking import (
    built_sublayers,
    constant_weight,
    stale_tensor,
    state_weight,
    tracked_layer,
    tracked_variable,
)

REMEDIES: tuple[Remedy, ...] = (
    start_weights.REMEDY,
    super_call.REMEDY,
    tracked_variable.REMEDY,
    constant_weight.REMEDY,
    constant_weight.ASKED,
    tracked_layer.REMEDY,
    stale_tensor.REMEDY,
    built_sublayers.REMEDY,
    straight_through.REMEDY,
    other_start.REMEDY,
    own_gradient.REMEDY,
    guarded_operation.REMEDY,
    frozen_weight.REMEDY,
    overwritten_weight.REMEDY,
    mean_loss.REMEDY,
    made_once.REMEDY,
    not_kept.REMEDY,
    kept_values.REMEDY,
    bounded_history.REMEDY,
    made_outside.REMEDY,
    tensor_functions.REMEDY,
    chosen_values.REMEDY,
    counted_state.REMEDY,
    uncompiled.REMEDY,
    without_xla.REMEDY,
    config_arguments.REMEDY,
    kwargs_handed_on.REMEDY,
    stored_weights.REMEDY,
    state_weight.REMEDY,
    output_shape.REMEDY,
    open_batch_size.REMEDY,
    batch_free_shape.REMEDY,
    compute_type.REMEDY,
    drawn_in_training.REMEDY,
    drawn_in_training.DECLARED,
    copied_input.REMEDY,
    masking.REMEDY,
    masking.FITTING,
    freezing.REMEDY,
    marker.REMEDY,
)
"""All remedies; for one code they are tried in this order."""
