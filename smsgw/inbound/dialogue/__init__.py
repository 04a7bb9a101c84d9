"""The dialogue: texts are read beside the writer, and each is acted on in one transaction with its answer."""
