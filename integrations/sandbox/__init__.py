"""Honest servers that play the other side, on loopback only: WeChat, the population registry, Zhejiang.

They share nothing with the adapters but the written protocols and the cryptographic primitives.
"""
