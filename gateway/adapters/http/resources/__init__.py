"""The resources of the API, a module for each kind. `add` of each puts its routes on a router, over one desk."""
