"""A town's books driven at random: what people do (`books`), what must be so (`truth`), the steps (`machine`), and the
run of many hours (`marathon`)."""
