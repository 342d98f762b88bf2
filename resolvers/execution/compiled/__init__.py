"""Compiled execution for Strawberry: an operation becomes generated Python, see README.md beside this.

Knows Strawberry and graphql-core and nothing of the application whose schema it runs.
"""

from resolvers.execution.compiled.emit import NotCompiled
from resolvers.execution.compiled.program import Compiler, Program, Unfit
from resolvers.execution.compiled.run import Anomaly, Memory, recall

__all__ = ["Anomaly", "Compiler", "Memory", "NotCompiled", "Program", "Unfit", "recall"]
