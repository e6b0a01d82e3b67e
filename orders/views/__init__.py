"""Pages, one module per group of addresses; every view has four beats: mine or 404, form, verb, answer."""
