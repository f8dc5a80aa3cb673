"""What Keras asks of a layer besides: masks, types, seeds, inputs left alone."""
