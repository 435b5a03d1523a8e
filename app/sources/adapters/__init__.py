"""One module an upstream. Whatever stands here is a source; `app.sources.registry` finds it."""
