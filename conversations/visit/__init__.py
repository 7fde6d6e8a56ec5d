"""Everything visitors of a site talk to: the web chat's pages, its door, its stream, and who a visitor is."""
