"""The Web API, one module for each family of methods."""

from sandbox.workspace.methods import (
    auth,
    blocks,
    bookmarks,
    chat,
    conversations,
    conversations_changes,
    files,
    pins,
    reactions,
    users,
    views,
)
from sandbox.workspace.methods.registry import METHODS, Method

__all__ = [
    "METHODS",
    "Method",
    "auth",
    "blocks",
    "bookmarks",
    "chat",
    "conversations",
    "conversations_changes",
    "files",
    "pins",
    "reactions",
    "users",
    "views",
]
