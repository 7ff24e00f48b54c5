"""The engine behind HTTP: routes, the stream of events, and the wall around them."""
