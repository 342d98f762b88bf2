"""The document gate and the executor port: how a request becomes an operation and an answer."""
