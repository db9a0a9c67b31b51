"""The web page: Voila served with a small page of its own."""
