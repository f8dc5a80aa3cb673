"""What is watched inside TensorFlow and Python while a layer runs."""
