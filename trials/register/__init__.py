"""Ten thousand people live for years, from one seed: the register and its evidence, against a plain model of the truth.

`people` is the town and `books` what the register has to say of it, by the rules of the club and none of their code.
`counter`, `office` and `cellar` do what is done at a till, at a desk and with the machine; `judge` compares,
`raw` reads the tables with no query of ours, and `tampering` changes single bytes. docs/trials.md tells how to read
a failure.
"""
