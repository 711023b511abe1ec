"""How the agent says it: the only package that knows the ACA-Py admin API (1.7.0).

One module per group of that API. What comes in is read into frozen records at once; nothing else
of the agent's JSON travels further, but for documents that are passed on as they are and whose
types say ``Unverified``. What an exchange's record says becomes an observation by ``observe_…``.
"""
