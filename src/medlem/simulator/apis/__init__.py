"""What the platform serves: one module for each of its APIs, each ending in its table of routes.

An endpoint reads as a list of rules, in the order in which the platform applies them. What several APIs share stands
beside them: who calls (`merchants`, `client_auth`), how a request is collected (`ciba`), how a no looks (`refusals`).
"""
