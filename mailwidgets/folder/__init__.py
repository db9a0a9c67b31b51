"""The default store: a folder of JSON documents that people can read and version."""
